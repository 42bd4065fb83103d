package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"links/internal/api"
	"links/internal/store"
)

// A slowReady is a store whose Ready returns after a second.
type slowReady struct {
	store.Store
	mu    sync.Mutex
	calls int
	err   error
}

func (s *slowReady) Ready(ctx context.Context) error {
	s.mu.Lock()
	s.calls++
	err := s.err
	s.mu.Unlock()
	select {
	case <-time.After(time.Second):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestReadyz_SharesResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowReady{}
		handler, err := api.New(api.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		check := func(ctx context.Context, status, calls int) {
			t.Helper()
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil).WithContext(ctx))
			if w.Code != status || s.calls != calls {
				t.Errorf("GET /readyz: got status %d after %d calls of Ready, want %d after %d", w.Code, s.calls,
					status, calls)
			}
		}
		check(t.Context(), http.StatusOK, 1)
		s.err = errors.New("the store is unavailable")
		time.Sleep(time.Second - time.Nanosecond)
		check(t.Context(), http.StatusOK, 1)
		time.Sleep(time.Nanosecond)
		check(t.Context(), http.StatusServiceUnavailable, 2)
		s.err = nil
		check(t.Context(), http.StatusServiceUnavailable, 2)

		// A client that disconnects does not determine the result of others.
		time.Sleep(time.Second)
		disconnected, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		check(disconnected, http.StatusOK, 3)
		check(t.Context(), http.StatusOK, 3)

		time.Sleep(time.Second)
		var clients sync.WaitGroup
		for range 100 {
			clients.Go(func() { check(t.Context(), http.StatusOK, 4) })
		}
		clients.Wait()
	})
}
