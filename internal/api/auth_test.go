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

func TestAnEmptyTokenIsNone(t *testing.T) {
	handler, err := api.New(api.Config{Tokens: []token.Token{{Hash: sha256.Sum256(nil)}}, Private: true})
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
			t.Errorf("the token of %q: the line names %q with status %d, want %q and %d", name, line.Token, line.Status, want, status)
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
