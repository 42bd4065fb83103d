package apitest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

var searchCases = []testCase{
	{"GET with q returns the links that contain every word, newest first", Service{}, searchWords},
	{"GET with tag returns the links with this tag or one below it", Service{}, searchTags},
	{"a search combines q and tag with limit, cursor and added", Service{}, searchCombined},
	{"a search preserves its parameters in Link", Service{}, searchKeepsParameters},
	{"a search of all pages finds each match once despite concurrent writes", withToken, searchWhileOthersWrite},
	{"a search ends after 4 MB, and Link refers to the rest, even without a match", Service{}, searchEnds},
	{"a search rejects an invalid q", Service{}, searchBadWords},
	{"a search rejects an invalid tag", Service{}, searchBadTag},
	{"a search responds 304 to the ETag that it returned", withToken, searchETag},
}

// searched is the body of a POST of five links, the first of which is the newest.
const searched = `[
	{"link": "https://example.com/0", "title": "Soup of the day", "tags": ["Recipes/Soups", "To read"]},
	{"link": "https://EXAMPLE.com/1?a+b%2525=caf%C3%A9", "note": "First line\nsecond line"},
	{"link": "https://example.org/2/%FF%42", "title": "Straße, Σίσυφος", "tags": ["recipes", "Kitchen"]},
	{"link": "https://example.org/3/%42%", "tags": ["RecipesOld", "Kit"], "note": "Soup, 300\u212a"},
	{"link": "https://example.org/4", "tags": ["Été/A/B"]}
]`

// wantFound expects the links of searched with these numbers, in one response.
func (c *client) wantFound(t *testing.T, query, numbers string) {
	t.Helper()
	a := c.do(t, "GET", "/link?"+query, "", authorized)
	got := ""
	for _, link := range a.listed(t) {
		got += link[len("https://example.com/"):][:1]
	}
	if got != numbers || a.next(t) != "" {
		t.Errorf("%s: got links %q with Link %q, want %q without Link", a.what(), got, a.next(t), numbers)
	}
}

func searchWords(t *testing.T, c *client) {
	c.do(t, "POST", "/link", searched).wantStatus(t, http.StatusOK)
	for _, tc := range []struct{ q, numbers string }{
		{"https://", "01234"},
		{"\t\n\f\r example.ORG \t\n\f\r/ ", "234"},
		{"SOUP", "03"},
		{"soup day", "0"},
		{"read example.com soup day", "0"}, // in different places
		{"soup day kitchen", ""},
		{"caf%C3%a9", "1"}, // as stored
		{"CAFÉ", "1"},      // percent-decoded
		{"a+b%25=", "1"},   // decoded once, and a plus stays a plus
		{"b%=", ""},        // decoded twice
		{"%42", "23"},      // as stored
		{"2/B", ""},        // invalid UTF-8
		{"3/B", ""},        // a malformed escape
		{"second FIRST", "1"},
		{"linesecond", ""},
		{"soups,to", ""}, // across two tags
		{"soupsto", ""},
		{"recipes/soups", "0"},
		{"STRAẞE", "2"},
		{"strasse", ""}, // full case folding
		{"etE", ""},     // accents
		{"ΣΊΣΥΦΟΣ σίσυφοσ", "2"},
		{"300K", "3"},
		{strings.Repeat("soup ", 10), "03"},
		{" " + strings.Repeat("x", 200) + " ", ""},
	} {
		c.wantFound(t, "q="+url.QueryEscape(tc.q), tc.numbers)
	}
}

func searchTags(t *testing.T, c *client) {
	c.do(t, "POST", "/link", searched).wantStatus(t, http.StatusOK)
	for tag, numbers := range map[string]string{
		"recipes":       "02",
		"RECIPES/soups": "0",
		"recipes/":      "",
		"recipe":        "",
		"soups":         "",
		"kit":           "3",
		" to READ\t":    "0",
		"to":            "",
		"éTÉ":           "4",
		"éTÉ/a":         "4",
		"éTÉ/a/b":       "4",
		"éTÉ/a/b/c":     "",
		"a":             "",
		"":              "1",
	} {
		c.wantFound(t, "tag="+url.QueryEscape(tag), numbers)
	}
	c.wantFound(t, "tag", "1")
}

func searchCombined(t *testing.T, c *client) {
	c.do(t, "POST", "/link", searched).wantStatus(t, http.StatusOK)
	c.wantFound(t, "q=soup&tag=recipes", "0")
	c.wantFound(t, "q=soup&tag=recipesold", "3")
	c.wantFound(t, "tag=&q=soup", "")
	c.wantFound(t, "limit=3&q=soup", "03")
	c.wantFound(t, "limit=3&q=example.org", "234")
	c.wantFound(t, "limit=1&tag=%C3%A9t%C3%A9", "4")
	dated := c.do(t, "GET", "/link?q=day&added=true", "").shown(t)
	if len(dated) != 1 || dated[0].Added == "" {
		t.Errorf("GET /link?q=day&added=true: got %v, want one link with added", dated)
	}
	// Link is also present if no link behind the page matches.
	for limit, want := range map[int]int{1: 3, 2: 2, 3: 1} {
		got, pages := c.traverse(t, fmt.Sprintf("/link?q=soup&limit=%d", limit), nil)
		if len(got) != 2 || pages != want {
			t.Errorf("pages of %d: got %d pages with %q, want %d pages with 2 links", limit, pages, got, want)
		}
	}
}

func searchKeepsParameters(t *testing.T, c *client) {
	c.do(t, "POST", "/link", searched).wantStatus(t, http.StatusOK)
	a := c.do(t, "GET", "/link?z=%26&tag=Recipes&limit=1&q=%20%20EXAMPLE.%20&added=false", "")
	for range 2 {
		next, want := a.next(t), "?added=false&limit=1&q=++EXAMPLE.+&tag=Recipes&z=%26&cursor="
		if !strings.HasPrefix(next, want) || strings.Contains(next[len(want):], "&") {
			t.Fatalf("%s: Link: got %s, want %s…", a.what(), next, want)
		}
		a = c.follow(t, a, next)
	}
	if got := a.listed(t); len(got) > 0 || a.next(t) != "" {
		t.Errorf("%s: got %q with Link %q, want an empty last page", a.what(), got, a.next(t))
	}
}

func searchWhileOthersWrite(t *testing.T, c *client) {
	var stay []string
	for i := range 12 {
		link := fmt.Sprintf("https://example.com/%d", i)
		stay = append(stay, link+"/match")
		c.post(t, link+"/match/leaves", link, stay[i])
	}
	leave := c.do(t, "GET", "/link?q=leaves", "").shown(t)
	got, _ := c.traverse(t, "/link?q=MATCH&limit=3", func(page int) {
		added := fmt.Sprintf("https://example.com/new/%d", page)
		c.post(t, added, added+"/match")
		if page < len(leave) {
			c.do(t, "DELETE", "/link/"+leave[page].ID, "", authorized).wantStatus(t, http.StatusNoContent)
		}
	})
	times := map[string]int{}
	for _, link := range got {
		if times[link]++; times[link] > 1 || !strings.Contains(link, "match") {
			t.Errorf("links of all pages: got %s %d times, want only matches, each once", link, times[link])
		}
	}
	for _, link := range stay {
		if times[link] == 0 {
			t.Errorf("links of all pages: got no %s, want it", link)
		}
	}
}

func searchEnds(t *testing.T, c *client) {
	const oldest, n = "https://example.com/oldest", 510
	c.post(t, oldest)
	var links []string
	for i := range n {
		link := fmt.Sprintf("https://example.com/%d/", i) + strings.Repeat("x", 8000)
		links = append(links, link[:8000])
	}
	for batch := range slices.Chunk(links, 100) {
		c.post(t, batch...)
	}
	for _, query := range []string{"q=oldest", "q=oldest&tag=&limit=1"} {
		a := c.do(t, "GET", "/link?"+query, "")
		a.wantBody(t, "[]")
		if a.next(t) == "" {
			t.Fatalf("%s: got no Link after 4 MB, want one", a.what())
		}
		a = c.follow(t, a, a.next(t))
		if got := a.listed(t); !slices.Equal(got, []string{oldest}) || a.next(t) != "" {
			t.Errorf("%s: got %.200q with Link %q, want the oldest link without Link", a.what(), got, a.next(t))
		}
	}
	// A response that is full ends earlier.
	got, pages := c.traverse(t, "/link?q=xxx", nil)
	slices.Sort(got)
	slices.Sort(links)
	if !slices.Equal(got, links) || pages < 2 {
		t.Errorf("links of 8,000 bytes on %d pages: got %d, want %d, each once", pages, len(got), n)
	}
}

func searchBadWords(t *testing.T, c *client) {
	for _, q := range []string{
		"", "%20", "%09+%0A", strings.Repeat("x", 201), strings.Repeat("%C3%A9", 101), strings.Repeat("x+", 11),
	} {
		c.do(t, "GET", "/link?q="+q, "").wantInvalid(t, `"Field":"q"`, "Invalid q: expected 1 to 10 words")
	}
}

func searchBadTag(t *testing.T, c *client) {
	for tag, hint := range map[string]string{
		"%20":                        "empty",
		"a,b":                        "comma",
		"a%0Ab":                      "control characters",
		strings.Repeat("%C3%A9", 51): "at most 100 bytes",
	} {
		c.do(t, "GET", "/link?q=soup&tag="+tag, "").wantInvalid(t, `"Field":"tag"`, hint)
	}
	c.do(t, "GET", "/link?tag="+strings.Repeat("%C3%A9", 50), "").wantBody(t, "[]")
}

func searchETag(t *testing.T, c *client) {
	c.do(t, "POST", "/link", searched, authorized).wantStatus(t, http.StatusOK)
	for _, query := range []string{"q=zebra", "q=soup", "tag=recipes&added=true", "q=example&limit=1"} {
		c.wantConditional(t, "/link?"+query)
	}
	path := "/link?q=day&limit=1"
	before := c.do(t, "GET", path, "")
	wantChanged := func(what string) {
		t.Helper()
		after := c.do(t, "GET", path, "")
		if after.header.Get("ETag") == before.header.Get("ETag") {
			t.Errorf("%s: ETag after %s: got the same as before", after.what(), what)
		}
		before = after
	}
	page := before.shown(t)
	c.patch(t, page[0].ID, `{"note": "holiday"}`).wantStatus(t, http.StatusOK)
	wantChanged("another note")
	c.do(t, "POST", "/link", `{"link": "https://example.com/today"}`, authorized).wantStatus(t, http.StatusOK)
	wantChanged("another match")
	path = "/link?q=today&limit=1"
	before = c.do(t, "GET", path, "")
	for _, l := range c.do(t, "GET", "/link", "").shown(t)[1:] {
		c.do(t, "DELETE", "/link/"+l.ID, "", authorized).wantStatus(t, http.StatusNoContent)
	}
	wantChanged("the end of the list") // only its Link header changes
}
