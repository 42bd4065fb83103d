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

// ask sends a request and holds the answer to what the contract says of every answer.
func ask(t *testing.T, handler http.Handler, method, target, body string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.Header = header
	path, query, _ := strings.Cut(target, "?")
	r.URL.Path, r.URL.RawQuery = path, query
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		t.Fatalf("%s %s with %q is %d: %s", method, target, body, w.Code, w.Body)
	}
	if w.Code >= 400 {
		var failure struct{ Error, Reference string }
		if err := json.Unmarshal(w.Body.Bytes(), &failure); err != nil || failure.Error == "" || failure.Reference != w.Header().Get("X-Request-Id") {
			t.Fatalf("%s %s with %q is %d: %s", method, target, body, w.Code, w.Body)
		}
	}
	return w
}

func open(tb testing.TB, c api.Config) http.Handler {
	tb.Helper()
	c.Store = bolttest.Open(tb)
	handler, err := api.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return handler
}

// Whatever is accepted is shown, and what is shown can be sent back.
func FuzzPost(f *testing.F) {
	for _, body := range []string{
		`{"link": "https://example.com/", "title": "A page", "added": "2026-11-24T06:20:43.123Z"}`, `[{"link": "https://example.com/é\u2028"}, {"link": "http://[::1]"}]`,
		`{"link": "https://example.com/", "link": 7}`, `[]`, `null`, "\ufeff{}", `{"link": "\ud800"}`, `[[[[`, `{"title": null}`, `{"link":"https://a.b","added":"1970-01-01t00:00:00z"}`,
	} {
		f.Add(body)
	}
	handler := open(f, api.Config{})
	f.Fuzz(func(t *testing.T, body string) {
		if ask(t, handler, "POST", "/link", body, nil).Code != http.StatusOK {
			return
		}
		shown := ask(t, handler, "GET", "/link?added=true&limit=1000", "", nil).Body.String()
		if again := ask(t, handler, "POST", "/link", shown, nil); again.Code != http.StatusOK {
			t.Fatalf("what is shown is refused: %s", again.Body)
		}
		if after := ask(t, handler, "GET", "/link?added=true&limit=1000", "", nil).Body.String(); after != shown {
			t.Fatalf("sent back, the list has become\n%s\nfrom\n%s", after, shown)
		}
	})
}

func FuzzPatch(f *testing.F) {
	for _, body := range []string{`{"title": "A page"}`, `{"title": null}`, `{"title": ""}`, `{"title": 7}`, `{}`, `{"title":"a","title":"b"}`, `[]`} {
		f.Add(body)
	}
	handler := open(f, api.Config{Tokens: tokens})
	header := http.Header{"Authorization": {"Bearer token"}}
	const google = "/link/95555d86-7dd0-51a7-ab15-99805fb8a4e4"
	f.Fuzz(func(t *testing.T, body string) {
		ask(t, handler, "POST", "/link", `{"link": "https://www.google.com"}`, header)
		before := ask(t, handler, "GET", google, "", nil).Body.String()
		patched := ask(t, handler, "PATCH", google, body, header)
		after := ask(t, handler, "GET", google, "", nil).Body.String()
		if patched.Code == http.StatusOK && patched.Body.String() != after || patched.Code != http.StatusOK && after != before {
			t.Fatalf("PATCH with %q is %d %s, and then the link is %s, before it %s", body, patched.Code, patched.Body, after, before)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, query := range []string{"limit=1", "limit=1&cursor=019a8f5e-2c41-7d3a-9b60-5f1c4e8a7d02", "link=https://www.google.com", "added=true&limit=2&x=%zz", "a;b=c&limit=01"} {
		f.Add(query)
	}
	handler := open(f, api.Config{})
	ask(&testing.T{}, handler, "POST", "/link", `[{"link": "https://www.google.com"}, {"link": "https://a.example"}, {"link": "https://b.example"}]`, nil)
	f.Fuzz(func(t *testing.T, query string) {
		a := ask(t, handler, "GET", "/link?"+query, "", nil)
		next, ok := strings.CutPrefix(a.Header().Get("Link"), "<?")
		if next, _, _ = strings.Cut(next, ">"); ok && ask(t, handler, "GET", "/link?"+next, "", nil).Code != http.StatusOK {
			t.Fatalf("GET /link?%q refers to %q, which is refused", query, next)
		}
	})
}

func FuzzAuthorization(f *testing.F) {
	for _, value := range []string{"Bearer token", "bearer  token", "Bearer", "Basic token", "Bearer token ", "Bearer tokentoken"} {
		f.Add(value)
	}
	handler := open(f, api.Config{Tokens: tokens, Private: true})
	f.Fuzz(func(t *testing.T, value string) {
		code := ask(t, handler, "GET", "/link", "", http.Header{"Authorization": {value}}).Code
		scheme, rest, _ := strings.Cut(value, " ")
		if allowed := strings.EqualFold(scheme, "bearer") && strings.TrimLeft(rest, " ") == "token"; allowed != (code == http.StatusOK) {
			t.Fatalf("Authorization: %q is %d", value, code)
		}
	})
}
