package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"links/internal/api"
	"links/internal/store/boltstore/bolttest"
	"links/internal/token"
)

func TestAuthorization_EmptyTokenIsInvalid(t *testing.T) {
	handler, err := api.New(api.Config{Tokens: []token.Token{{Hash: sha256.Sum256(nil)}}, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"Bearer", "Bearer ", "Bearer    "} {
		r := httptest.NewRequest("POST", "/link", strings.NewReader(`{"link": "https://www.google.com"}`))
		r.Header.Set("Authorization", header)
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, r)
		if response.Code != http.StatusUnauthorized {
			t.Errorf("POST /link with Authorization: %s: got status %d, want 401: %s", header, response.Code,
				response.Body)
		}
	}
}

func TestLog_TokenName(t *testing.T) {
	var log bytes.Buffer
	config := api.Config{Store: bolttest.Open(t), Private: true, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	names := []string{"phone", "laptop", "", "tablet"}
	for _, name := range names {
		config.Tokens = append(config.Tokens, token.Token{Name: name, Hash: sha256.Sum256([]byte("token of " + name))})
	}
	handler, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "nobody") {
		log.Reset()
		r := httptest.NewRequest("GET", "/link", nil)
		r.Header.Set("Authorization", "Bearer token of "+name)
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, r)
		var line struct {
			Token  string
			Status int
		}
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, &log)
		}
		want, status := name, http.StatusOK
		if name == "nobody" {
			want, status = "", http.StatusUnauthorized
		}
		if line.Token != want || line.Status != status {
			t.Errorf("GET /link with the token of %q: got token %q and status %d in the log, want %q and %d",
				name, line.Token, line.Status, want, status)
		}
	}
}

func TestPrivate_WithoutTokensRejectsReads(t *testing.T) {
	handler, err := api.New(api.Config{Private: true})
	if err != nil {
		t.Fatal(err)
	}
	if response := serve(handler, "GET", "/link", ""); response.Code != http.StatusUnauthorized {
		t.Errorf("GET /link: got status %d, want 401: %s", response.Code, response.Body)
	}
}
