package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
	"github.com/google/uuid"
)

// exchange is what is noted of one request for its log line.
type exchange struct {
	id    string
	cause error // why it failed
}

type exchangeKey struct{}

// exchangeOf works in every handler below observe.
func exchangeOf(ctx context.Context) *exchange {
	return ctx.Value(exchangeKey{}).(*exchange)
}

// observe names the request, logs it in one line, and turns a panic into a 500.
func (a *api) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		x := &exchange{id: frontDoor(r.Context()).RequestID}
		if x.id == "" {
			x.id = uuid.NewString()
		}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		w.Header().Set("X-Request-Id", x.id)
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			panicked := recover()
			if panicked != nil && panicked != http.ErrAbortHandler {
				x.cause = panicError{panicked, debug.Stack()}
				if seen.Status() == 0 {
					a.fail(seen, r, x.cause)
					panicked = nil
				} else {
					panicked = http.ErrAbortHandler // half an answer is out: cut it off
				}
			}
			a.logExchange(r, x, seen, time.Since(start))
			if panicked != nil {
				panic(panicked)
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// logExchange writes the request's one line, its duration in seconds: no address that was kept, no query string and no
// token.
func (a *api) logExchange(r *http.Request, x *exchange, seen middleware.WrapResponseWriter, took time.Duration) {
	route := chi.RouteContext(r.Context()).RoutePattern()
	level := slog.LevelInfo
	switch {
	case seen.Status() >= 500 && !errors.Is(x.cause, context.Canceled), // cancelled: the client went away
		errors.As(x.cause, new(panicError)): // also behind half an answer with another status
		level = slog.LevelError
	case route == "/healthz" || route == "/readyz":
		level = slog.LevelDebug
	}
	if !a.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", x.id),
		slog.String("method", r.Method),
		slog.String("route", route),
		slog.Int("status", seen.Status()),
		slog.Int("bytes", seen.BytesWritten()),
		slog.Float64("duration", took.Seconds()),
		slog.String("client", clientAddress(r)),
	}
	if level == slog.LevelError && x.cause != nil {
		attrs = append(attrs, slog.String("error", x.cause.Error()))
	}
	a.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// clientAddress is the address of who sent the request, without the port.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// commonHeaders sets what every answer carries.
func (a *api) commonHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Access-Control-Allow-Origin", a.origin)
		h.Set("Access-Control-Expose-Headers", "Link,Location,ETag,Retry-After,X-Request-Id")
		if a.origin != "*" {
			h.Set("Vary", "Origin")
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers what the front door found to be no request.
func (a *api) refuse(next http.Handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if refusal := frontDoor(r.Context()).Refusal; refusal != "" {
			return badRequest("%s", refusal)
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// matchDecoded has the router match the decoded path: /%6Cink is /link, /link/a%2Fb has three segments.
func matchDecoded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chi.RouteContext(r.Context()).RoutePath = r.URL.Path
		next.ServeHTTP(w, r)
	})
}

// limitRate lets each client address make so many requests a second.
func (a *api) limitRate(perSecond int) func(http.Handler) http.Handler {
	byClient := func(r *http.Request) (string, error) { return httprate.CanonicalizeIP(clientAddress(r)), nil }
	return httprate.LimitBy(perSecond, time.Second, byClient,
		httprate.WithResponseHeaders(httprate.ResponseHeaders{}),
		httprate.WithLimitHandler(a.handle(tooManyRequests)),
	)
}

// otherMethod answers OPTIONS, and 405 to a method that the path does not have.
func (a *api) otherMethod(w http.ResponseWriter, r *http.Request) error {
	rctx := chi.RouteContext(r.Context())
	var allowed []string
	for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
		if rctx.Routes.Match(chi.NewRouteContext(), method, rctx.RoutePath) {
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
