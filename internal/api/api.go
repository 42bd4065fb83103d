// Package api is the HTTP interface of Links: one http.Handler over a store.Store. It knows nothing of servers, of Lambda
// or of databases, and answers alike wherever it is mounted.
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

// Config is what a handler is made of.
type Config struct {
	// Store keeps the links. Whoever opened it closes it, after the last request.
	Store store.Store
	// Tokens are those that are taken. POST, PATCH and DELETE need one of them; without any, POST is open to everyone, PATCH
	// and DELETE to nobody.
	Tokens []token.Token
	// Private asks for a token on reading links too. Without Tokens nobody reads them.
	Private bool
	// Local turns on local mode, for a server that listens on a loopback address only and has no Tokens: everyone may do
	// everything, requests for other hosts and from proxies are rejected, and so are pages of other origins.
	Local bool
	// CORSOrigin is the one other origin whose pages may read answers and write, as browsers send it, such as
	// https://links.example.com, or "*", any. Empty means "*", in local mode no origin.
	CORSOrigin string
	// Allow reports whether the client with this IP address may send a request
	// now. If it returns false, the response is 429. It is not called for health
	// checks, so that a busy service does not look like a broken one. If nil, every
	// request is allowed. It must be safe for concurrent use.
	Allow func(clientIP string) bool
	// TrustedProxies are the networks of the proxies in front, whose X-Forwarded-For is believed. Empty, nobody's is.
	TrustedProxies []netip.Prefix
	// Timeout is how long the store may take over a request before it is answered 504. 0 leaves the request's own
	// deadline alone.
	Timeout time.Duration
	// Log gets one line for each request. nil means none.
	Log *slog.Logger
	// OnResponse is told of each request once it is answered: the pattern of its path or "unmatched", its method as it was
	// sent, the answer's status and how long it took. nil tells nobody.
	OnResponse func(route, method string, status int, took time.Duration)
}

// api is the state that handlers share; it does not change once it is made.
type api struct {
	store          store.Store
	tokens         []token.Token
	private        bool
	local          bool
	origin         string // "": none, "*": any
	trustedProxies []netip.Prefix
	timeout        time.Duration
	log            *slog.Logger
	onResponse     func(route, method string, status int, took time.Duration) // may be nil
	webUI          func() (webui.Document, error)

	ready      readyCheck
	listBodies *sync.Pool          // of *listBody
	bodyMemory bodyMemory          // for large request bodies
	decoding   *semaphore.Weighted // in long bodies
}

// New makes the handler. It returns an error when CORSOrigin is no origin.
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

		ready:      readyCheck{turn: semaphore.NewWeighted(1)},
		listBodies: newListBodies(semaphore.NewWeighted(maxListMemory)),
		bodyMemory: newBodyMemory(),
		decoding:   semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)/2))),
	}
	// On first use, since a Lambda function starts often and rarely serves the web UI.
	a.webUI = sync.OnceValues(func() (webui.Document, error) { return webui.New(a.canEdit()) })
	if a.origin == "" && !a.local {
		a.origin = "*"
	}
	ownOrigin, err := a.ownOrigin()
	if err != nil {
		return nil, err
	}

	r := chi.NewRouter()
	r.Use(a.observe, a.commonHeaders, a.answerMalformed, route)
	if a.local {
		r.Use(a.localOnly)
	}
	if c.Allow != nil {
		r.Use(a.limitRate(c.Allow))
	}
	r.NotFound(a.handle(unknownPath))
	r.MethodNotAllowed(a.handle(a.otherMethod))

	r.Get("/", a.handle(a.home))
	r.Get("/manifest.webmanifest", a.handle(a.manifest))
	r.Get("/openapi.json", a.handle(describe))
	r.Get("/healthz", a.handle(a.health))
	r.Get("/readyz", a.handle(a.readiness))

	r.With(a.mayRead).Get("/link", a.handle(a.list))
	r.With(ownOrigin, a.mayWrite).Post("/link", a.handle(a.post))
	r.With(a.mayRead).Get("/link/{link_id}", a.handle(a.get))
	r.With(ownOrigin, a.mayEdit).Patch("/link/{link_id}", a.handle(a.patch))
	r.With(ownOrigin, a.mayEdit).Delete("/link/{link_id}", a.handle(a.delete))
	return r, nil
}

// deadline is the time that the store has for a request, once the request is read.
func (a *api) deadline(r *http.Request) (context.Context, context.CancelFunc) {
	if a.timeout == 0 {
		return r.Context(), func() {}
	}
	return context.WithTimeout(r.Context(), a.timeout)
}
