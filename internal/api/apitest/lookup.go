package apitest

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
)

var lookUpCases = []testCase{
	{"GET with link returns the one link in any spelling", Service{}, lookUp},
	{"GET with link ignores limit, cursor, q and tag", Service{}, lookUpIgnores},
	{"GET rejects an invalid link", Service{}, lookUpBadLink},
}

func lookUp(t *testing.T, c *client) {
	c.post(t, "https://Example.com/?q=a;b+c&d", "https://www.google.com")
	for _, spelling := range []string{
		"https://www.google.com", "HTTPS://WWW.google.com:443/", " https://www.google.com\n",
	} {
		a := c.do(t, "GET", "/link?link="+url.QueryEscape(spelling), "")
		a.wantStatus(t, http.StatusOK)
		a.wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
	}
	for _, query := range []string{
		"link=https%3A%2F%2Fexample.com%2F%3Fq%3Da%3Bb%2Bc%26d", "link=https://example.com/?q=a;b%2Bc%26d",
	} {
		got, want := c.do(t, "GET", "/link?"+query, "").listed(t), []string{"https://Example.com/?q=a;b+c&d"}
		if !slices.Equal(got, want) {
			t.Errorf("GET /link?%s: got %q, want %q", query, got, want)
		}
	}
	c.do(t, "GET", "/link?link=https://example.org", "").wantBody(t, "[]")
}

func lookUpIgnores(t *testing.T, c *client) {
	c.post(t, "https://www.google.com", "https://example.com")
	for _, query := range []string{
		"limit=0&link=https://www.google.com&cursor=x", "link=https://www.google.com&limit=",
		"q=&link=https://www.google.com&tag=a,b", "tag=zebra&link=https://www.google.com&q=zebra",
	} {
		a := c.do(t, "GET", "/link?"+query, "")
		a.wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
		if a.next(t) != "" {
			t.Errorf("%s: got a Link header, want none", a.what())
		}
	}
}

func lookUpBadLink(t *testing.T, c *client) {
	for _, link := range []string{"", "example.com", "ftp://example.com", "https://example.com/%01"} {
		c.do(t, "GET", "/link?link="+link, "").wantInvalid(t, `"Field":"link"`, "link")
	}
}
