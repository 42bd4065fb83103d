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
		{name: "An import of a bookmarks file preserves the order and reports skipped links", run: importBookmarks},
		{name: "A bookmarks file of Chromium is imported with titles, URLs and dates", run: importChromium},
		{name: "A bookmarks file of Firefox is imported with titles, URLs and dates", run: importFirefox},
		{name: "CSV of Pocket, Raindrop and Instapaper is imported with titles and dates", run: importCSV},
		{name: "A link with an invalid title or date is imported without it", run: importBadTitles},
		{name: "A link with a date in the service's future is imported without it", run: importClockAhead},
		{name: "A file without links and an invalid file are reported", run: importNothing},
	}
}

// bookmarksFile returns a bookmarks file with folders, all dates in one second.
func bookmarksFile(addresses []string) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
`)
	for i, address := range addresses {
		if i%100 == 0 {
			fmt.Fprintf(&b, "<DT><H3 ADD_DATE=\"1700000000\">Folder %d</H3>\n<DL><p>\n", i)
		}
		fmt.Fprintf(&b, `<DT><A HREF="%s" ADD_DATE="1700000000" ICON="data:image/png;base64,AAAA">Page %d</A>`+"\n",
			html.EscapeString(address), i)
		if i%100 == 99 {
			b.WriteString("</DL><p>\n")
		}
	}
	b.WriteString("</DL><p>\n")
	return b.String()
}

// bookmarked returns the links that the import of a bookmarksFile stores.
func bookmarked(addresses []string) []link {
	links := make([]link, len(addresses))
	for i, address := range addresses {
		links[i] = link{Link: address, Title: fmt.Sprintf("Page %d", i), Added: "2023-11-14T22:13:20.000Z"}
	}
	return links
}

// wantStored compares the stored links, except their IDs.
func (s *site) wantStored(want []link) {
	s.t.Helper()
	got := s.links()
	for i := range got {
		got[i].ID = ""
	}
	if i := difference(got, want); i < max(len(got), len(want)) {
		s.t.Errorf("stored links: got %d, want %d; at %d got %v, want %v",
			len(got), len(want), i, got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
	}
}

func importBookmarks(t *testing.T, s *site, b *tab) {
	good := numbered(700)
	file := slices.Clone(good)
	file = slices.Insert(file, 600, "javascript:alert(1)", good[3])
	// The browser accepts this URL and the service does not.
	const rejected = "http://a b/"
	file = slices.Insert(file, 300, rejected, "place:sort=8", "ftp://example.com/")
	large := "https://example.com/" + strings.Repeat("x", 8000)
	file = append(file, "HTTPS://N5.example.com:443/page?number=5", "not a URL", large)
	b.expectLog("status of 400")
	b.open(s.url + "/")
	b.importFile("bookmarks.html", bookmarksFile(file))
	if got := s.storedURLs(); !slices.Equal(got, good) {
		t.Errorf("stored links: got %d, want %d in the order of the file; first difference at %d",
			len(got), len(good), difference(got, good))
	}
	if got := s.countRequests("POST"); got > 5 {
		t.Errorf("import: got %d requests, want at most 5: one for each of 3 batches and 2 for the rejected link", got)
	}
	const report = "700 links imported: 700 with a title, 700 with a date. " +
		"2 duplicates ignored. 6 links skipped. Not imported: 8 folders and 0 tags."
	if got := b.text("#report"); got != report {
		t.Errorf("report: got %q, want %q", got, report)
	}
	b.click("#skipped summary")
	skipped := b.text("#skipped ul")
	for _, want := range []string{
		"javascript:alert(1): javascript: is not http or https",
		"place:sort=8: place: is not",
		"ftp://example.com/: ftp: is not",
		"not a URL: not an absolute URL",
		"longer than 8000 bytes",
	} {
		if !strings.Contains(skipped, want) {
			t.Errorf("skipped links: want %q in:\n%s", want, skipped)
		}
	}
	_, body := s.request("POST", "/link", quote(link{Link: rejected}))
	if why := s.errorMessage(body); !strings.Contains(skipped, rejected+": "+why) {
		t.Errorf("skipped links: want the reason for %s (%s) in:\n%s", rejected, why, skipped)
	}
	if got := b.shown(); !slices.Equal(got, good[:50]) {
		t.Errorf("list: got %q, want %q", got, good[:50])
	}
	before := s.links()
	b.importFile("bookmarks.html", bookmarksFile(file))
	if got := s.links(); !slices.Equal(got, before) {
		t.Error("importing the same file twice changed the list")
	}
}

// testdata returns the content of a file in testdata.
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
	b.importFile("bookmarks.html", testdata(t, "chromium.html"))
	s.wantStored([]link{
		{Link: "https://example.com/", Added: "2024-02-29T12:34:57.000Z"},
		{
			Link: "https://example.com/?a=1&amp=2&b=\"3\"", Title: `Fish & chips <b>"bold"</b> & 'more' &amp;`,
			Added: "2024-02-29T12:34:56.000Z",
		},
		{Link: "https://xn--bcher-kva.example/Stra%C3%9Fe", Title: "Bücher – 本 🙂", Added: "2023-11-14T22:13:20.000Z"},
		{
			Link: "https://example.org/first-of-its-second", Title: "First of its second",
			Added: "2013-07-01T00:00:00.000Z",
		},
		{
			Link: "https://example.org/second-of-its-second", Title: "Second  of its second",
			Added: "2013-07-01T00:00:00.000Z",
		},
	})
	const report = "5 links imported: 4 with a title, 5 with a date. " +
		"1 link skipped. Not imported: 3 folders and 0 tags."
	if got := b.text("#report"); got != report {
		t.Errorf("report: got %q, want %q", got, report)
	}
}

func importFirefox(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.importFile("bookmarks.html", testdata(t, "firefox.html"))
	s.wantStored([]link{
		{Link: "https://example.com/a?b=c&d=e", Title: "Tools <for> “work” & play", Added: "2024-02-29T12:34:56.000Z"},
		{Link: "https://example.com/described", Title: "With a description", Added: "2013-07-01T00:00:01.000Z"},
		{Link: "https://example.com/tagged", Title: "With tags", Added: "2013-07-01T00:00:00.000Z"},
	})
	const report = "3 links imported: 3 with a title, 3 with a date. " +
		"1 link skipped. Not imported: 2 folders and 3 tags."
	if got := b.text("#report"); got != report {
		t.Errorf("report: got %q, want %q", got, report)
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
			"2 links imported: 1 with a title, 2 with a date. Not imported: 0 folders and 2 tags.",
			[]link{
				{Link: "https://example.com/1", Title: "A page", Added: "2024-02-29T12:34:56.000Z"},
				{Link: "https://example.com/2", Added: "2013-07-01T00:00:00.000Z"},
			},
		},
		{
			"raindrop.csv",
			"\ufeffid,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\r\n" +
				"7,\"One, \"\"two\"\"\r\nand three\",,\"an excerpt,\nof two lines\"," +
				"https://example.com/?q=a,Work / Go,\"a, b\",2024-02-29T12:34:56.789Z,,,false\r\n" +
				"\r\n" +
				"8,Plain,,,https://example.com/b,Unsorted,b,2013-07-01T00:00:00.000Z,,,true",
			"2 links imported: 2 with a title, 2 with a date. Not imported: 2 folders and 2 tags.",
			[]link{
				{Link: "https://example.com/?q=a", Title: `One, "two"  and three`, Added: "2024-02-29T12:34:56.789Z"},
				{Link: "https://example.com/b", Title: "Plain", Added: "2013-07-01T00:00:00.000Z"},
			},
		},
		{
			"instapaper.csv",
			"URL,Title,Selection,Folder,Timestamp,Tags\n" +
				"\"https://example.com/a,b\",\"A, B\",,Unread,1709210096,\"[\"\"read\"\",\"\"later\"\"]\"\n" +
				"https://example.com/untitled,,,Unread,1372636800,[]\n",
			"2 links imported: 1 with a title, 2 with a date. Not imported: 1 folder and 2 tags.",
			[]link{
				{Link: "https://example.com/a,b", Title: "A, B", Added: "2024-02-29T12:34:56.000Z"},
				{Link: "https://example.com/untitled", Added: "2013-07-01T00:00:00.000Z"},
			},
		},
		{
			"table.csv",
			"Name;Link\n",
			"No links found in this file.",
			nil,
		},
		{
			"lines.csv",
			"link\r\nhttps://example.com/a\r\n\"https://example.com/b",
			"2 links imported: 0 with a title, 0 with a date.",
			[]link{{Link: "https://example.com/a"}, {Link: "https://example.com/b"}},
		},
	} {
		s := newSite(t, "", false)
		b.open(s.url + "/")
		b.importFile(file.name, file.text)
		if got := b.text("#report"); got != file.report {
			t.Errorf("%s: report: got %q, want %q", file.name, got, file.report)
		}
		if file.name == "lines.csv" {
			if got := s.storedURLs(); !slices.Equal(got, []string{"https://example.com/a", "https://example.com/b"}) {
				t.Errorf("%s: stored links: got %q", file.name, got)
			}
			continue
		}
		s.wantStored(file.want)
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
	b.importFile("links.json", file)
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
				t.Errorf("%s: added: got %s, want the current time", name, one.Added)
			}
			w.Added = one.Added
		}
		if one.Title != w.Title || one.Added != w.Added {
			t.Errorf("%s: got title %q and added %s, want %q and %s", name, one.Title, one.Added, w.Title, w.Added)
		}
	}
	const report = "10 links imported: 8 with a title, 6 with a date. " +
		"1 title truncated to 2,000 bytes. 4 dates ignored: in the future or invalid."
	if text := b.text("#report"); len(got) != len(want) || text != report {
		t.Errorf("got %d links and the report %q, want %q", len(got), text, report)
	}
}

func importClockAhead(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 400")
	b.open(s.url + "/")
	// The browser's clock is one day ahead.
	eval[any](b, `{ const real = Date.now; Date.now = () => real() + 86_400_000; }`)
	ahead := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	b.importFile("links.json", quote([]link{
		{Link: "https://example.com/1"}, {Link: "https://example.com/2", Title: "A page", Added: ahead},
	}))
	if got := s.storedURLs(); !slices.Equal(got, []string{"https://example.com/1", "https://example.com/2"}) {
		t.Errorf("stored links: got %q, want %q", got, []string{"https://example.com/1", "https://example.com/2"})
	}
	const report = "2 links imported: 1 with a title, 0 with a date."
	if got := b.text("#report"); got != report || s.links()[1].Title != "A page" {
		t.Errorf("report: got %q, want %q; stored links: %v", got, report, s.links())
	}
}

func importNothing(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.importFile("notes.html", "<p>No links here.")
	if got := b.text("#report"); got != "No links found in this file." {
		t.Errorf("report: got %q, want %q", got, "No links found in this file.")
	}
	b.importFile("broken.json", `[{"link": `)
	if got := b.text("#report"); !strings.HasPrefix(got, "Can’t read this file.") {
		t.Errorf("report: got %q", got)
	}
}
