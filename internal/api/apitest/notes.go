package apitest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

var noteCases = []testCase{
	{"POST with a note stores it, as the member after the tags", Service{}, noteShown},
	{"POST stores line ends of a note as LF, and trims ASCII white space around it", Service{}, noteTrims},
	{"POST again fills in a missing note and never overwrites one", Service{}, noteAgain},
	{"POST accepts a note of 4,000 bytes and rejects 4,001", Service{}, noteLength},
	{"POST rejects an invalid note", Service{}, noteBad},
	{"POST accepts the largest link with all its members, and lists return it", withToken, noteLargest},
	{"POST of pages, the oldest first, restores titles, tags, notes and dates", withToken, noteExport},
}

// noted returns a body of POST for a link with a note.
func noted(link, note string) string {
	return string(mustMarshal(map[string]string{"link": link, "note": note}))
}

// wantNote expects a link to have this note.
func (c *client) wantNote(t *testing.T, link, want string) {
	t.Helper()
	a := c.do(t, "GET", "/link?link="+url.QueryEscape(link), "", authorized)
	if shown := a.shown(t); len(shown) != 1 || shown[0].Note != want {
		t.Errorf("%s: got %.300s, want note %.300q", link, a.body, want)
	}
}

func noteShown(t *testing.T, c *client) {
	body := `{"note": "The \"engine\"\n\t<b>&amp; 日本語😀\\\/\u2028", "link": "https://www.google.com"}`
	c.do(t, "POST", "/link", body).wantBody(t, `{"link_id":"`+googleID+`"}`)
	shown := `{"link_id":"` + googleID + `","link":"https://www.google.com",` +
		`"note":"The \"engine\"\n\t<b>&amp; 日本語😀\\/` + "\u2028" + `"`
	c.do(t, "GET", "/link", "").wantBody(t, "["+shown+"}]")
	dated := c.do(t, "GET", "/link?added=true", "").shown(t)[0].Added
	c.do(t, "GET", "/link/"+googleID, "").wantBody(t, shown+`,"added":"`+dated+`"}`)
}

func noteTrims(t *testing.T, c *client) {
	for i, tc := range [][2]string{
		{"\t\r\n\f A  note \f\n\r\t", "A  note"},
		{"\u00a0B\u00a0", "\u00a0B\u00a0"},
		{"a\r\nb\rc\nd\r\r\n\n\re", "a\nb\nc\nd\n\n\n\ne"},
		{"a\tb", "a\tb"},
		{"a\n \n b", "a\n \n b"},
		{strings.Repeat("\r\n", 4000) + "a", "a"},
	} {
		link := fmt.Sprintf("https://example.com/%d", i)
		c.do(t, "POST", "/link", noted(link, tc[0])).wantStatus(t, http.StatusOK)
		c.wantNote(t, link, tc[1])
	}
	for _, none := range []string{`null`, `""`, `" \r\n\t\f"`} {
		c.do(t, "POST", "/link", `{"link":"https://www.google.com","note":`+none+`}`).wantStatus(t, http.StatusOK)
		c.do(t, "GET", "/link?link=https://www.google.com", "").
			wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
	}
}

func noteAgain(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `{"link":"https://Google.com","title":"kept"}`).wantStatus(t, http.StatusOK)
	for _, again := range []string{
		`,"note":"first"`, `,"note":"second","title":"other"`, `,"note":null`, `,"note":""`, "",
	} {
		c.do(t, "POST", "/link", `{"link":"https://google.com/"`+again+`}`).wantStatus(t, http.StatusOK)
		c.wantNote(t, "https://google.com", "first")
	}
	c.wantTitled(t, "https://Google.com kept")
	// Title and note are filled in each on its own.
	c.do(t, "POST", "/link", `{"link":"https://b.example","note":"kept"}`).wantStatus(t, http.StatusOK)
	c.do(t, "POST", "/link", `{"link":"https://b.example","note":"other","title":"given"}`).
		wantStatus(t, http.StatusOK)
	c.wantNote(t, "https://b.example", "kept")
	c.wantTitled(t, "https://b.example given", "https://Google.com kept")
}

func noteLength(t *testing.T, c *client) {
	for i, letter := range []string{"a", "é", "日", "😀", "\n", "\"", "\u2028"} {
		note := "x" + strings.Repeat(letter, 3998/len(letter))
		note += strings.Repeat("x", 4000-len(note))
		link := fmt.Sprintf("https://example.com/%d", i)
		c.do(t, "POST", "/link", noted(link, note+"x")).wantInvalid(t, `"Field":"note"`, "4000 bytes")
		sent := "\r\n" + strings.ReplaceAll(note, "\n", "\r\n") + "\r\n"
		c.do(t, "POST", "/link", noted(link, sent)).wantStatus(t, http.StatusOK)
		c.wantNote(t, link, note)
	}
}

// badNotes maps invalid notes, as JSON, to a part of their error message.
var badNotes = map[string]string{
	`7`:          "a note must be a string",
	`true`:       "a note must be a string",
	`{}`:         "a note must be a string",
	`["A note"]`: "a note must be a string",
	`"a\u0000"`:  "control characters",
	`"\u007fa"`:  "control characters",
	`"\u000ba"`:  "control characters",
	`"a\fb"`:     "control characters",
	`"a\u001fb"`: "control characters",
}

func noteBad(t *testing.T, c *client) {
	for note, hint := range badNotes {
		bad := `{"link":"https://example.com","note":` + note + `}`
		c.do(t, "POST", "/link", bad).wantInvalid(t, `"Field":"note"`, hint)
		a := c.do(t, "POST", "/link", `[{"link":"https://a.example","note":"fine"},`+bad+`]`)
		a.wantInvalid(t, `"Index":1,"Field":"note"`, "Element 1 ")
		a.wantInvalid(t, `"Index":1,"Field":"note"`, hint)
	}
	for _, note := range []string{`"\ud800"`, "\"\xff\"", `'A note'`, "\"a\nb\""} {
		c.do(t, "POST", "/link", `{"link":"https://example.com","note":`+note+`}`).
			wantError(t, http.StatusBadRequest, "JSON value in UTF-8")
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	c.do(t, "POST", "/link", `{"note":7,"note":"first","link":"https://www.google.com","n\u006fte":"last","Note":7}`).
		wantStatus(t, http.StatusOK)
	c.wantNote(t, "https://www.google.com", "last")
}

func noteLargest(t *testing.T, c *client) {
	object := func(i int) map[string]any {
		link := fmt.Sprintf("https://example.com/%d/", i)
		return map[string]any{
			"link":  link + strings.Repeat(`"`, 8000-len(link)),
			"title": strings.Repeat(`"`, 2000),
			"tags":  longTags(20),
			"note":  "x" + strings.Repeat("\n\t", 1999) + "x",
		}
	}
	var want []string
	for i := range 100 {
		body := object(i)
		want = append([]string{body["link"].(string)}, want...)
		c.do(t, "POST", "/link", string(mustMarshal(body)), authorized).wantStatus(t, http.StatusOK)
	}
	for _, path := range []string{"/link", "/link?limit=60&added=true"} {
		var got []shownLink
		a := c.do(t, "GET", path, "")
		for {
			if escaped := len(mustMarshal(a.body)); escaped > 4_000_000 {
				t.Errorf("%s: escaped size: got %d, want at most 4,000,000", a.what(), escaped)
			}
			got = append(got, a.shown(t)...)
			next := a.next(t)
			if next == "" {
				break
			}
			a = c.follow(t, a, next)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: got %d links, want %d", path, len(got), len(want))
		}
		for i, l := range got {
			if l.Link != want[i] || len(l.Title) != 2000 || len(l.Tags) != 20 || len(l.Note) != 4000 {
				t.Fatalf("%s: link %d: got %.60s with a title of %d bytes, %d tags and a note of %d bytes, "+
					"want all members", path, i, l.Link, len(l.Title), len(l.Tags), len(l.Note))
			}
		}
	}
}

func noteExport(t *testing.T, c *client) {
	c.storeMany(t)
	c.do(t, "POST", "/link", `[
		{"link":"https://A.example","title":"A","tags":["b","A/c"],"note":"one\ntwo\tthree"},
		{"link":"https://b.example","tags":["日本語 \\\" \u2028"]},
		{"link":"https://c.example","note":"日本語 \\\" \u2028"}
	]`, authorized).wantStatus(t, http.StatusOK)
	c.wantCopied(t, "?added=true")
	c.wantCopied(t, "")
}
