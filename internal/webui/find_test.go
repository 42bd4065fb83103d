package webui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func findCases() []testCase {
	return []testCase{
		{name: "A search covers titles, URLs, tags and notes of all links", inFirefox: true, run: searchAll},
		{name: "A search starts after a pause", inFirefox: true, run: searchAfterPause},
		{name: "The field shows what is searched, also on a phone", run: searchPlaceholder},
		{name: "Text with a scheme or a path is looked up, other text is searched", run: lookUp},
		{name: "The fragment contains the query, and Back returns to it", inFirefox: true, run: searchHistory},
		{name: "Tags list their links, and links without tags can be listed", inFirefox: true, run: tagFilters},
		{name: "The search field stays visible while scrolling", inFirefox: true, run: searchSticky},
		{name: "A query that is too large is explained", run: searchTooLarge},
		{name: "Matches in short notes are visible, and long notes stay folded", run: searchNotes},
	}
}

// search replaces the query, presses Enter and waits for the links.
func (b *tab) search(text string) {
	b.t.Helper()
	b.fill("#query", text)
	if text == "" {
		b.press(kb.Backspace)
	}
	b.press(kb.Enter)
	b.waitFound()
}

// filters returns the names of the tags that restrict the list.
func (b *tab) filters() string {
	b.t.Helper()
	return eval[string](b, `byId("filters").textContent`)
}

func (b *tab) waitFound() {
	b.t.Helper()
	b.waitFor(`byId("links").ariaBusy === "false"`)
}

func searchAll(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[
		{"link": "https://example.com/1", "title": "Bread of RYE and wheat"},
		{"link": "https://example.com/2", "note": "Rye whisky"},
		{"link": "https://example.com/3", "tags": ["Grain/Rye"]},
		{"link": "https://example.com/r%C3%BCben", "title": "Beets"},
		{"link": "https://nodejs.org/", "title": "node.js"}]`)
	s.store(numbered(70)...)
	b.open(s.url + "/")
	if got := b.text("#summary"); got != "Newest 50 links" {
		t.Errorf("summary: got %q, want Newest 50 links", got)
	}
	const page = "https://example.com/"
	for _, c := range []struct {
		query, summary, marked string
		want                   []string
	}{
		{"rye", "3 matches", "RYE Rye Rye", []string{page + "1", page + "2", page + "3"}},
		{"whisky", "1 match", "whisky", []string{page + "2"}},
		{"wheat  RYE", "1 match", "RYE wheat", []string{page + "1"}},
		{"Rüben", "1 match", "rüben", []string{page + "r%C3%BCben"}},
		{"node.js", "1 match", "node.js", []string{"https://nodejs.org/"}},
		{"n7.", "1 match", "n7.", numbered(8)[7:]},
		{"https://n7.", "1 match", "n7.", numbered(8)[7:]},
		{"nowhere at all", "No matches.", "", []string{}},
		{"", "Newest 50 links", "", numbered(50)},
	} {
		b.search(c.query)
		if got := b.shown(); !slices.Equal(got, c.want) {
			t.Errorf("search for %q: got %q, want %q", c.query, got, c.want)
		}
		if got := b.text("#summary"); got != c.summary {
			t.Errorf("summary for %q: got %q, want %q", c.query, got, c.summary)
		}
		const marks = `Array.from(document.querySelectorAll("#links mark"), (e) => e.textContent).join(" ")`
		if got := eval[string](b, marks); got != c.marked {
			t.Errorf("highlighted for %q: got %q, want %q", c.query, got, c.marked)
		}
	}
	b.click("#older")
	b.waitText("#summary", "75 links")
	b.search("example.com")
	b.click("#older")
	b.waitText("#summary", "74 matches")
}

func searchAfterPause(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.open(s.url + "/")
	b.fill("#query", "n59.")
	b.waitText("#summary", "1 match")
	b.fill("#query", "n5")
	b.waitText("#summary", "11 matches")
	if !b.isVisible("#links mark") {
		t.Error("no match is highlighted")
	}
	b.fill("#query", "")
	b.press(kb.Backspace)
	b.waitText("#summary", "Newest 50 links")
	if b.isVisible("#links mark") {
		t.Error("matches are still highlighted after the search")
	}
}

func searchPlaceholder(t *testing.T, s *site, b *tab) {
	s.store("https://www.example.com/")
	for _, width := range []int64{360, 390, 900} {
		b.resize(width, 800)
		b.open(s.url + "/")
		// Chromium reserves the width of the button that clears the field.
		got := eval[float64](b, `{
			const { fontFamily, paddingLeft, paddingRight } = getComputedStyle(byId("query"));
			const pen = document.createElement("canvas").getContext("2d");
			pen.font = getComputedStyle(byId("query"), "::placeholder").fontSize + " " + fontFamily;
			const button = parseFloat(getComputedStyle(byId("query")).fontSize);
			byId("query").clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - button -
				pen.measureText("Search titles, addresses, tags and notes").width;
		}`)
		if got < 0 || eval[string](b, `byId("query").placeholder`) != "Search titles, addresses, tags and notes" {
			t.Errorf("placeholder in a window %d pixels wide: got %.0f pixels left, want at least 0", width, got)
		}
	}
}

func lookUp(t *testing.T, s *site, b *tab) {
	s.store(append(numbered(60), "https://needle.example/path", "https://needle.example/path/v1.2")...)
	b.open(s.url + "/")
	const path = "https://needle.example/path"
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"HTTPS://needle.example:443/./path", []string{path}},
		{"needle.example/path", []string{path}},
		// Without such a link, a part of a URL is searched.
		{"needle.example/pa", []string{path, path + "/v1.2"}},
		{"needle.example", []string{path, path + "/v1.2"}},
		{"v1.2", []string{path + "/v1.2"}},
		{"path v1.2", []string{path + "/v1.2"}},
		{"https://[/", []string{}},
		{"https://nowhere.example/", []string{}},
	} {
		b.search(c.query)
		if got := b.shown(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.query, got, c.want)
		}
	}
	if got := b.text("#summary"); got != "This address is not in your list." {
		t.Errorf("summary: got %q, want that the address is not in the list", got)
	}
}

func searchHistory(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[{"link": "https://a.example/", "tags": ["R&D", "x"]},
		{"link": "https://b.example/", "tags": ["R&D"]}, {"link": "https://c.example/"}]`)
	b.openFresh(s.url + "/prod/#q=example&tag=R%26D")
	b.waitText("#summary", "2 matches")
	if got := eval[string](b, `byId("query").value`); got != "example" || b.filters() != "R&D" {
		t.Errorf("query: got %q, filters %q", got, b.filters())
	}
	at := func(fragment, query, summary string) {
		t.Helper()
		b.waitText("#summary", summary)
		got := eval[string](b, `location.href + " " + byId("query").value`)
		if want := s.url + "/prod/" + fragment + " " + query; got != want {
			t.Errorf("location and query: got %s, want %s", got, want)
		}
	}
	b.search("a.example")
	at("#q=a.example&tag=R%26D", "a.example", "1 match")
	b.click("#filters a")
	b.waitFor(`byId("filters").childElementCount === 0`)
	b.search("")
	at("", "", "3 links")
	// What is typed with pauses is one entry of the history, until it is replaced.
	b.fill("#query", "exam")
	b.waitText("#summary", "3 matches")
	b.press("p", "l", "e", ".", "x")
	b.waitText("#summary", "No matches.")
	b.fill("#query", "c.exam")
	b.waitText("#summary", "1 match")
	for _, c := range [][3]string{
		{"#q=example.x", "example.x", "No matches."},
		{"", "", "3 links"},
		{"#q=a.example", "a.example", "1 match"},
		{"#q=a.example&tag=R%26D", "a.example", "1 match"},
		{"#q=example&tag=R%26D", "example", "2 matches"},
	} {
		b.back()
		at(c[0], c[1], c[2])
	}
}

func tagFilters(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[{"link": "https://a.example/", "tags": ["Recipes/Soups", "reading"]},
		{"link": "https://b.example/", "tags": ["recipes"]}, {"link": "https://c.example/", "title": "recipes"}]`)
	b.open(s.url + "/")
	list := func(want string) {
		t.Helper()
		b.waitFor(fmt.Sprintf(
			`Array.from(document.querySelectorAll("#links .link"), (a) => a.host[0]).join("") === %q`, want))
	}
	b.click("#links li:nth-child(2) .chip")
	list("ab")
	b.waitText("#summary", "2 links")
	if got := eval[string](b, `location.hash + " " + byId("filters").textContent`); got != "#tag=recipes recipes" {
		t.Errorf("fragment and filter: got %q, want %q", got, "#tag=recipes recipes")
	}
	b.search("soup")
	list("a")
	b.click("#filters a")
	b.waitFor(`location.hash === "#q=soup"`)
	// A URL is looked up among the links with the tag.
	b.openFresh(s.url + "/#tag=recipes")
	b.search("https://c.example/")
	list("")
	b.click("#filters a")
	list("c")
	b.search("")
	list("abc")
	b.pressUntil(kb.Tab, "Untagged")
	b.press(kb.Enter)
	list("c")
	if got := eval[string](b, `document.activeElement.id`); got != "query" {
		t.Errorf("focus after Untagged: got %q, want the search field", got)
	}
	if b.isVisible("#untagged") || b.filters() != "untagged" {
		t.Error("the filter for links without tags is not shown")
	}
	b.pressUntil(kb.Tab, "Remove filter untagged")
	b.press(kb.Enter)
	list("abc")
	if got := eval[string](b, `document.activeElement.id`); got != "query" {
		t.Errorf("focus after the filter was removed: got %q, want the search field", got)
	}
	b.back()
	list("c")
}

func searchSticky(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.open(s.url + "/")
	for _, width := range []int64{1280, 360} {
		b.resize(width, 800)
		b.run(`scrollTo(0, document.body.scrollHeight)`)
		if top := eval[float64](b, `byId("query").getBoundingClientRect().top`); top < 0 || top > 100 {
			t.Errorf("top of the search field in a window %d pixels wide: got %.0f, want 0 to 100", width, top)
		}
		if !eval[bool](b, `{
			const { left, right, top, bottom } = byId("query").getBoundingClientRect();
			document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === byId("query");
		}`) {
			t.Errorf("the search field is covered in a window %d pixels wide", width)
		}
		// A row that is focused is not below the field.
		b.run(`document.querySelector("#links li:nth-child(20) .link").focus({ preventScroll: true })`)
		b.press("k")
		if !eval[bool](b, `document.activeElement.getBoundingClientRect().top >=
			byId("bar").getBoundingClientRect().bottom`) {
			t.Errorf("the focused row is hidden in a window %d pixels wide", width)
		}
	}
	b.resize(320, 225) // 1280 by 900 at 400%
	b.run(`scrollTo(0, 1000)`)
	if eval[float64](b, `byId("bar").getBoundingClientRect().bottom`) > 0 {
		t.Error("the search field covers a small window")
	}
}

func searchTooLarge(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.open(s.url + "/")
	b.search(strings.Repeat("word ", 11))
	b.waitText("#list-message", "This search is too long.")
	if got := b.text("#summary"); got != "" {
		t.Errorf("summary of a query that is too large: got %q, want none", got)
	}
	long := "https://example.com/" + strings.Repeat("x", 300)
	s.store(long)
	b.search(long)
	b.waitShown(1)
	b.search(long + "y")
	b.waitText("#summary", "This address is not in your list.")
	b.search("n1.")
	b.waitShown(1)
	if b.text("#list-message") != "" {
		t.Error("the error is still visible")
	}
}

func searchNotes(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[
		{"link": "https://a.example/", "title": "A", "note": "1\n2\n3\nneedle"},
		{"link": "https://b.example/", "title": "B", "note": "`+strings.Repeat(`line\n`, 80)+`needle"}]`)
	b.open(s.url + "/#q=needle")
	b.waitText("#summary", "2 matches")
	labels := eval[[]string](b, `Array.from(document.querySelectorAll("#links .more"), (e) => e.ariaLabel)`)
	if want := []string{"Less of A", "More of B"}; !slices.Equal(labels, want) {
		t.Errorf("buttons below the notes: got %q, want %q", labels, want)
	}
	if !eval[bool](b, `document.querySelector("#links .note mark").getBoundingClientRect().bottom <=
		document.querySelector("#links .note").getBoundingClientRect().bottom`) {
		t.Error("the match in the short note is hidden")
	}
}
