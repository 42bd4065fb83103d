package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"links/internal/api"
	"links/internal/store/boltstore/bolttest"
)

// request sends a request and returns the response. It fails the test if the
// response is a server error or an error without the body of every error.
func request(
	t *testing.T, handler http.Handler, method, target, body string, header http.Header,
) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.Header = header
	path, query, _ := strings.Cut(target, "?")
	r.URL.Path, r.URL.RawQuery = path, query
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		t.Fatalf("%s %s with body %q: got status %d: %s", method, target, body, w.Code, w.Body)
	}
	if w.Code >= 400 {
		var failure struct{ Error, Reference string }
		err := json.Unmarshal(w.Body.Bytes(), &failure)
		if err != nil || failure.Error == "" || failure.Reference != w.Header().Get("X-Request-Id") {
			t.Fatalf("%s %s with body %q: got status %d with %s, want Error and Reference", method, target, body,
				w.Code, w.Body)
		}
	}
	return w
}

// googlePath is the path of the link https://www.google.com.
const googlePath = "/link/95555d86-7dd0-51a7-ab15-99805fb8a4e4"

// open returns a handler over an empty store.
func open(tb testing.TB, c api.Config) http.Handler {
	tb.Helper()
	c.Store = bolttest.Open(tb)
	handler, err := api.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return handler
}

// FuzzPost checks that a list that GET returns can be sent to POST and changes
// nothing, and that the links of a body sent again stay as they are.
func FuzzPost(f *testing.F) {
	for _, body := range []string{
		`{"link": "https://example.com/", "title": "A page", "added": "2026-11-24T06:20:43.123Z"}`,
		`[{"link": "https://example.com/é\u2028"}, {"link": "http://[::1]"}]`,
		`{"link": "https://example.com/", "link": 7}`,
		`[]`, `null`, "\ufeff{}", `{"link": "\ud800"}`, `[[[[`, `{"title": null}`,
		`{"link":"https://a.b","added":"1970-01-01t00:00:00z"}`,
		`{"link":"https://a.b","tags":["A/b"," a/B ","é",""],"note":"a\r\nb\tc"}`,
		`[{"link":"https://a.b","tags":["b"]},{"link":"https://a.b/","tags":["a","B"],"note":" \r"}]`,
		`{"link":"https://a.b","tags":[[{"a":null}]],"note":7}`, `{"link":"https://a.b","tags":null,"note":null}`,
	} {
		f.Add(body)
	}
	handler := open(f, api.Config{})
	f.Fuzz(func(t *testing.T, body string) {
		if request(t, handler, "POST", "/link", body, nil).Code != http.StatusOK {
			return
		}
		listed := request(t, handler, "GET", "/link?added=true&limit=1000", "", nil).Body.String()
		request(t, handler, "POST", "/link", body, nil)
		if again := request(t, handler, "POST", "/link", listed, nil); again.Code != http.StatusOK {
			t.Fatalf("POST of a list: got status %d, want 200: %s", again.Code, again.Body)
		}
		if after := request(t, handler, "GET", "/link?added=true&limit=1000", "", nil).Body.String(); after != listed {
			t.Fatalf("list after POST of a list: got\n%s\nwant\n%s", after, listed)
		}
	})
}

func FuzzPatch(f *testing.F) {
	for _, body := range []string{
		`{"title": "A page"}`, `{"title": null}`, `{"title": ""}`, `{"title": 7}`, `{}`, `{"title":"a","title":"b"}`,
		`[]`, `{"tags":["a","A","b/c"],"note":"a\r\nb"}`, `{"tags":null,"note":null,"title":null}`, `{"tags":[]}`,
		`{"tags":["a",7]}`, `{"note":[]}`, `{"title":"a","link":"https://a.b"}`, `{"tag":"a"}`,
	} {
		f.Add(body)
	}
	handler := open(f, api.Config{Tokens: tokens})
	header := http.Header{"Authorization": {"Bearer token"}}
	f.Fuzz(func(t *testing.T, body string) {
		request(t, handler, "POST", "/link", `{"link": "https://www.google.com"}`, header)
		request(t, handler, "PATCH", googlePath, `{"title": "T", "tags": ["a", "b"], "note": "N"}`, header)
		before := request(t, handler, "GET", googlePath, "", nil).Body.String()
		patched := request(t, handler, "PATCH", googlePath, body, header)
		after := request(t, handler, "GET", googlePath, "", nil).Body.String()
		if patched.Code == http.StatusOK && patched.Body.String() != after ||
			patched.Code != http.StatusOK && after != before {
			t.Fatalf("PATCH with body %q: got status %d with %s, and the link %s, which was %s before",
				body, patched.Code, patched.Body, after, before)
		}
		if patched.Code != http.StatusOK {
			return
		}
		if again := request(t, handler, "PATCH", googlePath, body, header); again.Body.String() != after {
			t.Fatalf("PATCH with body %q again: got status %d with %s, want %s", body, again.Code, again.Body, after)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"limit=1", "limit=1&cursor=019a8f5e-2c41-7d3a-9b60-5f1c4e8a7d02", "link=https://www.google.com",
		"added=true&limit=2&x=%zz", "a;b=c&limit=01", "q=example+a&tag=&tag=&limit=1",
	} {
		f.Add(query)
	}
	handler := open(f, api.Config{})
	serve(handler, "POST", "/link",
		`[{"link": "https://www.google.com"}, {"link": "https://a.example"}, {"link": "https://b.example"}]`)
	f.Fuzz(func(t *testing.T, query string) {
		page := request(t, handler, "GET", "/link?"+query, "", nil)
		next, ok := strings.CutPrefix(page.Header().Get("Link"), "<?")
		next, _, _ = strings.Cut(next, ">")
		if !ok {
			return
		}
		if w := request(t, handler, "GET", "/link?"+next, "", nil); w.Code != http.StatusOK {
			t.Fatalf("GET /link?%q, the next page of %q: got status %d, want 200: %s", next, query, w.Code, w.Body)
		}
	})
}

func FuzzAuthorization(f *testing.F) {
	for _, value := range []string{
		"Bearer token", "bearer  token", "Bearer", "Basic token", "Bearer token ", "Bearer tokentoken",
	} {
		f.Add(value)
	}
	handler := open(f, api.Config{Tokens: tokens, Private: true})
	f.Fuzz(func(t *testing.T, value string) {
		code := request(t, handler, "GET", "/link", "", http.Header{"Authorization": {value}}).Code
		scheme, rest, _ := strings.Cut(value, " ")
		want := http.StatusUnauthorized
		if strings.EqualFold(scheme, "bearer") && strings.TrimLeft(rest, " ") == "token" {
			want = http.StatusOK
		}
		if code != want {
			t.Fatalf("GET /link with Authorization: %q: got status %d, want %d", value, code, want)
		}
	})
}
