package apitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

var titleCases = []testCase{
	{"POST with a title stores it, and it is the third member", Service{}, titleShown},
	{"POST trims ASCII white space around a title, and an empty title means none", Service{}, titleTrims},
	{"POST again fills in a missing title and never overwrites one", Service{}, titleAgain},
	{"POST of an array stores a repeat with the first title given", Service{}, titleRepeats},
	{"POST accepts a title of 2,000 bytes and rejects 2,001", Service{}, titleLength},
	{"POST rejects an invalid title", Service{}, titleBad},
	{"POST of a response to GET restores titles", withToken, titleExport},
	{"deleting a link deletes its title", withToken, titleDeleted},
}

// titled returns the links of a list as URL and title.
func (a response) titled(t *testing.T) []string {
	t.Helper()
	a.wantStatus(t, http.StatusOK)
	titles := []string{}
	for _, l := range a.shown(t) {
		titles = append(titles, l.Link+" "+l.Title)
	}
	return titles
}

func (c *client) wantTitled(t *testing.T, want ...string) {
	t.Helper()
	if got := c.do(t, "GET", "/link", "").titled(t); !slices.Equal(got, want) {
		t.Errorf("list: got %.300q, want %.300q", got, want)
	}
}

func titleShown(t *testing.T, c *client) {
	body := `{"title": "The \"engine\" <b>&amp; 日本語😀\\\/\u2028", "link": "https://www.google.com"}`
	c.do(t, "POST", "/link", body).wantBody(t, `{"link_id":"`+googleID+`"}`)
	c.do(t, "POST", "/link", objectBody("https://example.com/")).wantStatus(t, http.StatusOK)
	title := `"The \"engine\" <b>&amp; 日本語😀\\/` + "\u2028" + `"`
	shown := `{"link_id":"` + googleID + `","link":"https://www.google.com","title":` + title + `}`
	c.do(t, "GET", "/link", "").wantBody(t, `[{"link_id":"`+exampleID+`","link":"https://example.com/"},`+shown+"]")
	c.do(t, "GET", "/link?link=https://www.google.com", "").wantBody(t, "["+shown+"]")
	one := c.do(t, "GET", "/link/"+googleID, "")
	if want := shown[:len(shown)-1] + `,"added":"`; !strings.HasPrefix(one.body, want) {
		t.Errorf("%s: got %s, want prefix %s", one.what(), one.body, want)
	}
}

func titleTrims(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `[
		{"link":"https://a.example","title":"\t\r\n\f A  page \f\n\r\t"},
		{"link":"https://b.example","title":"\u00a0B\u00a0"}
	]`).wantStatus(t, http.StatusOK)
	c.wantTitled(t, "https://a.example A  page", "https://b.example \u00a0B\u00a0")
	for _, none := range []string{`null`, `""`, `" \t"`} {
		c.do(t, "POST", "/link", `{"link":"https://www.google.com","title":`+none+`}`).wantStatus(t, http.StatusOK)
		c.do(t, "GET", "/link?limit=1", "").wantStatus(t, http.StatusOK)
		c.do(t, "GET", "/link?link=https://www.google.com", "").
			wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
	}
}

func titleAgain(t *testing.T, c *client) {
	c.post(t, "https://Google.com", "https://b.example")
	for _, again := range []string{"", `,"title":"first"`, `,"title":"second"`, `,"title":null`, `,"title":""`} {
		c.do(t, "POST", "/link", `{"link":"https://google.com/"`+again+`}`).wantStatus(t, http.StatusOK)
		want := "first"
		if again == "" {
			want = ""
		}
		c.wantTitled(t, "https://Google.com "+want, "https://b.example ")
	}
}

func titleRepeats(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `[
		{"link":"https://a.example"},
		{"link":"https://A.example","title":"first"},
		{"link":"https://a.example/","title":"second"}
	]`).wantStatus(t, http.StatusOK)
	c.wantTitled(t, "https://a.example first")
}

func titleLength(t *testing.T, c *client) {
	for _, letter := range []string{"a", "é", "日", "😀"} {
		title := strings.Repeat(letter, 2000/len(letter))
		title += strings.Repeat("x", 2000-len(title))
		link := "https://example.com/" + letter
		post := func(title string) response {
			return c.do(t, "POST", "/link", string(mustMarshal(map[string]string{"link": link, "title": title})))
		}
		post(title+"x").wantInvalid(t, `"Field":"title"`, "2000 bytes")
		post("  "+title+"  ").wantStatus(t, http.StatusOK)
		if got := c.do(t, "GET", "/link?limit=1", "").titled(t); !slices.Equal(got, []string{link + " " + title}) {
			t.Errorf("GET of a title of 2,000 bytes of %q: got another title", letter)
		}
	}
}

// badTitles maps invalid titles, as JSON, to a part of their error message.
var badTitles = map[string]string{
	`7`:          "a title must be a string",
	`true`:       "a title must be a string",
	`{}`:         "a title must be a string",
	`["A page"]`: "a title must be a string",
	`"a\tb"`:     "control characters",
	`"a\nb"`:     "control characters",
	`"a\u0000"`:  "control characters",
	`"\u007fa"`:  "control characters",
	`"\u000ba"`:  "control characters",
}

func titleBad(t *testing.T, c *client) {
	for title, hint := range badTitles {
		bad := `{"link":"https://example.com","title":` + title + `}`
		c.do(t, "POST", "/link", bad).wantInvalid(t, `"Field":"title"`, hint)
		a := c.do(t, "POST", "/link", `[{"link":"https://a.example","title":"fine"},`+bad+`]`)
		a.wantInvalid(t, `"Index":1,"Field":"title"`, "Element 1 ")
		a.wantInvalid(t, `"Index":1,"Field":"title"`, hint)
	}
	for _, title := range []string{`"\ud800"`, "\"\xff\"", `'A page'`} {
		c.do(t, "POST", "/link", `{"link":"https://example.com","title":`+title+`}`).
			wantError(t, http.StatusBadRequest, "JSON value in UTF-8")
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	c.do(t, "POST", "/link", `{"title":7,"title":"A page","link":"https://www.google.com","Title":7}`).
		wantStatus(t, http.StatusOK)
	c.wantTitled(t, "https://www.google.com A page")
}

func titleExport(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `[
		{"link":"https://A.example","title":"A"},
		{"link":"https://b.example"},
		{"link":"https://c.example","title":"日本語 \\\" \u2028"}
	]`, authorized).wantStatus(t, http.StatusOK)
	before := c.do(t, "GET", "/link", "")
	for _, l := range before.shown(t) {
		c.deleteLink(t, l.ID, authorized)
	}
	c.do(t, "POST", "/link", before.body, authorized).wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link", "").wantBody(t, before.body)
}

func titleDeleted(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `{"link":"https://www.google.com","title":"old"}`, authorized).wantStatus(t, http.StatusOK)
	c.deleteLink(t, googleID, authorized)
	c.post(t, "https://www.google.com")
	c.wantTitled(t, "https://www.google.com ")
}
