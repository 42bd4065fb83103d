package api

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// commonHeaders sets what every answer carries.
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

// answerMalformed answers what the front door could not read as a request.
func (a *api) answerMalformed(next http.Handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if sentence := gatewayOf(r.Context()).BadRequest; sentence != "" {
			return httpError{status: http.StatusBadRequest, sentence: sentence}
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// route tells the router what to match. HEAD is GET, whose body net/http leaves out. The path is matched decoded: /%6Cink is
// /link, /link/a%2Fb has three segments. A slash at its end makes no difference, and where the service is mounted without
// one, as at /prod, the path is empty.
func route(next http.Handler) http.Handler {
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
// exempt. It requires the middleware route.
func (a *api) limitRate(allow func(clientIP string) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return a.handle(func(w http.ResponseWriter, r *http.Request) error {
			if !isHealthCheck(r) && !allow(exchangeOf(r.Context()).client) {
				return errTooManyRequests
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

// otherMethod answers OPTIONS, and 405 to a method that the path does not have.
func (a *api) otherMethod(w http.ResponseWriter, r *http.Request) error {
	rctx := chi.RouteContext(r.Context())
	var allowed []string
	for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
		matched := chi.NewRouteContext()
		if rctx.Routes.Match(matched, method, rctx.RoutePath) {
			exchangeOf(r.Context()).route = matched.RoutePattern()
			allowed = append(allowed, method)
			if method == "GET" {
				allowed = append(allowed, "HEAD")
			}
		}
	}
	if allowed == nil { // the router did not look at the path when it does not know the method
		return unknownPath(w, r)
	}
	allowed = append(allowed, "OPTIONS")
	h := w.Header()
	h.Set("Allow", strings.Join(allowed, ", "))
	if r.Method != http.MethodOptions {
		return methodNotAllowed(r.Method, allowed)
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(allowed, ","))
	h.Set("Access-Control-Allow-Headers", "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token,If-None-Match")
	h.Set("Access-Control-Max-Age", "86400")
	if slices.Contains(allowed, "PATCH") {
		h.Set("Accept-Patch", "application/merge-patch+json")
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
