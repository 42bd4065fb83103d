package api_test

import (
	"net/http"
	"strings"
	"testing"

	"links/internal/api"
)

func TestGet_ManyQueryParameters(t *testing.T) {
	handler := open(t, api.Config{})
	for count, want := range map[int]int{10_000: http.StatusOK, 10_001: http.StatusBadRequest} {
		w := ask(t, handler, "GET", "/link?"+strings.Repeat("a&", count-1), "", nil)
		if w.Code != want || want == http.StatusBadRequest && !strings.Contains(w.Body.String(), "at most 10000") {
			t.Errorf("%d parameters: status %d, %s", count, w.Code, w.Body)
		}
	}
}
