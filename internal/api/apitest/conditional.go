package apitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

var conditionalCases = []testCase{
	{"GET responds 304 to the ETag that it returned", Service{}, listETag},
	{"the ETag of a list changes with its body and with its Link header", withToken, listETagChanges},
}

// wantConditional checks ETag and If-None-Match of a path, with these further headers.
func (c *client) wantConditional(t *testing.T, path string, headers ...string) {
	t.Helper()
	headers = append([]string{authorized}, headers...)
	with := func(ifNoneMatch ...string) []string { return append(slices.Clone(headers), ifNoneMatch...) }
	a := c.do(t, "GET", path, "", headers...)
	tag := a.header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) || len(tag) < 10 {
		t.Fatalf("%s: ETag: got %s, want a strong entity tag", a.what(), tag)
	}
	for _, header := range []string{
		tag, "W/" + tag, `"other", ` + tag, `"a,b" , W/"c",` + tag + `,"d"`, tag + `, "x`, "*",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			same := c.do(t, method, path, "", with("If-None-Match: "+header)...)
			same.wantStatus(t, http.StatusNotModified)
			same.wantHeader(t, "ETag", tag)
			if got, want := same.header["Link"], a.header["Link"]; !slices.Equal(got, want) {
				t.Errorf("%s: Link of the 304: got %q, want %q", same.what(), got, want)
			}
		}
	}
	same := c.do(t, "GET", path, "", with(`If-None-Match: "other"`, "If-None-Match: "+tag)...)
	same.wantStatus(t, http.StatusNotModified)
	for _, header := range []string{
		`"other"`, `W/"other"`, strings.Trim(tag, `"`), strings.ToUpper(tag), tag[:len(tag)-1] + `x"`, "",
	} {
		other := c.do(t, "GET", path, "", with("If-None-Match: "+header)...)
		other.wantStatus(t, http.StatusOK)
		other.wantHeader(t, "ETag", tag)
		if other.body != a.body {
			t.Errorf("%s with If-None-Match: %s: got %s, want %s", a.what(), header, other.body, a.body)
		}
	}
}

func listETag(t *testing.T, c *client) {
	c.wantConditional(t, "/link")
	c.post(t, numbered(0, 3)...)
	c.wantConditional(t, "/link")
	c.wantConditional(t, "/link?limit=2")
	c.wantConditional(t, "/link?limit=3&added=true")
	c.wantConditional(t, "/link?limit=50")
	c.wantConditional(t, "/link?limit=1000")
	c.wantConditional(t, "/link?link=https://example.com/1")
}

func listETagChanges(t *testing.T, c *client) {
	c.post(t, numbered(0, 2)...)
	two := c.do(t, "GET", "/link?limit=1", "")
	c.deleteLink(t, c.do(t, "GET", "/link", "").shown(t)[1].ID, authorized)
	one := c.do(t, "GET", "/link?limit=1", "")
	if two.body != one.body || two.header.Get("ETag") == one.header.Get("ETag") {
		t.Errorf("ETag of a list with another Link header: got %s again; bodies %s and %s",
			one.header.Get("ETag"), two.body, one.body)
	}
	c.post(t, numbered(5, 1)...)
	if other := c.do(t, "GET", "/link?limit=1", ""); other.header.Get("ETag") == two.header.Get("ETag") {
		t.Error("ETag after the body changed: got the same as before")
	}
	newest := c.do(t, "GET", "/link?limit=1", "")
	if dated := c.do(t, "GET", "/link?limit=1&added=true", ""); dated.header.Get("ETag") == newest.header.Get("ETag") {
		t.Error("ETag of the list with dates: got the same as without")
	}
	c.deleteLink(t, newest.shown(t)[0].ID, authorized)
	c.post(t, "HTTPS"+strings.TrimPrefix(newest.shown(t)[0].Link, "https"))
	other := c.do(t, "GET", "/link?limit=1", "")
	if other.body == newest.body || other.header.Get("ETag") == newest.header.Get("ETag") {
		t.Errorf("ETag after a link was stored again with another spelling: got the same as before; bodies %s and %s",
			newest.body, other.body)
	}
}
