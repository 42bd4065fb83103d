package api_test

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"links/internal/api"
)

func TestAnEmptyTokenIsNone(t *testing.T) {
	handler, err := api.New(api.Config{Tokens: []api.Token{{Hash: sha256.Sum256(nil)}}, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"Bearer", "Bearer ", "Bearer    "} {
		r := httptest.NewRequest("POST", "/link", strings.NewReader(`{"link": "https://www.google.com"}`))
		r.Header.Set("Authorization", header)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Code != http.StatusUnauthorized {
			t.Errorf("%q is answered %d %s", header, answer.Code, answer.Body)
		}
	}
}

func TestAPrivateServiceWithoutATokenIsReadByNobody(t *testing.T) {
	handler, err := api.New(api.Config{Private: true})
	if err != nil {
		t.Fatal(err)
	}
	if answer := serve(handler, "GET", "/link", ""); answer.Code != http.StatusUnauthorized {
		t.Errorf("answered %d %s", answer.Code, answer.Body)
	}
}
