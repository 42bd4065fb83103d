package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"links/internal/store"
)

// readyWithin is how long the store has to answer, for the service to count as ready.
const readyWithin = 3 * time.Second

// health says that the process serves, without touching the store.
func (a *api) health(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

// readiness says that the store answers.
func (a *api) readiness(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if err := a.store.Ready(ctx); err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return a.health(w, r)
}
