package api

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"links/internal/store"
)

// openAPI is the OpenAPI 3.1 description of the API.
//
//go:embed openapi.json
var openAPI []byte

func description(w http.ResponseWriter, r *http.Request) error {
	writeTagged(w, r, entityTag(openAPI), "application/json", openAPI)
	return nil
}

// home responds with the web UI, compressed if the client prefers that.
func (a *api) home(w http.ResponseWriter, r *http.Request) error {
	document, err := a.webUI()
	if err != nil {
		return err
	}
	h, body := w.Header(), document.HTML
	maps.Copy(h, document.Header)
	h.Add("Vary", "Accept-Encoding")
	if prefersGzip(strings.Join(r.Header.Values("Accept-Encoding"), ",")) {
		h.Set("Content-Encoding", "gzip")
		body = document.Gzip
	}
	writeTagged(w, r, entityTag(body), h.Get("Content-Type"), body)
	return nil
}

// manifest responds with the web app manifest of the web UI.
func (a *api) manifest(w http.ResponseWriter, r *http.Request) error {
	document, err := a.webUI()
	if err != nil {
		return err
	}
	writeTagged(w, r, entityTag(document.Manifest), "application/manifest+json", document.Manifest)
	return nil
}

// health reports that the process serves requests. It does not access the store.
func (a *api) health(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

// readiness reports whether the store responds.
func (a *api) readiness(w http.ResponseWriter, r *http.Request) error {
	if err := a.ready.check(r.Context(), a.store); err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return a.health(w, r)
}

const (
	// readyWithin is how long the store may take to respond while the service
	// counts as ready.
	readyWithin = 3 * time.Second
	// readyFor is how long the result of a check is valid. On DynamoDB each check
	// is a billed read, and anyone may request it.
	readyFor = time.Second
)

// A readyCheck stores the last result of a store's Ready. Concurrent calls share
// one. It is safe for concurrent use.
type readyCheck struct {
	turn    *semaphore.Weighted // of 1
	checked time.Time
	err     error
}

func (c *readyCheck) check(ctx context.Context, s store.Store) error {
	if err := c.turn.Acquire(ctx, 1); err != nil {
		return err
	}
	defer c.turn.Release(1)
	if c.checked.IsZero() || time.Since(c.checked) >= readyFor {
		// Other clients share the result, and may wait longer than this one.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
		defer cancel()
		c.err = s.Ready(ctx)
		c.checked = time.Now()
	}
	return c.err
}
