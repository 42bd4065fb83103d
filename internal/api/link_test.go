package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"links/internal/api"
)

func TestPost_LocationRefersToTheLink(t *testing.T) {
	handler := open(t, api.Config{})
	for _, path := range []string{"/link", "/link/", "/link%2F", "/%6Cink"} {
		target, err := url.Parse("http://localhost" + path)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w,
			httptest.NewRequest("POST", target.String(), strings.NewReader(`{"link": "https://www.google.com"}`)))
		location, err := target.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusOK || location.Path != googlePath {
			t.Errorf("POST %s: got status %d and Location %q, which resolves to %v (%v)", path, w.Code,
				w.Header().Get("Location"), location, err)
		}
	}
}
