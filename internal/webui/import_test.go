package webui_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func importCases() []testCase {
	return []testCase{
		{name: "An import of a bookmarks file preserves the order and reports skipped links", run: importBookmarks},
		{name: "An import stores titles, tags, notes and dates", run: importComplete},
		{name: "Importing a file again fills in what is missing", run: importMissing},
		{name: "The report counts links that have no capacity for more tags", run: importTooManyTags},
		{name: "A link with an invalid title or date is imported without it", run: importBadTitles},
		{name: "A link with a date in the service's future is imported without it", run: importClockAhead},
		{name: "The report names what was changed and what cannot be stored", inFirefox: true, run: importReport},
		{name: "A file without links is reported with the reason", run: importNothing},
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
		if i%100 == 99 || i == len(addresses)-1 {
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
	b.wantReport("Imported 700 links (700 new).", "2 duplicates combined.", "Not stored: different title of 2 links.")
	b.waitText("#skipped summary", "6 links skipped")
	b.click("#skipped summary")
	skipped := b.text("#skipped ul")
	for _, want := range []string{
		"javascript:alert(1): not a web address",
		"place:sort=8: not a web address",
		"ftp://example.com/: not a web address",
		"not a URL: not a web address",
		"longer than 8,000 bytes",
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
	b.wantReport("Imported 700 links (0 new).", "2 duplicates combined.", "Not stored: different title of 2 links.")
	if got := b.text("#undo-import"); got != "" {
		t.Errorf("an import that changed nothing can be undone: %q", got)
	}
}

// wantReport compares the report of an import or an export.
func (b *tab) wantReport(want string, notes ...string) {
	b.t.Helper()
	got := append([]string{b.text("#report")}, strings.Split(b.text("#report-notes"), "\n")...)
	got = slices.DeleteFunc(got, func(line string) bool { return line == "" })
	if !slices.Equal(got, append([]string{want}, notes...)) {
		b.t.Errorf("report: got %q, want %q", got, append([]string{want}, notes...))
	}
}

// portables returns the stored links with all of their members, newest first.
func (s *site) portables() []portable {
	s.t.Helper()
	status, body := s.request(http.MethodGet, "/link?added=true", "")
	var links []struct {
		Link, Title, Note, Added string
		Tags                     []string
	}
	if err := json.Unmarshal(body, &links); status != http.StatusOK || err != nil {
		s.t.Fatalf("list: %d %s", status, body)
	}
	portables := []portable{}
	for _, l := range links {
		portables = append(portables, portable{l.Link, l.Title, strings.Join(l.Tags, ","), l.Note, l.Added})
	}
	return portables
}

// wantPortables compares the stored links, newest first.
func (s *site) wantPortables(want ...portable) {
	s.t.Helper()
	if got := s.portables(); !slices.Equal(got, want) {
		s.t.Errorf("stored links: got\n%s\nwant\n%s", lines(got), lines(want))
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

func importComplete(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.importFile("bookmarks.html", testdata(t, "firefox.html"))
	b.wantReport("Imported 3 links (3 new).", "Not stored: keyword of 1 link.")
	s.wantPortables(
		portable{"https://example.com/a?b=c&d=e", "Tools <for> “work” & play", "Work", "", leapDay},
		portable{"https://example.com/described", "With a description", "", "What it says about itself", july1},
		portable{"https://example.com/tagged", "With tags", "Work,go,http,reading", "", july},
	)
}

func importMissing(t *testing.T, s *site, b *tab) {
	if status, body := s.request("POST", "/link", `[
		{"link": "https://example.com/described", "added": "2013-07-01T00:00:02Z"},
		{"link": "https://example.com/tagged", "title": "Own", "note": "Own", "tags": ["Own", "GO"],
			"added": "2013-07-01T00:00:00Z"}]`); status != http.StatusOK {
		t.Fatalf("store: %d %s", status, body)
	}
	b.open(s.url + "/")
	b.importFile("bookmarks.html", testdata(t, "firefox.html"))
	b.wantReport("Imported 3 links (1 new).", "Not stored: keyword of 1 link, different title of 1 link.")
	s.wantPortables(
		portable{"https://example.com/a?b=c&d=e", "Tools <for> “work” & play", "Work", "", leapDay},
		portable{
			"https://example.com/described", "With a description", "", "What it says about itself",
			"2013-07-01T00:00:02.000Z",
		},
		portable{"https://example.com/tagged", "Own", "Own,GO,Work,http,reading", "Own", july},
	)
}

func importTooManyTags(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", quote(map[string]any{"link": "https://a.example/", "tags": numberedTags(49)}))
	b.open(s.url + "/")
	b.importFile("links.csv", "url,tags\nhttps://a.example/,\"T1,u,v\"\nhttps://b.example/,\"u,v\"\n")
	b.wantReport("Imported 2 links (1 new).", "Not stored: tags of 1 link.")
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
		`{"link": "https://example.com/epoch", "title": "Epoch", "added": "1970-01-01T00:00:00.000Z"}`,
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
		"surrogate": {Title: "half", Added: "2023-11-14T22:13:23.000Z"},
		"number":    {Added: "2023-11-14T22:13:22.000Z"},
		"zone":      {Added: "2023-11-14T22:13:21.000Z"},
		"future":    {Title: "Future"},
		"zero":      {Title: "Zero"},
		"epoch":     {Title: "Epoch", Added: "1970-01-01T00:00:00.000Z"},
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
	if len(got) != len(want) {
		t.Errorf("stored links: got %d, want %d", len(got), len(want))
	}
	b.wantReport("Imported 11 links (11 new).", "3 dates ignored: invalid or in the future.")
	b.waitText("#cut summary", "1 change to fit the limits")
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
	b.wantReport("Imported 2 links (2 new).")
	b.click("#cut summary")
	if got := b.text("#cut ul"); got != "https://example.com/2: date left out: not accepted" {
		t.Errorf("changes: got %q, want %q", got, "https://example.com/2: date left out: not accepted")
	}
	if got := s.links()[1].Title; got != "A page" {
		t.Errorf("title: got %q, want %q", got, "A page")
	}
}

func importReport(_ *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.importFile("pocket.csv", "title,url,time_added,tags,status\n"+
		"A page,https://example.com/1,1709210096,\"a, b|c\",unread\n"+
		"A page,https://example.com/1,1709210096,,archive\n")
	b.wantReport("Imported 1 link (1 new).",
		"1 duplicate combined.", "Not stored: read state of 1 link.")
	b.importFile("bookmarks.html", `<DL><DT><A HREF="https://example.com/2" TAGS="`+strings.Repeat("x", 101)+`">2</A>`)
	b.wantReport("Imported 1 link (1 new).", "The file ends early. Links may be missing.")
	b.click("#cut summary")
	want := "https://example.com/2: tag “" + strings.Repeat("x", 100) + "” shortened to 100 bytes"
	if got := b.text("#cut ul"); got != want {
		b.t.Errorf("changes: got %q, want %q", got, want)
	}
}

func importNothing(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	for _, c := range []struct{ name, content, want string }{
		{"bookmarks.html", "<p>No links here.", "No links found in this file."},
		{"bookmarks.html", "%PDF-1.7", "This is a PDF."},
		// The fields cannot be told from a URL that contains commas.
		{"links.csv", "https://example.com/1,One\n", "No column is named url."},
	} {
		b.importFile(c.name, c.content)
		if got := b.text("#report.error"); got != c.want {
			t.Errorf("report: got %q, want %q", got, c.want)
		}
	}
	b.importFile("links.csv", numbered(2)[0]+"\n\""+numbered(2)[1]+"\",\"A title\"\n")
	s.waitStored(numbered(2))
}
