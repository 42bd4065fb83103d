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
		{name: "Importing again completes an interrupted import", run: importAgain},
		{name: "During an import the progress moves and the web UI is usable", run: importMeanwhile},
		{name: "An import retries while the service is unavailable", run: importBusy},
		{name: "An import works through a proxy that limits requests", run: importSmall},
		{name: "Exports are identical after another import", run: func(t *testing.T, _ *site, b *tab) {
			roundTrip(t, b, func() *site { return newSite(t, "", false) })
		}},
		{name: "Exports are identical after another import on DynamoDB", run: func(t *testing.T, _ *site, b *tab) {
			roundTrip(t, b, func() *site { return newSiteOn(t, dynamotest.Open(t, 1), "", false) })
		}},
		{name: "An export contains the list", run: exportContainsList},
	}
}

func importAgain(t *testing.T, s *site, b *tab) {
	addresses := numbered(600)
	b.expectLog("net::ERR")
	b.open(s.url + "/")
	requests := 0
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if requests++; requests > 1 {
			abort(w, r)
		}
	})
	b.importFile("bookmarks.html", bookmarksFile(addresses))
	if got := b.text("#report"); !strings.HasPrefix(got, "Stopped after 100 of 600 links. Can’t reach the service.") {
		t.Errorf("report: got %q", got)
	}
	s.intercept(nil)
	b.importFile("bookmarks.html", bookmarksFile(addresses))
	s.wantStored(bookmarked(addresses))
}

func importMeanwhile(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.click("#tools-button")
	batches, goOn := 0, make(chan struct{})
	s.intercept(func(_ http.ResponseWriter, r *http.Request) {
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
	b.waitFor(`byId("progress").value === 100 && byId("progress").max === 600`)
	if got := b.save("https://www.example.com/"); got != "Saved." {
		t.Errorf("message: got %q, want %q", got, "Saved.")
	}
	b.fill("#query", "example")
	b.waitText("#find-message", "1 of 1 loaded links matches.")
	if b.text("#report") != "" {
		t.Error("the import is complete before the service responded")
	}
	close(goOn)
	b.waitFor(`byId("report").textContent.startsWith("600 links imported:")`)
}

func importBusy(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 503")
	b.open(s.url + "/")
	rejections := 0
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if rejections++; rejections <= 2 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	b.importFile("bookmarks.html", bookmarksFile(numbered(10)))
	if got := s.storedURLs(); !slices.Equal(got, numbered(10)) {
		t.Errorf("stored links: got %q, want 10 links; report: %q", got, b.text("#report"))
	}
}

func importSmall(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 413")
	b.open(s.url + "/")
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 3000 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	long := "https://example.com/" + strings.Repeat("x", 4000)
	b.importFile("bookmarks.html", bookmarksFile(slices.Insert(numbered(100), 30, long)))
	if got := s.storedURLs(); !slices.Equal(got, numbered(100)) {
		t.Errorf("stored links: got %d, want 100; first difference at %d", len(got), difference(got, numbered(100)))
	}
	const report = "100 links imported: 100 with a title, 100 with a date. " +
		"1 link skipped. Not imported: 2 folders and 0 tags."
	if got := b.text("#report"); got != report {
		t.Errorf("report: got %q, want %q", got, report)
	}
}

// oddities are links with titles and URLs that are difficult to export.
var oddities = []link{
	{Link: `https://example.com/?a=1&amp;b=2&lt;`, Title: `&lt;b&gt; is <b>, &amp;amp; is &amp;`},
	{Link: `https://example.com/"quoted" 'path'<b>`, Title: `"quoted" 'title'</A></DL>`},
	{Link: `HTTPS://EXAMPLE.com:443/As%20Written/../x`, Title: "two  spaces and a no-break space\u00a0"},
	{Link: `https://bücher.example/Straße#тест`, Title: "тест, 本, 🙂, e\u0301"},
	{Link: "https://example.com/\u00a0space\u00a0"},
	{Link: "https://example.com/" + strings.Repeat("ä", 3900), Title: strings.Repeat("ä", 1000)},
	{Link: "https://example.com/bom", Title: "\ufeffBOM"},
}

// roundTrip imports links with and without titles and dates into a service, and
// exports them to two others.
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
	b.importFile("links.json", quote(links))
	const report = "607 links imported: 406 with a title, 450 with a date."
	if got := b.text("#report"); got != report {
		t.Errorf("report: got %q, want %q", got, report)
	}
	titles := map[string]string{}
	for _, one := range links {
		titles[one.Link] = one.Title
	}
	for _, got := range first.links() {
		if want, there := titles[got.Link]; !there || got.Title != want {
			t.Errorf("title of %.80q: got %.80q, want %.80q", got.Link, got.Title, want)
		}
	}
	for kind, other := range map[string]*site{"html": byHTML, "json": byJSON} {
		b.open(first.url + "/")
		exported := b.download("#export-"+kind, "."+kind)
		b.open(other.url + "/")
		b.importFile("export."+kind, exported)
		if again := b.download("#export-"+kind, "."+kind); again != exported {
			i := difference([]byte(exported), []byte(again))
			t.Errorf("%s: the second export differs at byte %d of %d: %.200q and %.200q",
				kind, i, len(exported), exported[i:], again[min(i, len(again)):])
		}
		if got, want := other.storedURLs(), first.storedURLs(); !slices.Equal(got, want) {
			t.Errorf("%s: got %d links, want %d; first difference at %d",
				kind, len(got), len(want), difference(got, want))
		}
	}
}

func exportContainsList(t *testing.T, s *site, b *tab) {
	s.storeLinks(
		link{Link: "https://example.com/a", Title: "A & B", Added: "2024-02-29T12:34:56.789Z"},
		link{Link: "https://example.com/?b&c", Added: "2013-07-01T00:00:00Z"},
	)
	b.open(s.url + "/")
	file := b.download("#export-json", ".json")
	_, list := s.request("GET", "/link?added=true", "")
	if strings.ReplaceAll(strings.TrimSpace(file), ",\n ", ",") != strings.TrimSpace(string(list)) {
		t.Errorf("export: got\n%s\nwant\n%s", file, list)
	}
	b.waitText("#report", "2 links exported.")
	file = b.download("#export-html", ".html")
	for _, line := range []string{
		`<DT><A HREF="https://example.com/a" ADD_DATE="1709210096">A &amp; B</A>`,
		`<DT><A HREF="https://example.com/?b&amp;c" ADD_DATE="1372636800">https://example.com/?b&amp;c</A>`,
	} {
		if !strings.Contains(file, line) {
			t.Errorf("bookmarks file: want %s in:\n%s", line, file)
		}
	}
}

// difference returns the first index at which two slices differ.
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
