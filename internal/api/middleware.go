package api

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// commonHeaders sets the headers of every response.
func (a *api) commonHeaders(next http.Handler) http.Handler {
	common := http.Header{}
	common.Set("Cache-Control", "no-cache")
	common.Set("X-Content-Type-Options", "nosniff")
	if a.origin != "" {
		common.Set("Access-Control-Allow-Origin", a.origin)
	}
	common.Set("Access-Control-Expose-Headers", "Link,Location,ETag,Retry-After,X-Request-Id")
	if a.origin != "" && a.origin != "*" {
		common.Set("Vary", "Origin")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), common)
		next.ServeHTTP(w, r)
	})
}

// rejectMalformed responds 400 if the gateway could not convert its event into a
// request.
func (a *api) rejectMalformed(next http.Handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if message := gatewayOf(r.Context()).BadRequest; message != "" {
			return httpError{status: http.StatusBadRequest, message: message}
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// normalizePath sets the path and the method that the router matches. The path is
// percent-decoded, so /%6Cink is /link, and /link/a%2Fb has three segments. It has
// no trailing slash. At a base path such as /prod it is empty, which is the root.
// HEAD is routed as GET, because net/http omits the body.
func normalizePath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		match := chi.RouteContext(r.Context())
		match.RoutePath = cmp.Or(strings.TrimSuffix(r.URL.Path, "/"), "/")
		if r.Method == http.MethodHead {
			match.RouteMethod = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// limitRate responds 429 to requests that allow rejects. The health checks are
// exempt.
func (a *api) limitRate(allow func(clientIP string) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return a.handle(func(w http.ResponseWriter, r *http.Request) error {
			if !isHealthCheck(r) && !allow(requestInfoOf(r.Context()).clientIP) {
				return errTooManyRequests
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

// isHealthCheck reports whether the request is a health check. It requires
// normalizePath.
func isHealthCheck(r *http.Request) bool {
	path := chi.RouteContext(r.Context()).RoutePath
	return path == "/healthz" || path == "/readyz"
}

// optionsOrMethodNotAllowed responds to OPTIONS, and 405 to a method that the path
// does not allow.
func (a *api) optionsOrMethodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	routing := chi.RouteContext(r.Context())
	var allowed []string
	for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
		matched := chi.NewRouteContext()
		if routing.Routes.Match(matched, method, routing.RoutePath) {
			requestInfoOf(r.Context()).route = matched.RoutePattern()
			allowed = append(allowed, method)
			if method == "GET" {
				allowed = append(allowed, "HEAD")
			}
		}
	}
	if allowed == nil { // chi does not match the path of a method that it does not know
		return notFound(w, r)
	}
	allowed = append(allowed, "OPTIONS")
	h := w.Header()
	h.Set("Allow", strings.Join(allowed, ", "))
	if r.Method != http.MethodOptions {
		return methodNotAllowed(r.Method, allowed)
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(allowed, ","))
	h.Set("Access-Control-Allow-Headers",
		"Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token,If-None-Match")
	h.Set("Access-Control-Max-Age", "86400")
	if slices.Contains(allowed, "PATCH") {
		h.Set("Accept-Patch", "application/merge-patch+json")
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
