package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// answer is an answer read whole.
type answer struct {
	request *http.Request
	status  int
	header  http.Header
	length  int64 // as Content-Length says; -1: it does not
	body    string
}

// listed is the addresses of a list.
func (a answer) listed(t *testing.T) []string {
	t.Helper()
	a.wantStatus(t, http.StatusOK)
	links := []string{}
	for _, l := range a.shown(t) {
		links = append(links, l.Link)
	}
	return links
}

type shownLink struct {
	ID    string `json:"link_id"`
	Link  string `json:"link"`
	Title string `json:"title"`
	Added string `json:"added"`
}

// shown is the links of a list, which have these fields and no others.
func (a answer) shown(t *testing.T) []shownLink {
	t.Helper()
	var links []shownLink
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&links); err != nil {
		t.Fatalf("%s: %v in the list %.300s", a.what(), err, a.body)
	}
	return links
}

// next is the reference of the Link header, or "".
func (a answer) next(t *testing.T) string {
	t.Helper()
	link := a.header.Get("Link")
	if link == "" {
		return ""
	}
	reference, ok := strings.CutPrefix(link, "<")
	reference, ok2 := strings.CutSuffix(reference, `>; rel="next"`)
	if !ok || !ok2 || !strings.HasPrefix(reference, "?") {
		t.Fatalf(`%s: Link is %s, want <?…>; rel="next"`, a.what(), link)
	}
	return reference
}

func (a answer) what() string {
	return fmt.Sprintf("%s %.200s", a.request.Method, a.request.URL.RequestURI())
}

func (a answer) wantStatus(t *testing.T, status int) {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s: status %d, want %d: %.300s", a.what(), a.status, status, a.body)
	}
}

func (a answer) wantBody(t *testing.T, body string) {
	t.Helper()
	if a.body != body {
		t.Errorf("%s: body %.300q, want %.300q", a.what(), a.body, body)
	}
}

func (a answer) wantHeader(t *testing.T, name, value string) {
	t.Helper()
	if got := a.header.Values(name); !slices.Equal(got, []string{value}) {
		t.Errorf("%s: %s is %q, want %q", a.what(), name, got, value)
	}
}

// wantError expects an error that no single element, member or query parameter
// caused. Its message contains the hint.
func (a answer) wantError(t *testing.T, status int, hint string) {
	t.Helper()
	a.wantErrorWith(t, status, hint, "")
}

// wantInvalid expects a 400 with a cause, which is the JSON of the error's last
// members: `"Index":1`, `"Field":"title"`, or `"Index":1,"Field":"title"`.
func (a answer) wantInvalid(t *testing.T, cause, hint string) {
	t.Helper()
	a.wantErrorWith(t, http.StatusBadRequest, hint, ","+cause)
}

func (a answer) wantErrorWith(t *testing.T, status int, hint, cause string) {
	t.Helper()
	a.wantStatus(t, status)
	a.wantHeader(t, "Content-Type", "application/json")
	var failure struct {
		Error, Reference string
		Index            *int
		Field            string
	}
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&failure); err != nil {
		t.Fatalf("%s: %v in the error %s", a.what(), err, a.body)
	}
	if failure.Reference == "" || failure.Reference != a.header.Get("X-Request-Id") {
		t.Errorf("%s: Reference is %q, X-Request-Id %q", a.what(), failure.Reference, a.header.Get("X-Request-Id"))
	}
	if end := fmt.Sprintf(`,"Reference":%q%s}`, failure.Reference, cause); !strings.HasSuffix(strings.TrimSpace(a.body), end) {
		t.Errorf("%s: body %s, want it to end with %s", a.what(), a.body, end)
	}
	if !strings.Contains(failure.Error, hint) || !strings.HasSuffix(failure.Error, ".") {
		t.Errorf("%s: the error says %q, want a sentence with %q", a.what(), failure.Error, hint)
	}
}

// checkCommon holds the answer to what the contract says of every answer. origin is what Access-Control-Allow-Origin must be.
func (a answer) checkCommon(t *testing.T, origin []string) {
	t.Helper()
	a.wantHeader(t, "Cache-Control", "no-cache")
	a.wantHeader(t, "X-Content-Type-Options", "nosniff")
	a.wantHeader(t, "Access-Control-Expose-Headers", "Link,Location,ETag,Retry-After,X-Request-Id")
	if got := a.header.Values("Access-Control-Allow-Origin"); !slices.Equal(got, origin) || a.header.Get("X-Request-Id") == "" {
		t.Errorf("%s: headers %v, want Access-Control-Allow-Origin %q and X-Request-Id", a.what(), a.header, origin)
	}
	if a.status >= 300 && a.status < 400 && a.status != http.StatusNotModified {
		t.Errorf("%s: redirected with %d", a.what(), a.status)
	}
	if strings.Contains(a.body, secret) {
		t.Errorf("%s: the answer tells an internal error: %s", a.what(), a.body)
	}
	bodiless := a.request.Method == "HEAD" || a.status == http.StatusNoContent || a.status == http.StatusNotModified
	if bodiless && a.body != "" {
		t.Errorf("%s: a body with status %d: %.100q", a.what(), a.status, a.body)
	}
}
