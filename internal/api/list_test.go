package api_test

import (
	"net/http"
	"strings"
	"testing"

	"links/internal/api"
)

func TestList_TooManyQueryParameters(t *testing.T) {
	handler := open(t, api.Config{})
	for count, want := range map[int]int{10_000: http.StatusOK, 10_001: http.StatusBadRequest} {
		w := request(t, handler, "GET", "/link?"+strings.Repeat("a&", count-1), "", nil)
		if w.Code != want || want == http.StatusBadRequest && !strings.Contains(w.Body.String(), "at most 10000") {
			t.Errorf("GET /link with %d parameters: got status %d, want %d: %s", count, w.Code, want, w.Body)
		}
	}
}
