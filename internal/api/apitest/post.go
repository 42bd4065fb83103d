package apitest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	googleID  = "95555d86-7dd0-51a7-ab15-99805fb8a4e4" // of https://www.google.com/
	exampleID = "dd2c1780-811a-5296-81c5-178a0ef488bc" // of https://example.com/
	unknownID = "00000000-0000-0000-0000-000000000000" // of no link
)

var postCases = []testCase{
	{"POST stores a link and returns its ID", Service{}, postStores},
	{"POST returns a Location that refers to the link", Service{}, postLocation},
	{"POST assigns one ID to all spellings of a URL", Service{}, postSpellings},
	{"POST trims ASCII white space and nothing else", Service{}, postTrims},
	{"POST again preserves the position and the first spelling", Service{}, postAgain},
	{"POST of an array returns the IDs in the order sent", Service{}, postArray},
	{"POST of an array counts the first link as the newest", Service{}, postArrayOrder},
	{"POST of an array stores a repeat once, in its first spelling", Service{}, postArrayRepeats},
	{"POST of an empty array returns an empty array", Service{}, postEmptyArray},
	{"POST of an array with an invalid link stores nothing and returns its index", Service{}, postArrayBad},
	{"POST accepts 1,000 links and rejects 1,001", Service{}, postArrayLimit},
	{"POST of a response to GET restores the list", withToken, postExport},
	{"POST accepts any Content-Type", Service{}, postContentType},
	{"POST ignores unknown members, and of duplicates the last counts", Service{}, postOtherFields},
	{"POST rejects bodies that are not one JSON object or array", Service{}, postNotJSON},
	{"POST rejects an invalid link", Service{}, postNoLink},
	{"POST accepts a link of 8,000 bytes and rejects 8,001", Service{}, postLength},
	{"concurrent POSTs of one link store it once", Service{}, postRace},
}

var largeCases = []testCase{
	{"POST and PATCH accept a body of 1 MiB and reject one byte more", withToken, postBodyLimit},
}

func postStores(t *testing.T, c *client) {
	a := c.do(t, "POST", "/link", `{"link": "https://www.google.com"}`)
	a.wantStatus(t, http.StatusOK)
	a.wantHeader(t, "Content-Type", "application/json")
	a.wantBody(t, `{"link_id":"`+googleID+`"}`)
	list := c.do(t, "GET", "/link", "")
	list.wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
}

func postLocation(t *testing.T, c *client) {
	before := time.Now()
	for path, location := range map[string]string{"/link": "link/" + googleID, "/link/": googleID} {
		a := c.do(t, "POST", path, `{"link": "https://www.google.com"}`)
		a.wantHeader(t, "Location", location)
		c.follow(t, a, location).wantShown(t, googleID, `"link":"https://www.google.com"`, before, time.Now())
	}
}

func postSpellings(t *testing.T, c *client) {
	for _, link := range []string{
		"https://www.google.com", "https://www.google.com/", "HTTPS://WWW.Google.com:443", "https://www.google.com/./",
		"https:www.google.com", `https:\\www.google.com`,
	} {
		c.do(t, "POST", "/link", objectBody(link)).wantBody(t, `{"link_id":"`+googleID+`"}`)
	}
	c.wantListed(t, "https://www.google.com")
}

func postTrims(t *testing.T, c *client) {
	c.do(t, "POST", "/link", objectBody("\t\r\n\f https://example.com/a \f\n\r\t")).wantStatus(t, http.StatusOK)
	c.do(t, "POST", "/link", objectBody("https://example.com/b\u00a0")).wantStatus(t, http.StatusOK)
	c.wantListed(t, "https://example.com/b\u00a0", "https://example.com/a")
	c.do(t, "POST", "/link", objectBody("\u00a0https://example.com/c")).
		wantInvalid(t, `"Field":"link"`, "absolute http or https URL")
}

func postAgain(t *testing.T, c *client) {
	c.post(t, "https://Example.com/")
	c.post(t, "https://example.org/")
	before := c.do(t, "GET", "/link", "")
	first := c.do(t, "POST", "/link", objectBody("https://example.com"))
	again := c.do(t, "POST", "/link", objectBody("https://example.com"))
	again.wantStatus(t, http.StatusOK)
	again.wantBody(t, first.body)
	c.do(t, "GET", "/link", "").wantBody(t, before.body)
}

func postArray(t *testing.T, c *client) {
	body := `[{"link":"https://www.google.com"},{"link":"https://example.com"},{"link":"https://www.google.com/"}]`
	a := c.do(t, "POST", "/link", body)
	a.wantStatus(t, http.StatusOK)
	a.wantHeader(t, "Content-Type", "application/json")
	a.wantBody(t, `[{"link_id":"`+googleID+`"},{"link_id":"`+exampleID+`"},{"link_id":"`+googleID+`"}]`)
}

func postArrayOrder(t *testing.T, c *client) {
	c.post(t, numbered(0, 3)...)
	c.post(t, numbered(3, 3)...)
	want := append(numbered(3, 3), numbered(0, 3)...)
	c.wantListed(t, want...)
}

func postArrayRepeats(t *testing.T, c *client) {
	c.post(t, "https://a.example", "https://b.example", "https://A.example/", "https://B.example")
	c.wantListed(t, "https://a.example", "https://b.example")
}

func postEmptyArray(t *testing.T, c *client) {
	a := c.do(t, "POST", "/link", " [ ] ")
	a.wantStatus(t, http.StatusOK)
	a.wantBody(t, "[]")
}

func postArrayBad(t *testing.T, c *client) {
	for bad, cause := range map[string]string{
		`{"link":"nonsense"}`:   `"Index":2,"Field":"link"`,
		`{"link":7}`:            `"Index":2,"Field":"link"`,
		`{}`:                    `"Index":2,"Field":"link"`,
		`null`:                  `"Index":2`,
		`"https://example.com"`: `"Index":2`,
		`[]`:                    `"Index":2`,
	} {
		body := `[{"link":"https://a.example"},{"link":"https://b.example"},` + bad + `,{"link":"also nonsense"}]`
		c.do(t, "POST", "/link", body).wantInvalid(t, cause, "Element 2 ")
	}
	c.do(t, "POST", "/link", `[{"link":"nonsense"}]`).wantInvalid(t, `"Index":0,"Field":"link"`, "Element 0 ")
	c.do(t, "POST", "/link", `[{"link":"https://a.example"},{"link":'x'}]`).wantError(t, http.StatusBadRequest, "JSON")
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
}

func postArrayLimit(t *testing.T, c *client) {
	links := numbered(0, 1001)
	c.do(t, "POST", "/link", arrayBody(links...)).wantError(t, http.StatusRequestEntityTooLarge, "1000")
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	c.post(t, links[:1000]...)
	c.wantListed(t, links[:1000]...)
}

func postExport(t *testing.T, c *client) {
	c.post(t, "https://A.example", "https://b.example/é\"<&>\u2028", "https://c.example/?q=😀")
	before := c.do(t, "GET", "/link", "")
	for _, l := range before.shown(t) {
		c.deleteLink(t, l.ID, authorized)
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	c.do(t, "POST", "/link", before.body, authorized).wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link", "").wantBody(t, before.body)
}

func postContentType(t *testing.T, c *client) {
	for _, contentType := range []string{
		"application/json", "application/x-www-form-urlencoded", "text/plain; charset=latin1", "image/png", "nonsense",
	} {
		a := c.do(t, "POST", "/link", `{"link": "https://www.google.com"}`, "Content-Type: "+contentType)
		a.wantStatus(t, http.StatusOK)
	}
	c.do(t, "POST", "/link", `{"link": "https://www.google.com"}`).wantStatus(t, http.StatusOK)
}

func postOtherFields(t *testing.T, c *client) {
	for _, body := range []string{
		`{"link_id":"` + unknownID + `","link":"https://www.google.com","other":[{"a":1}]}`,
		`{"link":"https://example.com","link":"https://www.google.com"}`,
		`{"link":7,"link":"https://www.google.com"}`,
		`{"LINK":"https://example.com","link":"https://www.google.com","Link":7}`,
		`{"li\u006ek":"https:\/\/www.google.com"}`,
		" \r\n\t{ \"link\" : \"https://www.google.com\" } \n",
	} {
		c.do(t, "POST", "/link", body).wantBody(t, `{"link_id":"`+googleID+`"}`)
	}
}

func postNotJSON(t *testing.T, c *client) {
	good := `{"link":"https://example.com"}`
	for _, body := range []string{
		"", " ", "nonsense", "null", "true", "7", `"https://example.com"`, "{", "[", `{"link":"https://example.com"`,
		`{"link":"https://example.com",}`, `{'link':'https://example.com'}`, "link=https://example.com", good + good,
		good + " }", good + " x", "[" + good + ",]", "\ufeff" + good, "{\"link\":\"https://example.com/\xff\"}",
		"{\"\xff\":1,\"link\":\"https://example.com/\"}", `{"link":"https://example.com/\ud800"}`,
		`{"link":"https://example.com/\udc00\ud800"}`, `{"\ud800":1,"link":"https://example.com/"}`,
		"{\"link\":\"https://example.com/\n\"}",
	} {
		c.do(t, "POST", "/link", body).
			wantError(t, http.StatusBadRequest, `such as {"link": "https://www.example.com"}`)
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
}

func postNoLink(t *testing.T, c *client) {
	for _, body := range []string{
		`{}`, `{"link":null}`, `{"link":7}`, `{"link":["https://example.com"]}`, `{"link":{}}`,
		`{"LINK":"https://example.com"}`, `{"Link":"https://example.com"}`, `{"link_id":"https://example.com"}`,
	} {
		c.do(t, "POST", "/link", body).wantInvalid(t, `"Field":"link"`, `a string "link"`)
	}
	for _, link := range []string{
		"", " ", "example.com", "/link", "//example.com", "ftp://example.com", "javascript:alert(1)",
		"mailto:a@example.com", "file:///etc/passwd", "http://", "https:///", "http://?", "https://exa mple.com",
		"https://example.com:99999", "https://example.com:x", "https://[::1", "http://256.256.256.256",
		"https://%00.example", "https://a<b>.example",
	} {
		c.do(t, "POST", "/link", objectBody(link)).wantInvalid(t, `"Field":"link"`, "absolute http or https URL")
	}
	for _, control := range []string{"\x00", "\t", "\n", "\v", "\x1f", "\x7f"} {
		c.do(t, "POST", "/link", objectBody("https://example.com/a"+control+"b")).
			wantInvalid(t, `"Field":"link"`, "control characters")
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
}

func postLength(t *testing.T, c *client) {
	for i, letter := range []string{"a", "é", "日", "😀"} {
		link := fmt.Sprintf("https://example.com/%d", i)
		link += strings.Repeat(letter, (8000-len(link))/len(letter))
		link += strings.Repeat("x", 8000-len(link))
		c.post(t, link)
		if got := c.do(t, "GET", "/link?limit=1", "").listed(t); !slices.Equal(got, []string{link}) {
			t.Errorf("GET of a link of 8,000 bytes of %q: got another link", letter)
		}
		c.do(t, "POST", "/link", objectBody(link+"x")).wantInvalid(t, `"Field":"link"`, "8000 bytes")
		c.do(t, "POST", "/link", objectBody("  "+link+"  ")).wantStatus(t, http.StatusOK)
	}
}

func postBodyLimit(t *testing.T, c *client) {
	body := `{"link": "https://www.google.com"}`
	body += strings.Repeat(" ", 1<<20-len(body))
	c.do(t, "POST", "/link", body, authorized).wantBody(t, `{"link_id":"`+googleID+`"}`)
	c.do(t, "POST", "/link", body+" ", authorized).wantError(t, http.StatusRequestEntityTooLarge, "1048576 bytes")
	patch := `{"title": null}`
	patch += strings.Repeat(" ", 1<<20-len(patch))
	c.patch(t, googleID, patch).wantStatus(t, http.StatusOK)
	c.patch(t, googleID, patch+" ").wantError(t, http.StatusRequestEntityTooLarge, "1048576 bytes")
}

func postRace(t *testing.T, c *client) {
	spellings := []string{"https://www.google.com", "HTTPS://www.google.com:443/"}
	responses := make(chan response)
	for i := range 16 {
		go func() {
			a, err := c.try("POST", c.base+"/link", objectBody(spellings[i%2]))
			if err != nil {
				t.Error(err)
			}
			responses <- a
		}()
	}
	for range 16 {
		if a := <-responses; a.status != http.StatusOK || a.body != `{"link_id":"`+googleID+`"}` {
			t.Errorf("POST: got status %d with body %q, want 200 and the ID", a.status, a.body)
		}
	}
	if got := c.do(t, "GET", "/link", "").listed(t); len(got) != 1 {
		t.Errorf("list: got %q, want one link", got)
	}
}
