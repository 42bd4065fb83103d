package apitest

import (
	"net/http"
	"net/url"
	"testing"
)

const linksOrigin = "https://links.example.com"

var originCases = []testCase{
	{"if an origin is configured, other origins cannot write",
		Service{TokenSHA256: tokenSHA256, CORSOrigin: linksOrigin}, foreignOrigins},
	{"a foreign origin is rejected before a token is required",
		Service{TokenSHA256: tokenSHA256, CORSOrigin: linksOrigin}, foreignBeforeToken},
	{"a foreign origin is rejected if no token is configured", Service{CORSOrigin: linksOrigin}, foreignWithoutToken},
	{"if any origin is configured, every origin can write", withToken, everyOriginWrites},
}

// foreign contains the headers that browsers send for origins that are neither the
// service's nor the configured one. Old browsers, and all browsers over plain http,
// send no Sec-Fetch-Site.
var foreign = map[string][]string{
	"another host":                     {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"},
	"another host, an old browser":     {"Origin: https://evil.example"},
	"another host of the same site":    {"Origin: https://evil.example.com", "Sec-Fetch-Site: same-site"},
	"an opaque origin":                 {"Origin: null", "Sec-Fetch-Site: cross-site"},
	"an opaque origin, an old browser": {"Origin: null"},
	"another scheme":                   {"Origin: http://links.example.com"},
	"another port":                     {"Origin: https://links.example.com:8443"},
	"a longer host":                    {"Origin: https://links.example.com.evil.example"},
	"no Origin":                        {"Sec-Fetch-Site: cross-site"},
}

// own contains the headers of accepted requests.
func (c *client) own(t *testing.T) map[string][]string {
	t.Helper()
	base, err := url.Parse(c.base)
	if err != nil {
		t.Fatal(err)
	}
	self := base.Scheme + "://" + base.Host
	return map[string][]string{
		"no browser":                              nil,
		"the service's own page":                  {"Origin: " + self, "Sec-Fetch-Site: same-origin"},
		"the service's own page, an old browser":  {"Origin: " + self},
		"the configured origin":                   {"Origin: " + linksOrigin, "Sec-Fetch-Site: cross-site"},
		"the configured origin, an old browser":   {"Origin: " + linksOrigin},
		"the configured origin, of the same site": {"Origin: " + linksOrigin, "Sec-Fetch-Site: same-site"},
	}
}

// writes contains the requests that change something, and the expected statuses.
var writes = []struct {
	method, path, body string
	status             int
}{
	{"POST", "/link", objectBody("https://www.google.com"), http.StatusOK},
	{"PATCH", "/link/" + googleID, `{"title":"x"}`, http.StatusOK},
	{"DELETE", "/link/" + googleID, "", http.StatusNoContent},
}

// wantWrites expects that the requests of writes succeed.
func (c *client) wantWrites(t *testing.T, what string, headers ...string) {
	t.Helper()
	for _, w := range writes {
		if w.method == "DELETE" {
			c.deleteLink(t, googleID, headers...)
		} else if a := c.do(t, w.method, w.path, w.body, headers...); a.status != w.status {
			t.Errorf("%s: %s: got status %d, want %d: %s", what, a.what(), a.status, w.status, a.body)
		}
	}
}

func (c *client) wantForeignRefused(t *testing.T, headers ...string) {
	t.Helper()
	for what, browser := range foreign {
		for _, w := range writes {
			a := c.do(t, w.method, w.path, w.body, append(browser, headers...)...)
			if a.status != http.StatusForbidden {
				t.Errorf("%s: %s: got status %d, want 403", what, a.what(), a.status)
				continue
			}
			a.wantError(t, http.StatusForbidden, "another origin")
		}
	}
}

func foreignOrigins(t *testing.T, c *client) {
	c.wantForeignRefused(t, authorized)
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	for what, browser := range c.own(t) {
		c.wantWrites(t, what, append(browser, authorized)...)
	}
	for _, browser := range foreign { // the browser, not the service, prevents reading
		for _, path := range []string{"/", "/link", "/healthz"} {
			c.do(t, "GET", path, "", browser...).wantStatus(t, http.StatusOK)
			c.do(t, "OPTIONS", path, "", browser...).wantStatus(t, http.StatusOK)
		}
	}
}

func foreignBeforeToken(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	c.wantForeignRefused(t)
	c.wantForeignRefused(t, "Authorization: Bearer wrong")
	browser := foreign["another host"]
	for _, w := range []struct{ method, path, body string }{
		{"POST", "/link", "nonsense"}, {"PATCH", "/link/x", "nonsense"}, {"DELETE", "/link/" + unknownID, ""},
	} {
		c.do(t, w.method, w.path, w.body, append(browser, authorized)...).
			wantError(t, http.StatusForbidden, "another origin")
	}
	c.do(t, "GET", "/link/"+googleID, "").wantStatus(t, http.StatusOK)
}

func foreignWithoutToken(t *testing.T, c *client) {
	c.wantForeignRefused(t)
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	c.do(t, "POST", "/link", objectBody("https://www.google.com"), "Origin: "+linksOrigin).wantStatus(t, http.StatusOK)
	c.do(t, "DELETE", "/link/"+googleID, "", "Origin: "+linksOrigin).
		wantError(t, http.StatusForbidden, "no token is configured")
}

func everyOriginWrites(t *testing.T, c *client) {
	for what, browser := range foreign {
		c.wantWrites(t, what, append(browser, authorized)...)
	}
}
