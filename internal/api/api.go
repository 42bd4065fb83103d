// Package api is the HTTP interface of Links: one http.Handler over a store.Store. It knows nothing of servers, of Lambda
// or of databases, and answers alike wherever it is mounted.
package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"golang.org/x/sync/semaphore"

	"links/internal/page"
	"links/internal/store"
)

// Config is what a handler is made of.
type Config struct {
	// Store keeps the links. Whoever opened it closes it, after the last request.
	Store store.Store
	// TokenSHA256 is the SHA-256 of the token, 64 hexadecimal digits. With it POST and DELETE need the token; empty, POST
	// is open to everyone and DELETE to nobody.
	TokenSHA256 string
	// Private asks for the token on reading links too.
	Private bool
	// CORSOrigin is the one origin whose pages may read answers, such as https://links.example.com. Empty means "*", any.
	CORSOrigin string
	// Rate is how many requests a second each client address may make. 0 means any number.
	Rate int
	// Timeout is how long the store may take over a request before it is answered 504. 0 leaves the request's own
	// deadline alone.
	Timeout time.Duration
	// Log gets one line for each request. nil means none.
	Log *slog.Logger
}

// api is the state that handlers share; it does not change once it is made.
type api struct {
	store     store.Store
	tokenHash []byte // empty: no token is configured
	private   bool
	origin    string
	timeout   time.Duration
	log       *slog.Logger
	page      page.Document

	listBodies sync.Pool           // of *listBody
	listMemory *semaphore.Weighted // in bytes, for the bodies of long lists
}

// New makes the handler. It refuses a Config that Validate does.
func New(c Config) (http.Handler, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	home, err := page.New()
	if err != nil {
		return nil, err
	}
	hash, _ := hex.DecodeString(c.TokenSHA256) // Validate has seen it
	a := &api{
		store:     c.Store,
		tokenHash: hash,
		private:   c.Private,
		origin:    cmp.Or(c.CORSOrigin, "*"),
		timeout:   c.Timeout,
		log:       cmp.Or(c.Log, slog.New(slog.DiscardHandler)),
		page:      home,

		listBodies: sync.Pool{New: func() any { return new(listBody) }},
		listMemory: semaphore.NewWeighted(maxListMemory),
	}

	r := chi.NewRouter()
	r.Use(a.observe, a.commonHeaders, a.refuse, matchDecoded, middleware.StripSlashes, middleware.GetHead)
	if c.Rate > 0 {
		r.Use(a.limitRate(c.Rate))
	}
	r.NotFound(a.handle(unknownPath))
	r.MethodNotAllowed(a.handle(a.otherMethod))

	r.Get("/", a.handle(a.home))
	r.Get("/manifest.webmanifest", a.handle(a.manifest))
	r.Get("/openapi.json", a.handle(describe))
	r.Get("/healthz", a.handle(a.health))
	r.Get("/readyz", a.handle(a.readiness))

	r.With(a.reader).Get("/link", a.handle(a.list))
	r.With(a.writer).Post("/link", a.handle(a.post))
	r.With(a.reader).Get("/link/{link_id}", a.handle(a.get))
	r.With(a.deleter).Patch("/link/{link_id}", a.handle(a.patch))
	r.With(a.deleter).Delete("/link/{link_id}", a.handle(a.delete))
	return r, nil
}

// Validate returns an error that tells all that is wrong with the settings, by the names that they have outside.
func (c Config) Validate() error {
	var problems []error
	if hash, err := hex.DecodeString(c.TokenSHA256); err != nil || len(hash) != 0 && len(hash) != sha256.Size {
		problems = append(problems, errors.New("LINKS_TOKEN_SHA256 must be the SHA-256 of the token, 64 hexadecimal digits as sha256sum prints them"))
	}
	if c.Private && c.TokenSHA256 == "" {
		problems = append(problems, errors.New("LINKS_PRIVATE needs a token: set LINKS_TOKEN_SHA256 too"))
	}
	if origin := c.CORSOrigin; origin != "" && origin != "*" {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			problems = append(problems, fmt.Errorf("LINKS_CORS_ORIGIN must be * or an origin such as https://links.example.com, without a path, not %q", origin))
		}
	}
	if c.Rate < 0 {
		problems = append(problems, fmt.Errorf("LINKS_RATE must be a number of requests per second, or 0 for any number, not %d", c.Rate))
	}
	return errors.Join(problems...)
}

// deadline is the time that the store has for a request, once the request is read.
func (a *api) deadline(r *http.Request) (context.Context, context.CancelFunc) {
	if a.timeout == 0 {
		return r.Context(), func() {}
	}
	return context.WithTimeout(r.Context(), a.timeout)
}
