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

// exchange is what is noted of one request for its log line.
type exchange struct {
	id     string
	client string // its address
	token  string // the name of its token; "": none, or one without a name
	route  string // the pattern of the path, where no handler is routed to that has one
	cause  error  // why it failed
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
		x := &exchange{id: gatewayOf(r.Context()).RequestID, client: a.clientAddress(r)}
		if x.id == "" {
			x.id = uuid.NewString()
		}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		w.Header().Set("X-Request-Id", x.id)
		answer := &recorder{ResponseWriter: w}
		defer func() {
			panicked := recover()
			if panicked != nil && panicked != http.ErrAbortHandler {
				x.cause = newPanicError(panicked)
				if answer.status == 0 {
					a.fail(answer, r, x.cause)
					panicked = nil
				} else {
					panicked = http.ErrAbortHandler // half an answer is out: cut it off
				}
			}
			took := time.Since(start)
			route := cmp.Or(x.route, chi.RouteContext(r.Context()).RoutePattern(), "unmatched")
			a.logExchange(r, x, answer, route, took)
			if a.onResponse != nil {
				a.onResponse(route, r.Method, answer.status, took)
			}
			if panicked != nil {
				panic(panicked)
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

// A recorder is an answer that notes its status and its length.
type recorder struct {
	http.ResponseWriter
	status int // 0: none yet
	bytes  int // of the body
}

// Unwrap returns the connection's writer, for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	w.status = cmp.Or(w.status, http.StatusOK)
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	return n, err
}

// logExchange writes the request's one line, its duration in seconds: no link that was kept, no query string, and of a token
// its name alone. The cause of a failure is there where it is ours, and at debug level always.
func (a *api) logExchange(r *http.Request, x *exchange, answer *recorder, route string, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case answer.status >= 500 && !errors.Is(x.cause, context.Canceled), // cancelled: the client went away
		errors.As(x.cause, new(panicError)): // also behind half an answer with another status
		level = slog.LevelError
	case route == "/healthz" || route == "/readyz":
		level = slog.LevelDebug
	}
	if !a.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("requestId", x.id),
		slog.String("method", clip(r.Method)),
		slog.String("route", route),
		slog.Int("status", answer.status),
		slog.Int("bytes", answer.bytes),
		slog.Float64("duration", took.Seconds()),
		slog.String("client", clip(x.client)),
	}
	if x.token != "" {
		attrs = append(attrs, slog.String("token", x.token))
	}
	if x.cause != nil && (level == slog.LevelError || a.log.Enabled(r.Context(), slog.LevelDebug)) {
		attrs = append(attrs, slog.String("error", clip(x.cause.Error())))
	}
	a.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// maxLogValue is how many bytes of one value the log gets: clients choose some of them.
const maxLogValue = 1 << 10

// clip cuts what is longer than maxLogValue, between two characters.
func clip(value string) string {
	const mark = "…"
	if len(value) <= maxLogValue {
		return value
	}
	return strings.ToValidUTF8(value[:maxLogValue-len(mark)], "") + mark
}

// panicError is a panic of a handler as the cause of a failure.
type panicError struct {
	value any
	stack string // from where it panicked
}

func newPanicError(value any) panicError {
	stack := string(debug.Stack())
	if _, below, ok := strings.Cut(stack, "\npanic("); ok { // above is what recovers; panic itself has two lines
		stack = below
		for range 2 {
			_, stack, _ = strings.Cut(stack, "\n")
		}
	}
	return panicError{value, stack}
}

func (e panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }
