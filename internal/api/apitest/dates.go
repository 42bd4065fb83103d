package apitest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

var dateCases = []testCase{
	{"added=true includes when each link was stored, as the last member", Service{}, dateShown},
	{"added=true can be combined with limit, cursor and link, and Link preserves it", Service{}, datePages},
	{"POST with a date determines the position in the list", Service{}, datePlace},
	{"POST again preserves the date", Service{}, dateAgain},
	{"POST of an array stores a repeat with the first one's date", Service{}, dateRepeats},
	{"POST accepts any RFC 3339 date-time and truncates it to milliseconds", Service{}, dateForms},
	{"POST rejects dates that are invalid, before 1970 or in the future", Service{}, dateBad},
	{"POST replaces a date up to a minute in the future by the current time", Service{}, dateAhead},
	{"POST with the date null stores the current time", Service{}, dateNull},
	{"POST of pages, the oldest first, restores order, titles and dates", withToken, dateExport},
	{"POST of pages without dates, the oldest first, restores the order", withToken, undatedExport},
}

// dated returns a body of POST for a link with a date.
func dated(link, added string) string {
	return fmt.Sprintf(`{"link":%q,"added":%q}`, link, added)
}

func dateShown(t *testing.T, c *client) {
	before := time.Now()
	c.do(t, "POST", "/link", `{"link":"https://www.google.com","title":"Google"}`).wantStatus(t, http.StatusOK)
	after := time.Now()
	c.do(t, "POST", "/link", `{"added":"2001-02-03T04:05:06.789Z","link":"https://example.com/"}`).
		wantStatus(t, http.StatusOK)
	one := c.do(t, "GET", "/link/"+googleID, "")
	one.wantShown(t, googleID, `"link":"https://www.google.com","title":"Google"`, before, after)
	dated := `{"link_id":"` + exampleID + `","link":"https://example.com/","added":"2001-02-03T04:05:06.789Z"}`
	c.do(t, "GET", "/link/"+exampleID, "").wantBody(t, dated)
	c.do(t, "GET", "/link?added=true", "").wantBody(t, "["+one.body+","+dated+"]")
	c.do(t, "GET", "/link?link=https://www.google.com&added=true", "").wantBody(t, "["+one.body+"]")
	undated := func(link string) string { return link[:strings.Index(link, `,"added"`)] + "}" }
	for _, path := range []string{"/link", "/link?added=false"} {
		c.do(t, "GET", path, "").wantBody(t, "["+undated(one.body)+","+undated(dated)+"]")
	}
}

func datePages(t *testing.T, c *client) {
	want := numbered(0, 5)
	c.post(t, want...)
	a := c.do(t, "GET", "/link?limit=2&added=true", "")
	var got []string
	for {
		for _, l := range a.shown(t) {
			if l.Added == "" {
				t.Errorf("%s: %s: got no added, want one", a.what(), l.Link)
			}
			got = append(got, l.Link)
		}
		next := a.next(t)
		if next == "" {
			break
		}
		if !strings.HasPrefix(next, "?added=true&limit=2&cursor=") {
			t.Fatalf("%s: Link: got %s, want added=true and limit=2 in it", a.what(), next)
		}
		a = c.follow(t, a, next)
	}
	if !slices.Equal(got, want) {
		t.Errorf("links of all pages: got %q, want %q", got, want)
	}
}

func datePlace(t *testing.T, c *client) {
	c.post(t, "https://now.example")
	for _, body := range []string{
		dated("https://2001.example", "2001-01-01T00:00:00Z"),
		dated("https://1970.example", "1970-01-01T00:00:00Z"),
		dated("https://2010.example", "2010-01-01T00:00:00Z"),
		"[" + dated("https://2001-b.example", "2001-01-01T00:00:00.000Z") + "," +
			dated("https://2001-a.example", "2001-01-01T00:00:00.0Z") + "]",
		dated("https://2001-c.example", "2001-01-01T00:00:00.0009Z"),
	} {
		c.do(t, "POST", "/link", body).wantStatus(t, http.StatusOK)
	}
	c.post(t, "https://later.example")
	want := []string{
		"https://later.example", "https://now.example", "https://2010.example", "https://2001-c.example",
		"https://2001-b.example", "https://2001-a.example", "https://2001.example", "https://1970.example",
	}
	for _, path := range []string{"/link", "/link?limit=1", "/link?limit=3"} {
		if got, _ := c.traverse(t, path, nil); !slices.Equal(got, want) {
			t.Errorf("%s: list: got %q, want %q", path, got, want)
		}
	}
}

// wantAdded expects a date of the newest link.
func (c *client) wantAdded(t *testing.T, link, want string) {
	t.Helper()
	shown := c.do(t, "GET", "/link?added=true&link="+url.QueryEscape(link), "").shown(t)
	if len(shown) != 1 || shown[0].Added != want {
		t.Errorf("%s: got %v, want added %s", link, shown, want)
	}
}

func dateAgain(t *testing.T, c *client) {
	c.do(t, "POST", "/link", dated("https://a.example", "2001-01-01T00:00:00Z")).wantStatus(t, http.StatusOK)
	c.do(t, "POST", "/link", dated("https://b.example", "2002-01-01T00:00:00Z")).wantStatus(t, http.StatusOK)
	for _, again := range []string{
		dated("https://a.example", "2011-01-01T00:00:00Z"),
		dated("https://a.example", "1999-01-01T00:00:00Z"),
		objectBody("https://a.example"),
	} {
		c.do(t, "POST", "/link", again).wantStatus(t, http.StatusOK)
		c.wantAdded(t, "https://a.example", "2001-01-01T00:00:00.000Z")
	}
	c.wantListed(t, "https://b.example", "https://a.example")
}

func dateRepeats(t *testing.T, c *client) {
	first := dated("https://a.example", "2001-01-01T00:00:00Z")
	repeat := dated("https://A.example", "2011-01-01T00:00:00Z")
	c.do(t, "POST", "/link", "["+first+","+repeat+"]").wantStatus(t, http.StatusOK)
	c.wantAdded(t, "https://a.example", "2001-01-01T00:00:00.000Z")
	// Without a date, the first one is stored now.
	before := time.Now()
	undated := objectBody("https://www.google.com")
	repeat = dated("https://www.google.com", "2011-01-01T00:00:00Z")
	c.do(t, "POST", "/link", "["+undated+","+repeat+"]").wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link/"+googleID, "").wantShown(t, googleID, `"link":"https://www.google.com"`, before, time.Now())
}

func dateForms(t *testing.T, c *client) {
	forms := map[string]string{
		"2001-02-03T04:05:06Z":                      "2001-02-03T04:05:06.000Z",
		"2001-02-03t04:05:06z":                      "2001-02-03T04:05:06.000Z",
		"2001-02-03T04:05:06.7Z":                    "2001-02-03T04:05:06.700Z",
		"2001-02-03T04:05:06.78999999999999999999Z": "2001-02-03T04:05:06.789Z",
		"2001-02-03T04:05:06+01:30":                 "2001-02-03T02:35:06.000Z",
		"2001-02-03T04:05:06.5-00:00":               "2001-02-03T04:05:06.500Z",
		"2001-02-03T04:05:06-23:59":                 "2001-02-04T04:04:06.000Z",
		"2000-02-29T23:59:59.999Z":                  "2000-02-29T23:59:59.999Z",
		"1969-12-31T23:00:00-01:00":                 "1970-01-01T00:00:00.000Z",
		"1970-01-01T00:00:00.0009Z":                 "1970-01-01T00:00:00.000Z",
		"1998-12-31T23:59:60Z":                      "1999-01-01T00:00:00.000Z",
		"1998-12-31T15:59:60.25-08:00":              "1999-01-01T00:00:00.250Z",
	}
	i := 0
	for form, want := range forms {
		i++
		link := fmt.Sprintf("https://example.com/%d", i)
		c.do(t, "POST", "/link", dated(link, form)).wantStatus(t, http.StatusOK)
		c.wantAdded(t, link, want)
	}
	body := `{"added":null,"added":"x","link":"https://www.google.com","added":"2001-02-03T04:05:06Z","ADDED":7}`
	c.do(t, "POST", "/link", body).wantStatus(t, http.StatusOK)
	c.wantAdded(t, "https://www.google.com", "2001-02-03T04:05:06.000Z")
}

func dateBad(t *testing.T, c *client) {
	future := time.Now().Add(2 * time.Minute).Format(time.RFC3339)
	for hint, dates := range map[string][]string{
		"date-time": {
			"7", "true", "[]", `""`, `"now"`, `"1700000000"`, `"2001-02-03"`, `"2001-02-03T04:05:06"`,
			`"2001-02-03 04:05:06Z"`, `"2001-02-03T04:05Z"`, `"2001-02-03T4:05:06Z"`, `"2001-02-03T04:05:06.Z"`,
			`"2001-02-03T04:05:06,5Z"`, `" 2001-02-03T04:05:06Z"`, `"2001-02-30T04:05:06Z"`, `"2001-02-03T24:00:00Z"`,
			`"2001-02-03T04:60:06Z"`, `"2001-02-03T04:05:61Z"`, `"2001-02-03T04:05:60Z"`, `"1998-12-30T23:59:60Z"`,
			`"2001-02-03T04:05:06+0100"`, `"2001-02-03T04:05:06+24:00"`, `"2001-02-03T04:05:06+01:60"`,
			`"+02001-02-03T04:05:06Z"`, `"20010203T040506Z"`, `"2001-034T04:05:06Z"`,
		},
		"before 1970":   {`"1969-12-31T23:59:59.9999Z"`, `"0000-01-01T00:00:00Z"`, `"1970-01-01T00:00:00+00:01"`},
		"in the future": {`"9999-12-31T23:59:59Z"`, `"` + future + `"`},
	} {
		for _, added := range dates {
			body := `{"link":"https://example.com","added":` + added + `}`
			c.do(t, "POST", "/link", body).wantInvalid(t, `"Field":"added"`, hint)
			a := c.do(t, "POST", "/link", "["+dated("https://a.example", "2001-02-03T04:05:06Z")+","+body+"]")
			a.wantInvalid(t, `"Index":1,"Field":"added"`, "Element 1 ")
			a.wantInvalid(t, `"Index":1,"Field":"added"`, hint)
		}
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
}

func dateAhead(t *testing.T, c *client) {
	before := time.Now()
	soon := before.Add(30 * time.Second).Format(time.RFC3339Nano)
	c.do(t, "POST", "/link", dated("https://www.google.com", soon)).wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link/"+googleID, "").wantShown(t, googleID, `"link":"https://www.google.com"`, before, time.Now())
	c.post(t, "https://example.com")
	c.wantListed(t, "https://example.com", "https://www.google.com")
}

func dateNull(t *testing.T, c *client) {
	before := time.Now()
	c.do(t, "POST", "/link", `{"link":"https://www.google.com","added":null}`).wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link/"+googleID, "").wantShown(t, googleID, `"link":"https://www.google.com"`, before, time.Now())
	array := "[" + dated("https://a.example", "2001-02-03T04:05:06Z") + `,{"added":null,"link":"https://b.example"}]`
	c.do(t, "POST", "/link", array).wantStatus(t, http.StatusOK)
	c.wantListed(t, "https://b.example", "https://www.google.com", "https://a.example")
}

// wantCopied deletes all links, stores the pages, oldest first, and expects the
// list as it was.
func (c *client) wantCopied(t *testing.T, query string) {
	t.Helper()
	before := c.do(t, "GET", "/link"+query, "")
	var pages []string
	page := c.do(t, "GET", "/link?limit=3&"+strings.TrimPrefix(query, "?"), "")
	for {
		pages = append(pages, page.body)
		next := page.next(t)
		if next == "" {
			break
		}
		page = c.follow(t, page, next)
	}
	for _, l := range before.shown(t) {
		c.deleteLink(t, l.ID, authorized)
	}
	for _, page := range slices.Backward(pages) {
		c.do(t, "POST", "/link", page, authorized).wantStatus(t, http.StatusOK)
	}
	c.do(t, "GET", "/link"+query, "").wantBody(t, before.body)
}

// storeMany stores links with equal timestamps, with different ones, and without.
func (c *client) storeMany(t *testing.T) {
	t.Helper()
	c.post(t, numbered(0, 5)...)
	var objects []string
	for i, link := range numbered(5, 9) {
		objects = append(objects, dated(link, fmt.Sprintf("2001-01-01T00:00:00.%03dZ", i/4)))
	}
	c.do(t, "POST", "/link", "["+strings.Join(objects, ",")+"]", authorized).wantStatus(t, http.StatusOK)
}

func dateExport(t *testing.T, c *client) {
	c.storeMany(t)
	c.do(t, "POST", "/link", `{"link":"https://www.google.com","title":"Google"}`, authorized).
		wantStatus(t, http.StatusOK)
	c.wantCopied(t, "?added=true")
}

func undatedExport(t *testing.T, c *client) {
	c.storeMany(t)
	c.wantCopied(t, "")
}
