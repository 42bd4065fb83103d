package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// response is a complete response.
type response struct {
	request *http.Request
	status  int
	header  http.Header
	length  int64 // Content-Length; -1 if it is missing
	body    string
}

// listed returns the URLs of a list.
func (a response) listed(t *testing.T) []string {
	t.Helper()
	a.wantStatus(t, http.StatusOK)
	links := []string{}
	for _, l := range a.shown(t) {
		links = append(links, l.Link)
	}
	return links
}

// wantListed expects GET /link to return links with these URLs, in this order.
func (c *client) wantListed(t *testing.T, want ...string) {
	t.Helper()
	if got := c.do(t, "GET", "/link", "").listed(t); !slices.Equal(got, want) {
		t.Errorf("GET /link: got %.300q, want %.300q", got, want)
	}
}

type shownLink struct {
	ID    string   `json:"link_id"`
	Link  string   `json:"link"`
	Title string   `json:"title"`
	Tags  []string `json:"tags"`
	Note  string   `json:"note"`
	Added string   `json:"added"`
}

// shown returns the links of a list. It fails the test if they contain unknown
// members.
func (a response) shown(t *testing.T) []shownLink {
	t.Helper()
	var links []shownLink
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&links); err != nil {
		t.Fatalf("%s: got body %.300s, want a list: %v", a.what(), a.body, err)
	}
	return links
}

// next returns the reference in the Link header, or "".
func (a response) next(t *testing.T) string {
	t.Helper()
	link := a.header.Get("Link")
	if link == "" {
		return ""
	}
	reference, ok := strings.CutPrefix(link, "<")
	reference, ok2 := strings.CutSuffix(reference, `>; rel="next"`)
	if !ok || !ok2 || !strings.HasPrefix(reference, "?") {
		t.Fatalf(`%s: Link: got %s, want <?…>; rel="next"`, a.what(), link)
	}
	return reference
}

func (a response) what() string {
	return fmt.Sprintf("%s %.200s", a.request.Method, a.request.URL.RequestURI())
}

func (a response) wantStatus(t *testing.T, status int) {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s: got status %d, want %d: %.300s", a.what(), a.status, status, a.body)
	}
}

func (a response) wantBody(t *testing.T, body string) {
	t.Helper()
	if a.body != body {
		t.Errorf("%s: body: got %.300q, want %.300q", a.what(), a.body, body)
	}
}

func (a response) wantHeader(t *testing.T, name, value string) {
	t.Helper()
	if got := a.header.Values(name); !slices.Equal(got, []string{value}) {
		t.Errorf("%s: header %s: got %q, want %q", a.what(), name, got, value)
	}
}

// wantError expects an error that no single element, member or query parameter
// caused. Its message contains the hint.
func (a response) wantError(t *testing.T, status int, hint string) {
	t.Helper()
	a.wantErrorWith(t, status, hint, "")
}

// wantInvalid expects a 400 with a cause, which is the JSON of the error's last
// members: `"Index":1`, `"Field":"title"`, or `"Index":1,"Field":"title"`.
func (a response) wantInvalid(t *testing.T, cause, hint string) {
	t.Helper()
	a.wantErrorWith(t, http.StatusBadRequest, hint, ","+cause)
}

func (a response) wantErrorWith(t *testing.T, status int, hint, cause string) {
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
		t.Fatalf("%s: got body %s, want an error: %v", a.what(), a.body, err)
	}
	if failure.Reference == "" || failure.Reference != a.header.Get("X-Request-Id") {
		t.Errorf("%s: got Reference %q, want the X-Request-Id %q",
			a.what(), failure.Reference, a.header.Get("X-Request-Id"))
	}
	end := fmt.Sprintf(`,"Reference":%q%s}`, failure.Reference, cause)
	if !strings.HasSuffix(strings.TrimSpace(a.body), end) {
		t.Errorf("%s: got body %s, want one that ends with %s", a.what(), a.body, end)
	}
	if !strings.Contains(failure.Error, hint) || !strings.HasSuffix(failure.Error, ".") {
		t.Errorf("%s: Error: got %q, want one that contains %q and ends with a period", a.what(), failure.Error, hint)
	}
}

// checkCommon checks what the contract requires of every response. origin is the
// expected value of Access-Control-Allow-Origin.
func (a response) checkCommon(t *testing.T, origin []string) {
	t.Helper()
	a.wantHeader(t, "Cache-Control", "no-cache")
	a.wantHeader(t, "X-Content-Type-Options", "nosniff")
	a.wantHeader(t, "Access-Control-Expose-Headers", "Link,Location,ETag,Retry-After,X-Request-Id")
	if got := a.header.Values("Access-Control-Allow-Origin"); !slices.Equal(got, origin) {
		t.Errorf("%s: Access-Control-Allow-Origin: got %q, want %q", a.what(), got, origin)
	}
	if a.header.Get("X-Request-Id") == "" {
		t.Errorf("%s: got no X-Request-Id: %v", a.what(), a.header)
	}
	if a.status >= 300 && a.status < 400 && a.status != http.StatusNotModified {
		t.Errorf("%s: got redirect %d, want none", a.what(), a.status)
	}
	if strings.Contains(a.body, secret) {
		t.Errorf("%s: got the text of an internal error: %s", a.what(), a.body)
	}
	bodiless := a.request.Method == "HEAD" || a.status == http.StatusNoContent || a.status == http.StatusNotModified
	if bodiless && a.body != "" {
		t.Errorf("%s: got a body with status %d: %.100q", a.what(), a.status, a.body)
	}
}
