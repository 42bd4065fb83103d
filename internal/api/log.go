package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// requestInfo is what middleware and handlers record about a request for its log
// line.
type requestInfo struct {
	id        string
	clientIP  string
	tokenName string // empty if the request has no token, or one without a name
	route     string // the pattern of the path, if chi does not route the method
	cause     error  // the error of the response
}

type requestInfoKey struct{}

// requestInfoOf requires logRequests.
func requestInfoOf(ctx context.Context) *requestInfo {
	return ctx.Value(requestInfoKey{}).(*requestInfo)
}

// logRequests assigns the request ID, logs each request and calls onResponse. It
// converts a panic into a 500, or closes the connection if a part of the response
// was written.
func (a *api) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		info := &requestInfo{id: gatewayOf(r.Context()).RequestID, clientIP: a.clientIP(r)}
		if info.id == "" {
			info.id = uuid.NewString()
		}
		r = r.WithContext(context.WithValue(r.Context(), requestInfoKey{}, info))
		w.Header().Set("X-Request-Id", info.id)
		response := &responseRecorder{ResponseWriter: w}
		defer func() {
			panicked := recover()
			if panicked != nil && panicked != http.ErrAbortHandler {
				info.cause = newPanicError(panicked)
				if response.status == 0 {
					a.fail(response, r, info.cause)
					panicked = nil
				} else {
					panicked = http.ErrAbortHandler
				}
			}
			took := time.Since(start)
			route := cmp.Or(info.route, chi.RouteContext(r.Context()).RoutePattern(), "unmatched")
			a.logRequest(r, info, response, route, took)
			if a.onResponse != nil {
				a.onResponse(route, r.Method, response.status, took)
			}
			if panicked != nil {
				panic(panicked)
			}
		}()
		next.ServeHTTP(response, r)
	})
}

// A responseRecorder records the status and the size of a response.
type responseRecorder struct {
	http.ResponseWriter
	status int // 0 until the header is written
	bytes  int // of the body
}

// Unwrap is for http.ResponseController.
func (w *responseRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *responseRecorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *responseRecorder) Write(p []byte) (int, error) {
	w.status = cmp.Or(w.status, http.StatusOK)
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	return n, err
}

// logRequest logs one line. It contains no link, no query string and no token. The
// cause of an internal error is always logged, any other cause at level debug only.
func (a *api) logRequest(
	r *http.Request, info *requestInfo, response *responseRecorder, route string, took time.Duration,
) {
	level := slog.LevelInfo
	switch {
	case response.status >= 500 && !errors.Is(info.cause, context.Canceled), // canceled: the client disconnected
		errors.As(info.cause, new(panicError)): // the status may be that of a truncated response
		level = slog.LevelError
	case route == "/healthz" || route == "/readyz":
		level = slog.LevelDebug
	}
	if !a.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("requestId", info.id),
		slog.String("method", truncate(r.Method)),
		slog.String("route", route),
		slog.Int("status", response.status),
		slog.Int("bytes", response.bytes),
		slog.Float64("duration", took.Seconds()),
		slog.String("client", truncate(info.clientIP)),
	}
	if info.tokenName != "" {
		attrs = append(attrs, slog.String("token", info.tokenName))
	}
	if info.cause != nil && (level == slog.LevelError || a.log.Enabled(r.Context(), slog.LevelDebug)) {
		attrs = append(attrs, slog.String("error", truncate(info.cause.Error())))
	}
	a.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// maxLogValue is the maximum size of a value in the log, in bytes. Clients choose
// some of the values.
const maxLogValue = 1 << 10

// truncate truncates a value to maxLogValue, between two characters.
func truncate(value string) string {
	const mark = "…"
	if len(value) <= maxLogValue {
		return value
	}
	return strings.ToValidUTF8(value[:maxLogValue-len(mark)], "") + mark
}

// A panicError is the panic of a handler.
type panicError struct {
	value any
	stack string // begins at the function that panicked
}

func newPanicError(value any) panicError {
	stack := string(debug.Stack())
	// Above panic are the functions that recover. panic itself has two lines.
	if _, below, ok := strings.Cut(stack, "\npanic("); ok {
		stack = below
		for range 2 {
			_, stack, _ = strings.Cut(stack, "\n")
		}
	}
	return panicError{value, stack}
}

func (e panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }
