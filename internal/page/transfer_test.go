package page_test

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func transferCases() []testCase {
	return []testCase{
		{name: "A bookmarks file is imported in its order, and what is skipped is told with the reason", run: importBookmarks},
		{name: "Importing again after an interruption completes what was begun", run: importAgain},
		{name: "An import waits for a service that is busy", run: importBusy},
		{name: "An import goes through a proxy that takes small requests only", run: importSmall},
		{name: "A file without links, and one that is none, say so", run: importNothing},
		{name: "A bookmarks file that was exported gives the same list elsewhere", run: func(t *testing.T, s *site, b *tab) { roundTrip(s, b, "html") }},
		{name: "A JSON file that was exported gives the same list elsewhere", run: func(t *testing.T, s *site, b *tab) { roundTrip(s, b, "json") }},
	}
}

// bookmarksFile writes addresses as browsers do, in folders.
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
	if got := s.sent("POST"); got > 4 {
		t.Errorf("the import took %d requests, want one for each of 3 batches and one for the link refused", got)
	}
	if got, want := b.text("#report"), "700 links of this file are in your list. 2 repeats left out. 6 skipped."; got != want {
		t.Errorf("the page reports %q, want %q", got, want)
	}
	b.click("#skipped summary")
	skipped := b.text("#skipped ul")
	for _, want := range []string{"javascript:alert(1): javascript: is not http or https", "place:sort=8: place: is not", "ftp://example.com/: ftp: is not",
		"not an address: not a whole address", "longer than 8000 bytes"} {
		if !strings.Contains(skipped, want) {
			t.Errorf("the page does not say %q, but:\n%s", want, skipped)
		}
	}
	_, body := s.request("POST", "/link", quote(link{refused}))
	if _, why, _ := strings.Cut(s.sentence(body), ": "); !strings.Contains(skipped, refused+": "+why) {
		t.Errorf("the page does not say why %s was refused (%s), but:\n%s", refused, why, skipped)
	}
	if got := b.shown(); !slices.Equal(got, good[:50]) {
		t.Errorf("the list shows %q", got)
	}
	b.choose("bookmarks.html", bookmarksFile(file))
	if got := s.kept(); !slices.Equal(got, good) {
		t.Error("importing the same file twice changed the list")
	}
}

func importAgain(t *testing.T, s *site, b *tab) {
	addresses := numbered(600)
	// The last batch is in already, as after a connection that broke.
	s.keep(addresses[500:]...)
	b.provokes("net::ERR")
	b.open(s.url + "/")
	s.breaks(away)
	b.choose("bookmarks.html", bookmarksFile(addresses))
	if got := b.text("#report"); !strings.HasPrefix(got, "Stopped after 0 of 600. The service does not answer.") {
		t.Errorf("the page reports %q", got)
	}
	s.breaks(nil)
	b.choose("bookmarks.html", bookmarksFile(addresses))
	if got := s.kept(); !slices.Equal(got, addresses) {
		t.Errorf("the service holds %d links, first difference %d", len(got), difference(got, addresses))
	}
}

func importBusy(t *testing.T, s *site, b *tab) {
	b.provokes("status of 503")
	b.open(s.url + "/")
	refusals := 0
	s.breaks(func(w http.ResponseWriter, r *http.Request) {
		if refusals++; refusals <= 2 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	b.choose("bookmarks.html", bookmarksFile(numbered(10)))
	if got := s.kept(); !slices.Equal(got, numbered(10)) {
		t.Errorf("the service holds %q; the page reports %q", got, b.text("#report"))
	}
}

func importSmall(t *testing.T, s *site, b *tab) {
	b.provokes("status of 413")
	b.open(s.url + "/")
	s.breaks(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 3000 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	long := "https://example.com/" + strings.Repeat("x", 4000)
	b.choose("bookmarks.html", bookmarksFile(slices.Insert(numbered(100), 30, long)))
	if got := s.kept(); !slices.Equal(got, numbered(100)) {
		t.Errorf("the service holds %d links, first difference %d", len(got), difference(got, numbered(100)))
	}
	if got, want := b.text("#report"), "100 links of this file are in your list. 1 skipped."; got != want {
		t.Errorf("the page reports %q, want %q", got, want)
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

func roundTrip(s *site, b *tab, kind string) {
	t := b.t
	addresses := append([]string{
		`https://example.com/?a=1&amp;b=2&lt;`,
		`https://example.com/"quoted" 'path'<b>`,
		`HTTPS://EXAMPLE.com:443/As%20Written/../x`,
		`https://bücher.example/Straße#тест`,
		"https://example.com/\u00a0space\u00a0",
		"https://example.com/" + strings.Repeat("ä", 3900),
	}, numbered(1100)...)
	s.keep(addresses...)
	b.open(s.url + "/")
	file := b.download("#export-"+kind, "."+kind)
	b.waitText("#report", "1,106 links exported.")

	other := newSite(t, "", false)
	if kind == "json" {
		// What is exported can be stored again as it is, in arrays that the service takes.
		if _, list := s.request("GET", "/link", ""); len(list) == 0 || !sameJSON(t, list, []byte(file)) {
			t.Error("the file is not what the service lists")
		}
	}
	b.open(other.url + "/")
	b.choose("export."+kind, file)
	if got := other.kept(); !slices.Equal(got, addresses) {
		i := difference(got, addresses)
		t.Errorf("%d links came back of %d; first difference at %d", len(got), len(addresses), i)
	}
	if got, want := b.text("#report"), "1,106 links of this file are in your list."; got != want {
		t.Errorf("the page reports %q, want %q", got, want)
	}
}

// difference is the first place at which two lists differ.
func difference(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
