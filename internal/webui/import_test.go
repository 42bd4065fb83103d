package webui_test

import (
	"fmt"
	"html"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func importCases() []testCase {
	return []testCase{
		{name: "A bookmarks file is imported in its order, and what is skipped is told with the reason", run: importBookmarks},
		{name: "A bookmarks file of Chromium comes with every title, address and second", run: importChromium},
		{name: "A bookmarks file of Firefox comes with every title, address and second", run: importFirefox},
		{name: "CSV of Pocket, Raindrop and Instapaper comes with titles and dates", run: importCSV},
		{name: "A bad title or date loses no link", run: importBadTitles},
		{name: "A date that only the service takes for the future loses no link", run: importClockAhead},
		{name: "A file without links, and one that is none, say so", run: importNothing},
	}
}

// bookmarksFile writes addresses as browsers do, in folders, all of one second.
func bookmarksFile(addresses []string) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=UTF-8\">\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n<DL><p>\n")
	for i, address := range addresses {
		if i%100 == 0 {
			fmt.Fprintf(&b, "<DT><H3 ADD_DATE=\"1700000000\">Folder %d</H3>\n<DL><p>\n", i)
		}
		fmt.Fprintf(&b, "<DT><A HREF=\"%s\" ADD_DATE=\"1700000000\" ICON=\"data:image/png;base64,AAAA\">Page %d</A>\n", html.EscapeString(address), i)
		if i%100 == 99 {
			b.WriteString("</DL><p>\n")
		}
	}
	b.WriteString("</DL><p>\n")
	return b.String()
}

// bookmarked is what the service holds of a bookmarksFile.
func bookmarked(addresses []string) []link {
	links := make([]link, len(addresses))
	for i, address := range addresses {
		links[i] = link{Link: address, Title: fmt.Sprintf("Page %d", i), Added: "2023-11-14T22:13:20.000Z"}
	}
	return links
}

// holds checks what the service holds, but for the ids.
func (s *site) holds(want []link) {
	s.t.Helper()
	got := s.links()
	for i := range got {
		got[i].ID = ""
	}
	if i := difference(got, want); i < max(len(got), len(want)) {
		s.t.Errorf("the service holds %d links, want %d; at %d it is %v, want %v", len(got), len(want), i, got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
	}
}

func importBookmarks(t *testing.T, s *site, b *tab) {
	good := numbered(700)
	file := slices.Clone(good)
	file = slices.Insert(file, 600, "javascript:alert(1)", good[3])
	// A browser takes this one for a good address, and the service does not: it names its place in the batch.
	const refused = "http://a b/"
	file = slices.Insert(file, 300, refused, "place:sort=8", "ftp://example.com/")
	file = append(file, "HTTPS://N5.example.com:443/page?number=5", "not an address", "https://example.com/"+strings.Repeat("x", 8000))
	b.provokes("status of 400")
	b.open(s.url + "/")
	b.choose("bookmarks.html", bookmarksFile(file))
	if got := s.kept(); !slices.Equal(got, good) {
		t.Errorf("the service holds %d links, not the %d of the file in their order; first difference %d", len(got), len(good), difference(got, good))
	}
	if got := s.sent("POST"); got > 5 {
		t.Errorf("import: got %d requests, want at most 5: one for each of 3 batches and 2 for the rejected link", got)
	}
	const report = "700 links are in your list. 700 came with a title, 700 with a date. 2 repeats left out. 6 skipped. Not kept: 8 folders and 0 tags."
	if got := b.text("#report"); got != report {
		t.Errorf("the page reports %q, want %q", got, report)
	}
	b.click("#skipped summary")
	skipped := b.text("#skipped ul")
	for _, want := range []string{"javascript:alert(1): javascript: is not http or https", "place:sort=8: place: is not", "ftp://example.com/: ftp: is not",
		"not an address: not a whole address", "longer than 8000 bytes"} {
		if !strings.Contains(skipped, want) {
			t.Errorf("the page does not say %q, but:\n%s", want, skipped)
		}
	}
	_, body := s.request("POST", "/link", quote(link{Link: refused}))
	if why := s.sentence(body); !strings.Contains(skipped, refused+": "+why) {
		t.Errorf("the page does not say why %s was refused (%s), but:\n%s", refused, why, skipped)
	}
	if got := b.shown(); !slices.Equal(got, good[:50]) {
		t.Errorf("the list shows %q", got)
	}
	before := s.links()
	b.choose("bookmarks.html", bookmarksFile(file))
	if got := s.links(); !slices.Equal(got, before) {
		t.Error("importing the same file twice changed the list")
	}
}

// testdata reads a file of the directory testdata.
func testdata(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func importChromium(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.choose("bookmarks.html", testdata(t, "chromium.html"))
	s.holds([]link{
		{Link: "https://example.com/", Added: "2024-02-29T12:34:57.000Z"},
		{Link: "https://example.com/?a=1&amp=2&b=\"3\"", Title: `Fish & chips <b>"bold"</b> & 'more' &amp;`, Added: "2024-02-29T12:34:56.000Z"},
		{Link: "https://xn--bcher-kva.example/Stra%C3%9Fe", Title: "Bücher – 本 🙂", Added: "2023-11-14T22:13:20.000Z"},
		{Link: "https://example.org/first-of-its-second", Title: "First of its second", Added: "2013-07-01T00:00:00.000Z"},
		{Link: "https://example.org/second-of-its-second", Title: "Second  of its second", Added: "2013-07-01T00:00:00.000Z"},
	})
	const report = "5 links are in your list. 4 came with a title, 5 with a date. 1 skipped. Not kept: 3 folders and 0 tags."
	if got := b.text("#report"); got != report {
		t.Errorf("the page reports %q, want %q", got, report)
	}
}

func importFirefox(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.choose("bookmarks.html", testdata(t, "firefox.html"))
	s.holds([]link{
		{Link: "https://example.com/a?b=c&d=e", Title: "Tools <for> “work” & play", Added: "2024-02-29T12:34:56.000Z"},
		{Link: "https://example.com/described", Title: "With a description", Added: "2013-07-01T00:00:01.000Z"},
		{Link: "https://example.com/tagged", Title: "With tags", Added: "2013-07-01T00:00:00.000Z"},
	})
	const report = "3 links are in your list. 3 came with a title, 3 with a date. 1 skipped. Not kept: 2 folders and 3 tags."
	if got := b.text("#report"); got != report {
		t.Errorf("the page reports %q, want %q", got, report)
	}
}

func importCSV(t *testing.T, _ *site, b *tab) {
	for _, file := range []struct {
		name, text, report string
		want               []link
	}{
		{
			"pocket.csv",
			"title,url,time_added,tags,status\n" +
				"A page,https://example.com/1,1709210096,go|http,unread\n" +
				"https://example.com/2,https://example.com/2,1372636800,,archive\n",
			"2 links are in your list. 1 came with a title, 2 with a date. Not kept: 0 folders and 2 tags.",
			[]link{
				{Link: "https://example.com/1", Title: "A page", Added: "2024-02-29T12:34:56.000Z"},
				{Link: "https://example.com/2", Added: "2013-07-01T00:00:00.000Z"},
			},
		},
		{
			"raindrop.csv",
			"\ufeffid,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\r\n" +
				"7,\"One, \"\"two\"\"\r\nand three\",,\"an excerpt,\nof two lines\",https://example.com/?q=a,Work / Go,\"a, b\",2024-02-29T12:34:56.789Z,,,false\r\n" +
				"\r\n" +
				"8,Plain,,,https://example.com/b,Unsorted,b,2013-07-01T00:00:00.000Z,,,true",
			"2 links are in your list. 2 came with a title, 2 with a date. Not kept: 2 folders and 2 tags.",
			[]link{
				{Link: "https://example.com/?q=a", Title: `One, "two"  and three`, Added: "2024-02-29T12:34:56.789Z"},
				{Link: "https://example.com/b", Title: "Plain", Added: "2013-07-01T00:00:00.000Z"},
			},
		},
		{
			"instapaper.csv",
			"URL,Title,Selection,Folder,Timestamp,Tags\n\"https://example.com/a,b\",\"A, B\",,Unread,1709210096,\"[\"\"read\"\",\"\"later\"\"]\"\nhttps://example.com/untitled,,,Unread,1372636800,[]\n",
			"2 links are in your list. 1 came with a title, 2 with a date. Not kept: 1 folder and 2 tags.",
			[]link{
				{Link: "https://example.com/a,b", Title: "A, B", Added: "2024-02-29T12:34:56.000Z"},
				{Link: "https://example.com/untitled", Added: "2013-07-01T00:00:00.000Z"},
			},
		},
		{
			"table.csv",
			"Name;Link\n",
			"There are no links in this file.",
			nil,
		},
		{
			"lines.csv",
			"link\r\nhttps://example.com/a\r\n\"https://example.com/b",
			"2 links are in your list. 0 came with a title, 0 with a date.",
			[]link{{Link: "https://example.com/a"}, {Link: "https://example.com/b"}},
		},
	} {
		s := newSite(t, "", false)
		b.open(s.url + "/")
		b.choose(file.name, file.text)
		if got := b.text("#report"); got != file.report {
			t.Errorf("%s: the page reports %q, want %q", file.name, got, file.report)
		}
		if file.name == "lines.csv" {
			if got := s.kept(); !slices.Equal(got, []string{"https://example.com/a", "https://example.com/b"}) {
				t.Errorf("%s: the service holds %q", file.name, got)
			}
			continue
		}
		s.holds(file.want)
	}
}

func importBadTitles(t *testing.T, s *site, b *tab) {
	long := "x" + strings.Repeat("ä", 1200)
	file := "[" + strings.Join([]string{
		`{"link": "https://example.com/long", "title": ` + quote(long) + `, "added": "2024-02-29T12:34:56.789Z"}`,
		`{"link": "https://example.com/exact", "title": ` + quote(strings.Repeat("ä", 1000)) + `, "added": 1700000005}`,
		`{"link": "https://example.com/controls", "title": "\t a\u0000b\nc\u007fd \r\n", "added": 1700000004000}`,
		`{"link": "https://example.com/surrogate", "title": "half \ud83d", "added": "1700000003000000"}`,
		`{"link": "https://example.com/number", "title": 7, "added": "2023-11-14 22:13:22"}`,
		`{"link": "https://example.com/zone", "title": null, "added": "2023-11-14T23:13:21+01:00"}`,
		`{"link": "https://example.com/future", "title": "Future", "added": "2999-01-01T00:00:00Z"}`,
		`{"link": "https://example.com/zero", "title": "Zero", "added": 0}`,
		`{"link": "https://example.com/word", "title": "Word", "added": "yesterday"}`,
		`{"link": "https://example.com/before", "title": "Before 1970", "added": "1969-12-31T23:59:59Z"}`,
	}, ",") + "]"
	b.open(s.url + "/")
	before := time.Now().Add(-time.Second)
	b.choose("links.json", file)
	got := s.links()
	want := map[string]link{
		"long":      {Title: "x" + strings.Repeat("ä", 999), Added: "2024-02-29T12:34:56.789Z"},
		"exact":     {Title: strings.Repeat("ä", 1000), Added: "2023-11-14T22:13:25.000Z"},
		"controls":  {Title: "a b c d", Added: "2023-11-14T22:13:24.000Z"},
		"surrogate": {Title: "half \ufffd", Added: "2023-11-14T22:13:23.000Z"},
		"number":    {Added: "2023-11-14T22:13:22.000Z"},
		"zone":      {Added: "2023-11-14T22:13:21.000Z"},
		"future":    {Title: "Future"},
		"zero":      {Title: "Zero"},
		"word":      {Title: "Word"},
		"before":    {Title: "Before 1970"},
	}
	for _, one := range got {
		name := strings.TrimPrefix(one.Link, "https://example.com/")
		w := want[name]
		if w.Added == "" {
			if added, err := time.Parse(time.RFC3339, one.Added); err != nil || added.Before(before) {
				t.Errorf("%s has the date %s, want now", name, one.Added)
			}
			w.Added = one.Added
		}
		if one.Title != w.Title || one.Added != w.Added {
			t.Errorf("%s has the title %q and the date %s, want %q and %s", name, one.Title, one.Added, w.Title, w.Added)
		}
	}
	const report = "10 links are in your list. 8 came with a title, 6 with a date. 1 title is cut to 2,000 bytes. 4 dates are left out: in the future, or not readable."
	if text := b.text("#report"); len(got) != len(want) || text != report {
		t.Errorf("%d links are there, and the page reports %q, want %q", len(got), text, report)
	}
}

func importClockAhead(t *testing.T, s *site, b *tab) {
	b.provokes("status of 400")
	b.open(s.url + "/")
	// The browser's clock is a day ahead.
	eval[any](b, `{ const real = Date.now; Date.now = () => real() + 86_400_000; }`)
	ahead := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	b.choose("links.json", `[{"link": "https://example.com/1"}, {"link": "https://example.com/2", "title": "A page", "added": "`+ahead+`"}]`)
	if got := s.kept(); !slices.Equal(got, []string{"https://example.com/1", "https://example.com/2"}) {
		t.Errorf("the service holds %q", got)
	}
	const report = "2 links are in your list. 1 came with a title, 0 with a date."
	if got := b.text("#report"); got != report || s.links()[1].Title != "A page" {
		t.Errorf("the page reports %q, want %q; the service holds %v", got, report, s.links())
	}
}

func importNothing(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.choose("notes.html", "<p>No links here.")
	if got := b.text("#report"); got != "There are no links in this file." {
		t.Errorf("the page reports %q", got)
	}
	b.choose("broken.json", `[{"link": `)
	if got := b.text("#report"); !strings.HasPrefix(got, "This file could not be read.") {
		t.Errorf("the page reports %q", got)
	}
}
