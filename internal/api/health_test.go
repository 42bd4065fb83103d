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

// A slowReady is a store that takes a second to report whether it is ready.
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

func TestReadyz_StoresItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links := &slowReady{}
		handler, err := api.New(api.Config{Store: links})
		if err != nil {
			t.Fatal(err)
		}
		check := func(ctx context.Context, status, calls int) {
			t.Helper()
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil).WithContext(ctx))
			if w.Code != status || links.calls != calls {
				t.Errorf("status %d after %d calls of the store, want %d after %d", w.Code, links.calls, status, calls)
			}
		}
		check(t.Context(), http.StatusOK, 1)
		links.err = errors.New("the store is unavailable")
		time.Sleep(time.Second - time.Nanosecond)
		check(t.Context(), http.StatusOK, 1)
		time.Sleep(time.Nanosecond)
		check(t.Context(), http.StatusServiceUnavailable, 2)
		links.err = nil
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
