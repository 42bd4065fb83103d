package webui_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"links/internal/store/dynamostore/dynamotest"
)

func transferCases() []testCase {
	return []testCase{
		{name: "Importing again after an interruption completes what was begun", run: importAgain},
		{name: "While a file is imported its progress moves and the page can be used", run: importMeanwhile},
		{name: "An import waits for a service that is busy", run: importBusy},
		{name: "An import goes through a proxy that takes small requests only", run: importSmall},
		{name: "What is imported and exported, imported elsewhere and exported again, is the same to the byte", run: func(t *testing.T, _ *site, b *tab) {
			roundTrip(t, b, func() *site { return newSite(t, "", false) })
		}},
		{name: "What is imported and exported is the same to the byte on DynamoDB too", run: func(t *testing.T, _ *site, b *tab) {
			roundTrip(t, b, func() *site { return newSiteOn(t, dynamotest.Open(t, 1), "", false) })
		}},
		{name: "An export has what the service lists", run: exportIsTheList},
	}
}

func importAgain(t *testing.T, s *site, b *tab) {
	addresses := numbered(600)
	b.provokes("net::ERR")
	b.open(s.url + "/")
	requests := 0
	s.breaks(func(w http.ResponseWriter, r *http.Request) {
		if requests++; requests > 1 {
			away(w, r)
		}
	})
	b.choose("bookmarks.html", bookmarksFile(addresses))
	if got := b.text("#report"); !strings.HasPrefix(got, "Stopped after 100 of 600. The service does not answer.") {
		t.Errorf("the page reports %q", got)
	}
	s.breaks(nil)
	b.choose("bookmarks.html", bookmarksFile(addresses))
	s.holds(bookmarked(addresses))
}

func importMeanwhile(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.click("#more")
	batches, goOn := 0, make(chan struct{})
	s.breaks(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.ContentLength < 1000 {
			return
		}
		if batches++; batches == 2 {
			<-goOn
		}
	})
	path := filepath.Join(t.TempDir(), "bookmarks.html")
	if err := os.WriteFile(path, []byte(bookmarksFile(numbered(600))), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
	b.waitFor(`document.querySelector("#progress").value === 100 && document.querySelector("#progress").max === 600`)
	if got := b.save("https://www.example.com/"); got != "Saved." {
		t.Errorf("the page says %q", got)
	}
	b.fill("#sought", "example")
	b.waitText("#find-message", "1 of 1 loaded links matches.")
	if b.text("#report") != "" {
		t.Error("the import ended before the service went on")
	}
	close(goOn)
	b.waitFor(`document.querySelector("#report").textContent.startsWith("600 links are in your list.")`)
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
	if got, want := b.text("#report"), "100 links are in your list. 100 came with a title, 100 with a date. 1 skipped. Not kept: 2 folders and 0 tags."; got != want {
		t.Errorf("the page reports %q, want %q", got, want)
	}
}

// oddities are links whose titles and addresses are hard to carry.
var oddities = []link{
	{Link: `https://example.com/?a=1&amp;b=2&lt;`, Title: `&lt;b&gt; is <b>, &amp;amp; is &amp;`},
	{Link: `https://example.com/"quoted" 'path'<b>`, Title: `"quoted" 'title'</A></DL>`},
	{Link: `HTTPS://EXAMPLE.com:443/As%20Written/../x`, Title: "two  spaces and a no-break space\u00a0"},
	{Link: `https://bücher.example/Straße#тест`, Title: "тест, 本, 🙂, e\u0301"},
	{Link: "https://example.com/\u00a0space\u00a0"},
	{Link: "https://example.com/" + strings.Repeat("ä", 3900), Title: strings.Repeat("ä", 1000)},
	{Link: "https://example.com/bom", Title: "\ufeffBOM"},
}

// roundTrip imports a file with titles and without, with dates, many of one second, and without, and takes it on through
// three services.
func roundTrip(t *testing.T, b *tab, service func() *site) {
	links := slices.Clone(oddities)
	for i, address := range numbered(600) {
		one := link{Link: address}
		if i%3 > 0 {
			one.Title = fmt.Sprintf("Page %d", i)
		}
		if i%4 > 0 {
			one.Added = fmt.Sprintf("2024-02-29T12:34:%02d.%03dZ", 59-i/100, i/10)
		}
		links = append(links, one)
	}
	first, byHTML, byJSON := service(), service(), service()
	b.open(first.url + "/")
	b.choose("links.json", quote(links))
	const report = "607 links are in your list. 406 came with a title, 450 with a date."
	if got := b.text("#report"); got != report {
		t.Errorf("the page reports %q, want %q", got, report)
	}
	titles := map[string]string{}
	for _, one := range links {
		titles[one.Link] = one.Title
	}
	for _, got := range first.links() {
		if want, there := titles[got.Link]; !there || got.Title != want {
			t.Errorf("%.80q has the title %.80q, want %.80q", got.Link, got.Title, want)
		}
	}
	for kind, other := range map[string]*site{"html": byHTML, "json": byJSON} {
		b.open(first.url + "/")
		exported := b.download("#export-"+kind, "."+kind)
		b.open(other.url + "/")
		b.choose("export."+kind, exported)
		if again := b.download("#export-"+kind, "."+kind); again != exported {
			i := difference([]byte(exported), []byte(again))
			t.Errorf("%s: the second export differs at byte %d of %d: %.200q and %.200q", kind, i, len(exported), exported[i:], again[min(i, len(again)):])
		}
		if got, want := other.kept(), first.kept(); !slices.Equal(got, want) {
			t.Errorf("%s: %d links came back of %d; first difference at %d", kind, len(got), len(want), difference(got, want))
		}
	}
}

func exportIsTheList(t *testing.T, s *site, b *tab) {
	s.keepLinks(link{Link: "https://example.com/a", Title: "A & B", Added: "2024-02-29T12:34:56.789Z"}, link{Link: "https://example.com/?b&c", Added: "2013-07-01T00:00:00Z"})
	b.open(s.url + "/")
	file := b.download("#export-json", ".json")
	if _, list := s.request("GET", "/link?added=true", ""); strings.ReplaceAll(strings.TrimSpace(file), ",\n ", ",") != strings.TrimSpace(string(list)) {
		t.Errorf("the file is\n%s\nand the list\n%s", file, list)
	}
	b.waitText("#report", "2 links exported.")
	file = b.download("#export-html", ".html")
	for _, line := range []string{
		`<DT><A HREF="https://example.com/a" ADD_DATE="1709210096">A &amp; B</A>`,
		`<DT><A HREF="https://example.com/?b&amp;c" ADD_DATE="1372636800">https://example.com/?b&amp;c</A>`,
	} {
		if !strings.Contains(file, line) {
			t.Errorf("the bookmarks file does not have %s:\n%s", line, file)
		}
	}
}

// difference is the first place at which two lists differ.
func difference[T comparable](a, b []T) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return len(a)
}
