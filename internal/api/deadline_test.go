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

// slowBody is a body that takes an hour to arrive.
type slowBody struct{ io.Reader }

func (b slowBody) Read(p []byte) (int, error) {
	time.Sleep(time.Hour)
	return b.Reader.Read(p)
}

func TestTheDeadlineBeginsWhenTheBodyHasArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links := bolttest.Open(t)
		handler, err := api.New(api.Config{Store: links, Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("POST", "/link", slowBody{strings.NewReader(`[{"link":"https://example.com"}]`)}))
		if answer.Code != http.StatusOK {
			t.Errorf("status %d, want 200: %s", answer.Code, answer.Body)
		}
	})
}

func TestAnArrayIsCheckedWithinTheDeadline(t *testing.T) {
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	passed, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("POST", "/link", strings.NewReader(`[{"link":"nonsense"}]`)).WithContext(passed))
	if answer.Code != http.StatusGatewayTimeout {
		t.Errorf("status %d, want 504: %s", answer.Code, answer.Body)
	}
}

// hangingReady is a store that does not say whether it is ready.
type hangingReady struct{ store.Store }

func (hangingReady) Ready(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAStoreThatHangsIsNotReadyAfterThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, err := api.New(api.Config{Store: hangingReady{}, Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // such as a front door's
		defer cancel()
		began := time.Now()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("GET", "/readyz", nil).WithContext(ctx))
		if took := time.Since(began); answer.Code != http.StatusServiceUnavailable || took != 3*time.Second {
			t.Errorf("status %d after %v, want 503 after 3 s", answer.Code, took)
		}
	})
}
