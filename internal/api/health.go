package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"links/internal/store"
)

const (
	// readyWithin is how long the store may take to respond while the service
	// counts as ready.
	readyWithin = 3 * time.Second
	// readyFor is how long the result of a check is valid. On DynamoDB each check
	// is a billed read, and anyone may request it.
	readyFor = time.Second
)

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
		// The result is also that of other clients, who may wait longer than this one.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
		defer cancel()
		c.err = s.Ready(ctx)
		c.checked = time.Now()
	}
	return c.err
}
