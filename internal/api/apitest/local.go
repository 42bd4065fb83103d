package apitest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

var localCases = []testCase{
	{"in local mode everyone stores, changes and deletes without a token", Service{Local: true}, localWrites},
	{"in local mode each loopback name and IP address is served", Service{Local: true}, loopbackHosts},
	{"in local mode another host is 421, except for health checks", Service{Local: true}, foreignHosts},
	{"in local mode the target of a request counts, not its Host", Service{Local: true}, absoluteTargets},
	{"in local mode a forwarded request is 421, except for health checks", Service{Local: true}, forwardedRequests},
	{"in local mode other origins neither read nor write", Service{Local: true}, localOrigins},
	{"in local mode other origins cannot embed a link", Service{Local: true}, localEmbedding},
	{"in local mode the configured origin writes",
		Service{Local: true, CORSOrigin: linksOrigin}, localConfiguredOrigin},
	{"in local mode every origin writes if any origin is configured",
		Service{Local: true, CORSOrigin: "*"}, everyOriginWrites},
}

func localWrites(t *testing.T, c *client) {
	for range 2 {
		for _, w := range writes {
			c.do(t, w.method, w.path, w.body).wantStatus(t, w.status)
		}
	}
	c.do(t, "DELETE", "/link/"+googleID, "").wantError(t, http.StatusNotFound, "no link with this ID")
}

func loopbackHosts(t *testing.T, c *client) {
	for _, host := range []string{
		"localhost", "localhost:8080", "localhost.", "localhost.:8080", "LocalHost:1", "links.localhost",
		"a.b.localhost:8080", "127.0.0.1", "127.0.0.1:1", "127.1.2.3:8080", "[::1]", "[::1]:8080",
		"[::ffff:127.0.0.1]:8080",
	} {
		for _, w := range writes {
			c.do(t, w.method, w.path, w.body, "Host: "+host, "Origin: http://"+host).wantStatus(t, w.status)
		}
		c.do(t, "GET", "/link", "", "Host: "+host).wantStatus(t, http.StatusOK)
	}
}

// everything contains requests for each path, for an unknown path and for an unknown
// method.
var everything = []struct{ method, path, body string }{
	{"GET", "/", ""},
	{"GET", "/manifest.webmanifest", ""},
	{"GET", "/openapi.json", ""},
	{"GET", "/link", ""},
	{"GET", "/link?limit=0", ""},
	{"HEAD", "/link", ""},
	{"OPTIONS", "/link", ""},
	{"PUT", "/link", ""},
	{"GET", "/link/", ""},
	{"GET", "/%6Cink", ""},
	{"GET", "/nothing", ""},
	{"GET", "/link/" + googleID, ""},
	{"GET", "/link/x", ""},
	{"GET", "/healthz/x", ""},
	{"POST", "/link", objectBody("https://example.com")},
	{"POST", "/link", "nonsense"},
	{"PATCH", "/link/" + googleID, `{"title":"x"}`},
	{"DELETE", "/link/" + googleID, ""},
}

// wantMisdirected expects 421 for every request with these headers, except health
// checks.
func (c *client) wantMisdirected(t *testing.T, hint string, headers ...string) {
	t.Helper()
	for _, r := range everything {
		a := c.do(t, r.method, r.path, r.body, headers...)
		a.wantStatus(t, http.StatusMisdirectedRequest)
		if r.method != "HEAD" {
			a.wantError(t, http.StatusMisdirectedRequest, hint)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/healthz/", "/%72eadyz"} {
		c.do(t, "GET", path, "", headers...).wantBody(t, `{"status":"ok"}`)
	}
}

func (c *client) wantUntouched(t *testing.T) {
	t.Helper()
	c.do(t, "GET", "/link", "").wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
}

func foreignHosts(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for _, host := range []string{
		"evil.example", "evil.example:8080", "localhost.evil.example", "localhostevil", "evil-localhost:8080",
		"127.0.0.1.evil.example", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "0.0.0.0:8080", "[::]", "10.0.0.1",
		"192.168.1.7:8080", "128.0.0.1", "[::2]:8080", "[fe80::1]", "localhost:evil", "localhost..",
	} {
		c.wantMisdirected(t, "LINKS_LOCAL=off", "Host: "+host)
		c.wantMisdirected(t, "LINKS_LOCAL=off", "Host: "+host, "Origin: http://"+host, "Sec-Fetch-Site: same-origin")
	}
	c.wantUntouched(t)
}

// raw sends the text of a request and returns the status.
func (c *client) raw(t *testing.T, request string) int {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(c.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func absoluteTargets(t *testing.T, c *client) {
	for name, r := range map[string]struct {
		request string
		status  int
	}{
		"both are localhost": {"GET http://localhost/link HTTP/1.1\r\nHost: localhost\r\n", http.StatusOK},
		"the target is another host": {"GET http://evil.example/link HTTP/1.1\r\nHost: localhost\r\n",
			http.StatusMisdirectedRequest},
		"no Host, HTTP/1.0":           {"GET /link HTTP/1.0\r\n", http.StatusMisdirectedRequest},
		"an empty Host":               {"GET /link HTTP/1.1\r\nHost: \r\n", http.StatusMisdirectedRequest},
		"a health check without Host": {"GET /healthz HTTP/1.0\r\n", http.StatusOK},
		"a Host in HTTP/1.0":          {"GET /link HTTP/1.0\r\nHost: localhost\r\n", http.StatusOK},
		"two Host headers": {"GET /link HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
			http.StatusBadRequest},
	} {
		if got := c.raw(t, r.request+"Connection: close\r\n\r\n"); got != r.status {
			t.Errorf("%s: got status %d, want %d", name, got, r.status)
		}
	}
}

func forwardedRequests(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for _, header := range []string{
		"Forwarded: for=192.0.2.7", "Via: 1.1 proxy", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: ",
		"X-Forwarded-Host: localhost", "X-Real-IP: 192.0.2.7", "x-real-ip: 192.0.2.7",
	} {
		c.wantMisdirected(t, "LINKS_TRUSTED_PROXIES", header)
	}
	c.wantUntouched(t)
}

func localOrigins(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	c.wantForeignRefused(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(c.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for what, browser := range map[string][]string{
		"the origin that is configured elsewhere": {"Origin: " + linksOrigin, "Sec-Fetch-Site: cross-site"},
		"another port":                 {"Origin: http://127.0.0.1:1", "Sec-Fetch-Site: same-site"},
		"another port, an old browser": {"Origin: http://127.0.0.1:1"},
		"another name of this host":    {"Origin: http://localhost:" + port, "Sec-Fetch-Site: cross-site"},
		"another name, an old browser": {"Origin: http://localhost:" + port},
		"a name below localhost": {"Host: localhost:" + port, "Origin: http://evil.localhost:" + port,
			"Sec-Fetch-Site: same-site"},
		"a request without CORS": {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site",
			"Sec-Fetch-Mode: no-cors", "Content-Type: text/plain"},
	} {
		for _, w := range writes {
			if a := c.do(t, w.method, w.path, w.body, browser...); a.status != http.StatusForbidden {
				t.Errorf("%s: %s: got status %d, want 403: %s", what, a.what(), a.status, a.body)
			}
		}
	}
	c.wantUntouched(t)
	// do checks that no response to them allows an origin, so that a browser hides
	// the response from the other web site.
	for _, browser := range foreign {
		for _, r := range everything {
			if r.method != "POST" && r.method != "PATCH" && r.method != "DELETE" {
				c.do(t, r.method, r.path, r.body, browser...)
			}
		}
		preflight := append([]string{"Access-Control-Request-Method: DELETE"}, browser...)
		c.do(t, "OPTIONS", "/link/"+googleID, "", preflight...).wantStatus(t, http.StatusOK)
	}
	for _, browser := range [][]string{{"Origin: " + c.base}, {"Origin: " + c.base, "Sec-Fetch-Site: same-origin"}} {
		for _, w := range writes {
			c.do(t, w.method, w.path, w.body, browser...).wantStatus(t, w.status)
		}
	}
}

// localEmbedding expects the same response to an embedded request for a link that
// exists and for one that does not, because a web page can see the status.
func localEmbedding(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	paths := []string{"/link", "/link/" + googleID, "/link/" + unknownID, "/link?link=https://www.google.com"}
	for _, site := range []string{"cross-site", "same-site"} {
		for what, request := range map[string][]string{
			"a prefetch": {"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"},
			"a script":   {"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"},
			"an object":  {"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: object"},
			"a frame":    {"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"},
		} {
			for _, path := range paths {
				a := c.do(t, "GET", path, "", append(request, "Sec-Fetch-Site: "+site)...)
				if a.status != http.StatusForbidden {
					t.Errorf("%s of %s from %s: status %d, want 403", what, path, site, a.status)
				}
				c.do(t, "HEAD", path, "", append(request, "Sec-Fetch-Site: "+site)...).
					wantStatus(t, http.StatusForbidden)
			}
			c.do(t, "GET", "/link", "", append(request, "Sec-Fetch-Site: same-origin")...).wantStatus(t, http.StatusOK)
		}
		// A link to the list on another web site, and a fetch, which cannot read it.
		for _, request := range [][]string{
			{"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
			{"Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"},
		} {
			c.do(t, "GET", "/link", "", append(request, "Sec-Fetch-Site: "+site)...).wantStatus(t, http.StatusOK)
		}
	}
}

func localConfiguredOrigin(t *testing.T, c *client) {
	c.wantForeignRefused(t)
	for what, browser := range c.own(t) {
		for _, w := range writes {
			if a := c.do(t, w.method, w.path, w.body, browser...); a.status != w.status {
				t.Errorf("%s: %s: got status %d, want %d: %s", what, a.what(), a.status, w.status, a.body)
			}
		}
	}
	c.wantMisdirected(t, "LINKS_LOCAL=off", "Host: links.example.com", "Origin: "+linksOrigin)
}
