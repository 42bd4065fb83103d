package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"time"

	"links/internal/store"
)

// readyWithin is how long the store has to answer, for the service to count as ready.
const readyWithin = 3 * time.Second

// home is the web page.
func (a *api) home(w http.ResponseWriter, r *http.Request) error {
	maps.Copy(w.Header(), a.page.Header)
	writeTagged(w, r, a.page.Header.Get("Content-Type"), a.page.HTML)
	return nil
}

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
