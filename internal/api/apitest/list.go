package apitest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

var listCases = []testCase{
	{"GET of an empty list is an empty array", Service{}, listEmpty},
	{"GET lists newest first, every link in its first spelling", Service{}, listNewestFirst},
	{"GET returns the list in pages, without an empty last page", Service{}, listPages},
	{"GET preserves the other parameters in Link, sorted, with cursor last", Service{}, listPreservesParameters},
	{"GET of all pages misses nothing despite concurrent writes", withToken, listWhileOthersWrite},
	{"GET continues after a deleted link", withToken, listAfterDeleted},
	{"GET ends a response just below its limit, and Link refers to the rest", Service{}, listLarge},
	{"GET rejects an invalid limit", Service{}, listBadLimit},
	{"GET rejects an invalid added", Service{}, listBadAdded},
	{"GET rejects an invalid cursor", Service{}, listBadCursor},
	{"GET rejects a malformed query", Service{}, listMalformedQuery},
}

var repeatCases = []testCase{
	{"GET with several tags returns the links that match all of them", Service{}, searchSeveralTags},
	{"GET preserves repeated parameters in Link, and rejects repeated parameters of its own",
		Service{}, listRepeatedParameters},
	{"several Authorization headers are 401", Service{TokenSHA256: severalSHA256, Private: true}, severalHeaders},
}

func listEmpty(t *testing.T, c *client) {
	for _, path := range []string{"/link", "/link?limit=1", "/link?limit=1000", "/link?link=https://example.com"} {
		a := c.do(t, "GET", path, "")
		a.wantStatus(t, http.StatusOK)
		a.wantHeader(t, "Content-Type", "application/json")
		a.wantBody(t, "[]")
		if a.next(t) != "" {
			t.Errorf("%s: got a Link header for an empty list, want none", a.what())
		}
	}
}

func listNewestFirst(t *testing.T, c *client) {
	links := []string{
		"https://example.com/a&b<c>\"'", "https://EXAMPLE.com/日本語?q=😀#x", "https://example.com/\u2028\u2029",
		"https://example.com/\\back", "https://www.google.com",
	}
	for _, link := range links {
		c.post(t, link)
	}
	slices.Reverse(links)
	a := c.do(t, "GET", "/link", "")
	if got := a.listed(t); !slices.Equal(got, links) {
		t.Errorf("list: got %q, want %q", got, links)
	}
	first := `[{"link_id":"` + googleID + `","link":"https://www.google.com"},{"link_id":"`
	if !strings.HasPrefix(a.body, first) {
		t.Errorf("start of the list: got %.120q, want %q", a.body, first)
	}
}

// traverse requests all pages, starting with path. It calls between, if it is not
// nil, after each page.
func (c *client) traverse(t *testing.T, path string, between func(page int)) (links []string, pages int) {
	t.Helper()
	a := c.do(t, "GET", path, "", authorized)
	for {
		pages++
		page := a.listed(t)
		links = append(links, page...)
		if len(page) == 0 && pages > 1 && !a.request.URL.Query().Has("q") {
			t.Errorf("%s: got an empty page, want one only in a search", a.what())
		}
		if between != nil {
			between(pages - 1)
		}
		next := a.next(t)
		if next == "" {
			return links, pages
		}
		a = c.follow(t, a, next, authorized)
	}
}

func listPages(t *testing.T, c *client) {
	want := numbered(0, 20)
	c.post(t, want...)
	for size := 1; size <= 7; size++ {
		got, pages := c.traverse(t, fmt.Sprintf("/link?limit=%d", size), nil)
		if wantPages := (20 + size - 1) / size; !slices.Equal(got, want) || pages != wantPages {
			t.Errorf("pages of %d: got %d pages with %q, want %d with %q", size, pages, got, wantPages, want)
		}
	}
	for _, path := range []string{"/link", "/link/", "/link?limit=20", "/link?limit=1000"} {
		if got, pages := c.traverse(t, path, nil); !slices.Equal(got, want) || pages != 1 {
			t.Errorf("%s: got %d pages with %q, want one with %q", path, pages, got, want)
		}
	}
}

func listPreservesParameters(t *testing.T, c *client) {
	c.post(t, numbered(0, 5)...)
	a := c.do(t, "GET", "/link?z=1&limit=2&a=b%26%20%C3%A9&y", "")
	prefix := "?a=b%26+%C3%A9&limit=2&y=&z=1&cursor="
	next := a.next(t)
	if !strings.HasPrefix(next, prefix) || strings.Contains(next[len(prefix):], "&") {
		t.Fatalf("Link: got %s, want %s…", next, prefix)
	}
	second := c.follow(t, a, next)
	if next := second.next(t); !strings.HasPrefix(next, prefix) || strings.Count(next, "cursor=") != 1 {
		t.Errorf("Link of the second page: got %s, want %s…", next, prefix)
	}
	if got, want := second.listed(t), numbered(2, 2); !slices.Equal(got, want) {
		t.Errorf("second page: got %q, want %q", got, want)
	}
}

func listWhileOthersWrite(t *testing.T, c *client) {
	stay, leave := numbered(0, 12), numbered(100, 12)
	for i := range stay {
		c.post(t, leave[i], stay[i])
	}
	ids := map[string]string{}
	for _, l := range c.do(t, "GET", "/link", "").shown(t) {
		ids[l.Link] = l.ID
	}
	got, _ := c.traverse(t, "/link?limit=3", func(page int) {
		c.post(t, numbered(1000+page, 1)...)
		if page < len(leave) {
			c.deleteLink(t, ids[leave[page]], authorized)
		}
	})
	slices.Sort(got)
	if distinct := slices.Compact(slices.Clone(got)); len(distinct) != len(got) {
		t.Errorf("links of all pages: got %q, want no duplicates", got)
	}
	for _, link := range stay {
		if !slices.Contains(got, link) {
			t.Errorf("links of all pages: got no %s, want it", link)
		}
	}
}

func listAfterDeleted(t *testing.T, c *client) {
	c.post(t, numbered(0, 6)...)
	a := c.do(t, "GET", "/link?limit=3", "")
	c.deleteLink(t, a.shown(t)[2].ID, authorized)
	if got, want := c.follow(t, a, a.next(t)).listed(t), numbered(3, 3); !slices.Equal(got, want) {
		t.Errorf("links after the deleted link: got %q, want %q", got, want)
	}
}

func listLarge(t *testing.T, c *client) {
	// 600 links of 8,000 bytes. One byte in seven is a quotation mark, whose size
	// doubles each time that it is escaped.
	var want []string
	for batch := range 6 {
		var links []string
		for i := range 100 {
			link := fmt.Sprintf("https://example.com/%d/%d/", batch, i)
			link += strings.Repeat(`123456"`, 1140)
			links = append(links, link[:8000])
		}
		c.post(t, links...)
		want = append(links, want...)
	}
	limits := []int{900_000, 4_000_000} // bytes when escaped once more: behind an ALB, and elsewhere
	nearLimit := func(size int) bool {
		return slices.ContainsFunc(limits, func(limit int) bool { return size <= limit && size > limit-2*8000 })
	}
	for _, path := range []string{"/link", "/link?limit=1000"} {
		var got []string
		a := c.do(t, "GET", path, "")
		for pages := 1; ; pages++ {
			escaped := len(mustMarshal(a.body))
			if escaped > 4_000_000 {
				t.Fatalf("%s: escaped size: got %d, want at most 4,000,000", a.what(), escaped)
			}
			got = append(got, a.listed(t)...)
			next := a.next(t)
			if next == "" {
				break
			}
			if !nearLimit(escaped) {
				t.Errorf("%s: escaped size of a response with Link: got %d, want nearly one of %d",
					a.what(), escaped, limits)
			}
			if pages > 20 {
				t.Fatal("got more than 20 pages")
			}
			a = c.follow(t, a, next)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: links of all pages: got %d, want %d, each once and in order", path, len(got), len(want))
		}
	}
}

func listBadLimit(t *testing.T, c *client) {
	for _, limit := range []string{
		"", "0", "1001", "-1", "%2B5", "1.5", "1e2", "abc", "5%20", "0x10", "99999999999999999999",
	} {
		c.do(t, "GET", "/link?limit="+limit, "").wantInvalid(t, `"Field":"limit"`, "limit")
	}
	for _, limit := range []string{"1", "1000"} {
		c.do(t, "GET", "/link?limit="+limit, "").wantStatus(t, http.StatusOK)
	}
}

func listBadAdded(t *testing.T, c *client) {
	for _, added := range []string{"", "1", "TRUE", "yes", "true%20", "2001-02-03T04:05:06Z"} {
		for _, other := range []string{"", "&limit=1", "&link=https://www.google.com"} {
			c.do(t, "GET", "/link?added="+added+other, "").
				wantInvalid(t, `"Field":"added"`, "Invalid added: expected true or false")
		}
	}
}

func listBadCursor(t *testing.T, c *client) {
	for _, cursor := range []string{
		"", "x", "1", googleID, unknownID, googleID + "." + googleID,
		"%7B018f0000-0000-7000-8000-000000000000%7D", "018f0000000070008000000000000000",
		"018f0000-0000-7000-8000-000000000000.", "018f0000-0000-7000-8000-000000000000.x",
	} {
		c.do(t, "GET", "/link?cursor="+cursor, "").wantInvalid(t, `"Field":"cursor"`, "cursor")
	}
}

func listMalformedQuery(t *testing.T, c *client) {
	for _, query := range []string{"limit=%zz", "x=%", "%zz=1"} {
		// a gateway may reject this itself, with another body
		a, err := c.try("GET", c.base+"/link?"+query, "")
		if err != nil {
			t.Fatal(err)
		}
		a.wantStatus(t, http.StatusBadRequest)
	}
}

func listRepeatedParameters(t *testing.T, c *client) {
	c.post(t, numbered(0, 2)...)
	next, want := c.do(t, "GET", "/link?b=2&limit=1&a=1&b=1", "").next(t), "?a=1&b=2&b=1&limit=1&cursor="
	if !strings.HasPrefix(next, want) {
		t.Errorf("Link: got %s, want %s…", next, want)
	}
	for name, value := range map[string]string{
		"limit":  "5",
		"cursor": "018f0000-0000-7000-8000-000000000000",
		"link":   "https://www.google.com",
		"added":  "true",
	} {
		c.do(t, "GET", "/link?"+name+"="+value+"&"+name+"="+value, "").
			wantInvalid(t, `"Field":"`+name+`"`, "Invalid "+name+": the query parameter is repeated")
	}
	c.do(t, "GET", "/link?q=a&q=a", "").wantInvalid(t, `"Field":"q"`, "Invalid q: the query parameter is repeated")
	c.do(t, "GET", "/link?link=https://www.google.com&limit=1&limit=2", "").wantStatus(t, http.StatusOK)
}

func searchSeveralTags(t *testing.T, c *client) {
	c.do(t, "POST", "/link", searched).wantStatus(t, http.StatusOK)
	c.wantFound(t, "tag=TO+read&tag=recipes", "0")
	c.wantFound(t, "tag=recipes&tag=recipes/soups&tag=recipes&tag=recipes&tag=recipes", "0")
	c.wantFound(t, "tag=kit&tag=recipes", "")
	c.wantFound(t, "tag=recipes&tag=", "")
	for _, tag := range []string{"tag=", "tag=a"} {
		query := "tag=a&tag=b&tag=c&tag=d&tag=&" + tag
		c.do(t, "GET", "/link?"+query, "").wantInvalid(t, `"Field":"tag"`, "at most 5 times")
	}
	next := c.do(t, "GET", "/link?tag=to+read&limit=1&tag=recipes&q=a&tag=Recipes", "").next(t)
	if !strings.HasPrefix(next, "?limit=1&q=a&tag=to+read&tag=recipes&tag=Recipes&cursor=") {
		t.Errorf("Link: got %s, want the tags in the order sent", next)
	}
}
