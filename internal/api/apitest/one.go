package apitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

var oneCases = []testCase{
	{"GET by ID, in either case, returns the link and when it was stored", Service{}, oneGet},
	{"GET by ID responds 304 to the ETag that it returned", Service{}, oneETag},
	{"GET by ID of an unknown link is 404", Service{}, oneUnknown},
	{"an ID that is not a UUID of 36 characters is 400", withToken, oneBadID},
	{"GET by ID sees a completed POST", withToken, oneReadsWrites},
	{"DELETE removes the link and is 404 the second time", withToken, oneDelete},
	{"a deleted link that is stored again has the same ID and is the newest", withToken, oneStoredAgain},
}

// wantShown expects the link with this ID, with these members between link_id and
// added, and with added between two times.
func (a response) wantShown(t *testing.T, id, fields string, from, to time.Time) {
	t.Helper()
	a.wantStatus(t, http.StatusOK)
	a.wantHeader(t, "Content-Type", "application/json")
	var l shownLink
	if err := json.Unmarshal([]byte(a.body), &l); err != nil {
		t.Fatalf("%s: got body %s: %v", a.what(), a.body, err)
	}
	a.wantBody(t, `{"link_id":"`+id+`",`+fields+`,"added":"`+l.Added+`"}`)
	at, err := time.Parse("2006-01-02T15:04:05.000Z", l.Added)
	if err != nil || at.Before(from.Truncate(time.Millisecond)) || at.After(to) {
		t.Errorf("%s: added: got %q, want a time from %v to %v", a.what(), l.Added, from, to)
	}
}

func oneGet(t *testing.T, c *client) {
	before := time.Now()
	c.post(t, "https://www.google.com")
	for _, path := range []string{
		googleID, googleID + "/", googleID + "?x=1&x=2", googleID + "?added=false", strings.ToUpper(googleID),
	} {
		a := c.do(t, "GET", "/link/"+path, "")
		a.wantShown(t, googleID, `"link":"https://www.google.com"`, before, time.Now())
		if modified := a.header.Get("Last-Modified"); modified != "" {
			t.Errorf("%s: Last-Modified: got %q, want none", a.what(), modified)
		}
	}
}

func oneETag(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	c.wantConditional(t, "/link/"+googleID)
}

func oneUnknown(t *testing.T, c *client) {
	for _, id := range []string{googleID, unknownID, "ffffffff-ffff-ffff-ffff-ffffffffffff"} {
		c.do(t, "GET", "/link/"+id, "").wantError(t, http.StatusNotFound, "no link")
	}
}

func oneBadID(t *testing.T, c *client) {
	for _, id := range []string{
		"x", "1", "{" + googleID + "}", "urn:uuid:" + googleID, strings.ReplaceAll(googleID, "-", ""),
		googleID + "0", googleID[1:], "g" + googleID[1:], "%20" + googleID[1:],
	} {
		c.do(t, "GET", "/link/"+id, "").wantError(t, http.StatusBadRequest, "UUID of 36 characters")
		c.do(t, "PATCH", "/link/"+id, `{"title":"x"}`, authorized).
			wantError(t, http.StatusBadRequest, "UUID of 36 characters")
		c.do(t, "DELETE", "/link/"+id, "", authorized).wantError(t, http.StatusBadRequest, "UUID of 36 characters")
	}
}

func oneReadsWrites(t *testing.T, c *client) {
	for _, link := range numbered(0, 20) {
		posted := c.do(t, "POST", "/link", objectBody(link), authorized)
		got := c.follow(t, posted, posted.header.Get("Location"))
		got.wantStatus(t, http.StatusOK)
		if want := `"link":"` + link + `","added":`; !strings.Contains(got.body, want) {
			t.Errorf("%s: got %s, want one that contains %s", got.what(), got.body, want)
		}
		c.deleteLink(t, got.request.URL.Path[strings.LastIndex(got.request.URL.Path, "/")+1:], authorized)
		c.follow(t, posted, posted.header.Get("Location")).wantError(t, http.StatusNotFound, "no link")
	}
}

func oneDelete(t *testing.T, c *client) {
	c.post(t, "https://www.google.com", "https://example.com")
	for attempts := 1; !c.deleteLink(t, googleID, authorized); attempts++ {
		if attempts == 3 {
			t.Fatalf("DELETE of a link that exists: got status 404 %d times, want 204", attempts)
		}
		c.post(t, "https://www.google.com")
	}
	c.do(t, "GET", "/link/"+googleID, "").wantError(t, http.StatusNotFound, "no link")
	c.do(t, "DELETE", "/link/"+googleID+"/", "", authorized).wantError(t, http.StatusNotFound, "no link")
	c.wantListed(t, "https://example.com")
}

func oneStoredAgain(t *testing.T, c *client) {
	c.post(t, "https://example.com", "https://www.google.com")
	c.deleteLink(t, googleID, authorized)
	c.do(t, "POST", "/link", objectBody("https://WWW.google.com"), authorized).wantBody(t, `{"link_id":"`+googleID+`"}`)
	c.wantListed(t, "https://WWW.google.com", "https://example.com")
}
