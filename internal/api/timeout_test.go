package api_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"links/internal/api"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
)

// A slowBody takes an hour to arrive.
type slowBody struct{ io.Reader }

func (b slowBody) Read(p []byte) (int, error) {
	time.Sleep(time.Hour)
	return b.Reader.Read(p)
}

func TestTimeout_StartsAfterTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, err := api.New(api.Config{Store: bolttest.Open(t), Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		response := httptest.NewRecorder()
		handler.ServeHTTP(response,
			httptest.NewRequest("POST", "/link", slowBody{strings.NewReader(`[{"link":"https://example.com"}]`)}))
		if response.Code != http.StatusOK {
			t.Errorf("POST /link: got status %d, want 200: %s", response.Code, response.Body)
		}
	})
}

func TestTimeout_AppliesToDecodingArrays(t *testing.T) {
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	response := httptest.NewRecorder()
	handler.ServeHTTP(response,
		httptest.NewRequest("POST", "/link", strings.NewReader(`[{"link":"nonsense"}]`)).WithContext(ended))
	if response.Code != http.StatusGatewayTimeout {
		t.Errorf("POST /link: got status %d, want 504: %s", response.Code, response.Body)
	}
}

// hangingReady is a store that does not respond to Ready.
type hangingReady struct{ store.Store }

func (hangingReady) Ready(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestReadyz_HangingStoreIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, err := api.New(api.Config{Store: hangingReady{}, Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of a gateway
		defer cancel()
		start := time.Now()
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, httptest.NewRequest("GET", "/readyz", nil).WithContext(ctx))
		if took := time.Since(start); response.Code != http.StatusServiceUnavailable || took != 3*time.Second {
			t.Errorf("GET /readyz: got status %d after %v, want 503 after 3 s", response.Code, took)
		}
	})
}
