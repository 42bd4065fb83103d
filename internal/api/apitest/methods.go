package apitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

var methodCases = []testCase{
	{"OPTIONS responds 200 with the methods of the path", Service{}, optionsKnown},
	{"OPTIONS requires no token", Service{TokenSHA256: tokenSHA256, Private: true}, optionsKnown},
	{"a method that the path does not support is 405 with Allow", withToken, otherMethods},
	{"an unknown path is 404 for every method", withToken, unknownPaths},
	{"HEAD responds like GET, without the body", Service{}, headAsGet},
	{"paths match after percent-decoding and with a trailing slash", Service{}, decodedPaths},
	{"responses allow any origin to read them", Service{}, anyOrigin},
	{"responses allow the configured origin to read them", Service{CORSOrigin: "https://links.example.com"}, oneOrigin},
	{"every response has a different request ID", Service{}, requestIDs},
}

// paths maps each path to the methods that it allows.
var paths = map[string]string{
	"":                      "GET, HEAD, OPTIONS", // the base URL without a trailing slash
	"/":                     "GET, HEAD, OPTIONS",
	"/manifest.webmanifest": "GET, HEAD, OPTIONS",
	"/openapi.json":         "GET, HEAD, OPTIONS",
	"/healthz":              "GET, HEAD, OPTIONS",
	"/readyz":               "GET, HEAD, OPTIONS",
	"/link":                 "GET, HEAD, POST, OPTIONS",
	"/link/":                "GET, HEAD, POST, OPTIONS",
	"/link/" + googleID:     "GET, HEAD, PATCH, DELETE, OPTIONS",
	"/link/x":               "GET, HEAD, PATCH, DELETE, OPTIONS",
}

func optionsKnown(t *testing.T, c *client) {
	preflight := []string{
		"Origin: https://example.com", "Access-Control-Request-Method: POST",
		"Access-Control-Request-Headers: content-type",
	}
	for path, allow := range paths {
		for _, headers := range [][]string{nil, preflight} {
			a := c.do(t, "OPTIONS", path, "", headers...)
			a.wantStatus(t, http.StatusOK)
			a.wantBody(t, "")
			a.wantHeader(t, "Access-Control-Allow-Methods", strings.ReplaceAll(allow, " ", ""))
			a.wantHeader(t, "Access-Control-Allow-Headers",
				"Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token,If-None-Match")
			a.wantHeader(t, "Access-Control-Max-Age", "86400")
			if strings.Contains(allow, "PATCH") {
				a.wantHeader(t, "Accept-Patch", "application/merge-patch+json")
			} else if patch := a.header.Get("Accept-Patch"); patch != "" {
				t.Errorf("%s: Accept-Patch: got %q, want none", a.what(), patch)
			}
		}
	}
}

func otherMethods(t *testing.T, c *client) {
	for path, allow := range paths {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "PURGE", "get"} {
			if slices.Contains(strings.Split(allow, ", "), method) {
				continue
			}
			a := c.do(t, method, path, "", authorized)
			a.wantError(t, http.StatusMethodNotAllowed, allow)
			a.wantHeader(t, "Allow", allow)
		}
	}
}

func unknownPaths(t *testing.T, c *client) {
	for _, path := range []string{
		"/links", "/link/" + googleID + "/x", "/link//", "//link", "/link/a%2Fb", "/Link", "/healthz/x", "/index.html",
		"/%2e%2e/link", "/link%20", "/link%00",
	} {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE", "OPTIONS", "PURGE"} {
			c.do(t, method, path, "", authorized).wantError(t, http.StatusNotFound, "under the base URL")
		}
		c.do(t, "HEAD", path, "").wantStatus(t, http.StatusNotFound)
	}
}

func headAsGet(t *testing.T, c *client) {
	c.post(t, numbered(0, 3)...)
	c.post(t, "https://www.google.com")
	for _, path := range []string{
		"/", "/manifest.webmanifest", "/openapi.json", "/healthz", "/readyz", "/link", "/link?limit=2", "/link?limit=0",
		"/link?q=google", "/link?q=example&limit=1", "/link?q=",
		"/link/" + googleID, "/link/x", "/nothing",
	} {
		get, head := c.do(t, "GET", path, ""), c.do(t, "HEAD", path, "")
		head.wantStatus(t, get.status)
		for name := range get.header {
			if name == "Date" || name == "Content-Length" || name == "X-Request-Id" {
				continue
			}
			if !slices.Equal(get.header[name], head.header[name]) {
				t.Errorf("%s: header %s: got %q, want %q as with GET",
					head.what(), name, head.header[name], get.header[name])
			}
		}
	}
}

func decodedPaths(t *testing.T, c *client) {
	c.do(t, "POST", "/%6Cink", objectBody("https://www.google.com")).wantStatus(t, http.StatusOK)
	for _, path := range []string{"/link", "/link/", "/%6Cink", "/%6c%69%6e%6b/", "/link%2F"} {
		if got := c.do(t, "GET", path, "").listed(t); len(got) != 1 {
			t.Errorf("GET %s: got %q, want one link", path, got)
		}
	}
	for _, path := range []string{"/link/%39" + googleID[1:], "/link%2F" + googleID} {
		c.do(t, "GET", path, "").wantStatus(t, http.StatusOK)
	}
	for _, path := range []string{"/", "/openapi.json/", "/healthz/", "/readyz/"} {
		c.do(t, "GET", path, "").wantStatus(t, http.StatusOK)
	}
}

// allKinds sends one request for each kind of response.
func (c *client) allKinds(t *testing.T) []response {
	t.Helper()
	return []response{
		c.do(t, "GET", "/", ""),
		c.do(t, "POST", "/link", objectBody("https://www.google.com")),
		c.do(t, "GET", "/link", ""),
		c.do(t, "GET", "/link", "", "If-None-Match: *"),
		c.do(t, "GET", "/link/"+googleID, ""),
		c.do(t, "OPTIONS", "/link", ""),
		c.do(t, "POST", "/link", "nonsense"),
		c.do(t, "PATCH", "/link/"+googleID, `{"title":"x"}`),
		c.do(t, "DELETE", "/link/"+googleID, ""),
		c.do(t, "GET", "/nothing", ""),
		c.do(t, "PUT", "/link", ""),
	}
}

func anyOrigin(t *testing.T, c *client) {
	for _, a := range c.allKinds(t) { // do checks Access-Control-Allow-Origin
		a.wantVary(t, "")
	}
}

func oneOrigin(t *testing.T, c *client) {
	for _, a := range c.allKinds(t) {
		a.wantHeader(t, "Access-Control-Allow-Origin", "https://links.example.com")
		a.wantVary(t, "Origin")
	}
}

// wantVary checks the Vary header of a response of allKinds. Only the web UI also
// depends on Accept-Encoding. Some gateways join the values of a header.
func (a response) wantVary(t *testing.T, want string) {
	t.Helper()
	got := strings.ReplaceAll(strings.Join(a.header.Values("Vary"), ","), " ", "")
	if a.header.Get("Content-Type") == "text/html; charset=utf-8" {
		want = strings.TrimPrefix(want+",Accept-Encoding", ",")
	}
	if got != want {
		t.Errorf("%s: Vary: got %q, want %q", a.what(), got, want)
	}
}

func requestIDs(t *testing.T, c *client) {
	seen := map[string]bool{}
	for _, a := range append(c.allKinds(t),
		c.do(t, "GET", "/link", "", "X-Request-Id: mine"),
		c.do(t, "GET", "/nothing", "", "X-Request-Id: mine"),
	) {
		id := a.header.Get("X-Request-Id")
		if seen[id] || id == "mine" {
			t.Errorf("%s: X-Request-Id: got %q, want a new ID", a.what(), id)
		}
		seen[id] = true
	}
}
