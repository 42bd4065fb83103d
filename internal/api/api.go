// Package api implements the HTTP API of Links as an http.Handler that serves a
// store.Store. It does not depend on a server, on Lambda or on a database, and
// responds alike under any base path.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/semaphore"

	"links/internal/store"
	"links/internal/token"
	"links/internal/webui"
)

// Config configures a handler.
type Config struct {
	// Store stores the links. The caller closes it after the last request.
	Store store.Store
	// Tokens are the accepted tokens. If there are any, POST, PATCH and DELETE
	// require one. Otherwise, POST is open to everyone, and PATCH and DELETE are
	// disabled.
	Tokens []token.Token
	// Private makes reading links require a token too. If Tokens is empty, nobody
	// can read them.
	Private bool
	// Local enables local mode, for a server without Tokens that listens on a
	// loopback address only. All methods are open to everyone, but requests for
	// other hosts, from proxies and from other origins are rejected.
	Local bool
	// CORSOrigin is the other origin that may read and write, as browsers send it,
	// such as https://links.example.com, or "*" for any origin. If it is empty, any
	// origin may, except in local mode, where none may.
	CORSOrigin string
	// Allow reports whether the client with this IP address may send a request
	// now. If it returns false, the response is 429. It is not called for health
	// checks, so that a busy service does not look like a broken one. If nil, every
	// request is allowed. It must be safe for concurrent use.
	Allow func(clientIP string) bool
	// TrustedProxies are the networks of the proxies whose X-Forwarded-For is
	// trusted. If it is empty, no proxy is trusted.
	TrustedProxies []netip.Prefix
	// Timeout is how long the store may take for a request before the response is
	// 504. If it is zero, only the deadline of the request's context applies.
	Timeout time.Duration
	// Log receives one line for each request. If it is nil, nothing is logged.
	Log *slog.Logger
	// OnResponse, if not nil, is called after each request with the route pattern
	// (or "unmatched"), the method as sent, the status and the duration. It must be
	// safe for concurrent use.
	OnResponse func(route, method string, status int, took time.Duration)
}

// DefaultMaxResponse is the maximum size of a list, in bytes as escaped into a
// JSON string: two thirds of the limit of Lambda.
const DefaultMaxResponse = 4_000_000

// A Gateway is what a server knows about a request that HTTP does not contain.
// The zero value is right for net/http.
type Gateway struct {
	// RequestID identifies the request in its response and in the log. If it is
	// empty, the handler creates an ID.
	RequestID string
	// MaxResponse is the maximum size of a list, in bytes as escaped into a JSON
	// string. If it is zero, DefaultMaxResponse applies.
	MaxResponse int
	// BadRequest, if not empty, is the message of a 400 with which the handler
	// responds, because the gateway's event is not a valid request.
	BadRequest string
}

type gatewayKey struct{}

// WithGateway returns a context for a request that carries g.
func WithGateway(ctx context.Context, g Gateway) context.Context {
	return context.WithValue(ctx, gatewayKey{}, g)
}

func gatewayOf(ctx context.Context) Gateway {
	g, _ := ctx.Value(gatewayKey{}).(Gateway)
	g.MaxResponse = cmp.Or(g.MaxResponse, DefaultMaxResponse)
	return g
}

// api is the state that all requests share.
type api struct {
	store          store.Store
	tokens         []token.Token
	private        bool
	local          bool
	origin         string // "*" means any; empty means none
	trustedProxies []netip.Prefix
	timeout        time.Duration
	log            *slog.Logger
	onResponse     func(route, method string, status int, took time.Duration) // may be nil
	webUI          func() (webui.Document, error)

	ready       readyCheck
	listWriters *sync.Pool          // of *listWriter
	bodyMemory  bodyMemory          // for large request bodies
	decoding    *semaphore.Weighted // limits how many large bodies are decoded concurrently
	searching   *semaphore.Weighted // limits how many searches examine links concurrently
}

// New returns a handler. It returns an error if CORSOrigin is not an origin.
func New(c Config) (http.Handler, error) {
	a := &api{
		store:          c.Store,
		tokens:         c.Tokens,
		private:        c.Private,
		local:          c.Local,
		origin:         c.CORSOrigin,
		trustedProxies: c.TrustedProxies,
		timeout:        c.Timeout,
		log:            cmp.Or(c.Log, slog.New(slog.DiscardHandler)),
		onResponse:     c.OnResponse,

		ready:       readyCheck{turn: semaphore.NewWeighted(1)},
		listWriters: newListWriters(semaphore.NewWeighted(maxListMemory)),
		bodyMemory:  newBodyMemory(),
		decoding:    semaphore.NewWeighted(halfOfProcessors()),
		searching:   semaphore.NewWeighted(halfOfProcessors()),
	}
	// On first use, because a Lambda function starts often and rarely serves the web UI.
	a.webUI = sync.OnceValues(func() (webui.Document, error) { return webui.New(a.canEdit()) })
	if a.origin == "" && !a.local {
		a.origin = "*"
	}
	crossOriginProtection, err := a.crossOriginProtection()
	if err != nil {
		return nil, err
	}

	r := chi.NewRouter()
	r.Use(a.logRequests, a.commonHeaders, a.rejectMalformed, normalizePath)
	if a.local {
		r.Use(a.localOnly)
	}
	if c.Allow != nil {
		r.Use(a.limitRate(c.Allow))
	}
	r.NotFound(a.handle(notFound))
	r.MethodNotAllowed(a.handle(a.optionsOrMethodNotAllowed))

	r.Get("/", a.handle(a.home))
	r.Get("/manifest.webmanifest", a.handle(a.manifest))
	r.Get("/openapi.json", a.handle(description))
	r.Get("/healthz", a.handle(a.health))
	r.Get("/readyz", a.handle(a.readiness))

	r.With(a.rejectEmbedding, a.requireReadToken).Get("/link", a.handle(a.list))
	r.With(crossOriginProtection, a.requireWriteToken).Post("/link", a.handle(a.post))
	r.With(a.rejectEmbedding, a.requireReadToken).Get("/link/{link_id}", a.handle(a.get))
	r.With(crossOriginProtection, a.requireEditToken).Patch("/link/{link_id}", a.handle(a.patch))
	r.With(crossOriginProtection, a.requireEditToken).Delete("/link/{link_id}", a.handle(a.delete))
	return r, nil
}

// halfOfProcessors returns how many requests may do expensive work of one kind
// concurrently, so that other requests find a free processor.
func halfOfProcessors() int64 { return int64(max(1, runtime.GOMAXPROCS(0)/2)) }

// withTimeout returns the context for the calls of the store. The caller calls it
// after reading the request body, which does not count.
func (a *api) withTimeout(r *http.Request) (context.Context, context.CancelFunc) {
	if a.timeout == 0 {
		return r.Context(), func() {}
	}
	return context.WithTimeout(r.Context(), a.timeout)
}
