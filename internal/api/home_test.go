package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"links/internal/api"
)

func TestHome_AcceptEncodingLines(t *testing.T) {
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		accepted []string
		encoding string
	}{
		"no header":     {nil, ""},
		"an empty line": {[]string{""}, ""},
		"two lines":     {[]string{"identity;q=0.5", "gzip"}, "gzip"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Accept-Encoding"] = c.accepted
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding"); w.Code != http.StatusOK || got != c.encoding {
			t.Errorf("GET / with %s: got %d and Content-Encoding %q, want 200 and %q", name, w.Code, got, c.encoding)
		}
	}
}
