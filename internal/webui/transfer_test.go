package webui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"links/internal/store/dynamostore/dynamotest"
)

func transferCases() []testCase {
	return []testCase{
		{name: "Importing again completes an interrupted import", run: importAgain},
		{name: "During an import the progress moves and the web UI is usable", inFirefox: true, run: importMeanwhile},
		{
			name:      "A canceled import stops, reports what was stored, and can be undone",
			inFirefox: true, run: importCanceled,
		},
		{name: "Two batches without a common date are in flight", run: importConcurrent},
		{name: "Two batches with a common date, or without one, are not in flight", run: importSequential},
		{name: "An import retries while the service is unavailable or restarted", run: importBusy},
		{name: "An import works through a proxy that limits requests", run: importSmall},
		{name: "Exports are identical after another import", run: func(t *testing.T, _ *site, b *tab) {
			roundTrip(t, b, func() *site { return newSite(t, "", false) })
		}},
		{name: "Exports are identical after another import on DynamoDB", run: func(t *testing.T, _ *site, b *tab) {
			roundTrip(t, b, func() *site { return newSiteOn(t, dynamotest.Open(t, 1), "", false) })
		}},
		{name: "An export contains the list", inFirefox: true, run: exportContainsList},
	}
}

func importAgain(t *testing.T, s *site, b *tab) {
	addresses := numbered(600)
	b.expectLog("net::ERR")
	b.open(s.url + "/")
	requests := 0
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if requests++; requests > 2 { // the list and the first batch
			abort(w, r)
		}
	})
	b.importFile("bookmarks.html", bookmarksFile(addresses))
	if got := b.text("#report"); !strings.HasPrefix(got, "Can’t reach the service.") ||
		!strings.HasSuffix(got, " Imported 500 links (500 new) of 600.") {
		t.Errorf("report: got %q, want the reason and 500 of 600 links", got)
	}
	if got := b.text("#report-notes"); got != "Import again to continue." {
		t.Errorf("notes: got %q, want %q", got, "Import again to continue.")
	}
	s.intercept(nil)
	b.importFile("bookmarks.html", bookmarksFile(addresses))
	s.wantStored(bookmarked(addresses))
}

// importPart starts an import of 1,100 links and returns after its first batch. The
// second batch waits for goOn.
func importPart(t *testing.T, s *site, b *tab, goOn <-chan struct{}) {
	t.Helper()
	b.open(s.url + "/")
	batches := 0
	s.intercept(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.ContentLength < 1000 {
			return
		}
		if batches++; batches == 2 {
			select {
			case <-goOn:
			case <-r.Context().Done():
			}
		}
	})
	b.startImport("bookmarks.html", bookmarksFile(numbered(1100)))
	b.waitFor(`byId("progress").value === 500 && byId("progress").max === 1100`)
}

// asksBeforeLeaving reports whether the browser asks before it leaves the web UI.
func (b *tab) asksBeforeLeaving() bool {
	b.t.Helper()
	return eval[bool](b, `!dispatchEvent(new Event("beforeunload", { cancelable: true }))`)
}

func importMeanwhile(t *testing.T, s *site, b *tab) {
	goOn := make(chan struct{})
	importPart(t, s, b, goOn)
	if got := b.text("#job-label"); got != "Importing bookmarks.html: 500 of 1,100" {
		t.Errorf("progress: got %q, want %q", got, "Importing bookmarks.html: 500 of 1,100")
	}
	if b.text("#empty") != "" {
		t.Error("the list is called empty during an import")
	}
	if !b.asksBeforeLeaving() {
		t.Error("the browser does not ask before it leaves during an import")
	}
	if eval[string](b, `getComputedStyle(byId("file").closest("label")).opacity`) == "1" {
		t.Error("the disabled button looks enabled")
	}
	if got := b.save("https://www.example.com/"); got != "Saved." {
		t.Errorf("message: got %q, want %q", got, "Saved.")
	}
	if b.text("#report") != "" {
		t.Error("the import is complete before the service responded")
	}
	close(goOn)
	b.waitText("#report", "Imported 1,100 links (1,100 new).")
	b.waitFor(`!byId("file").disabled`)
	if b.asksBeforeLeaving() {
		t.Error("the browser asks before it leaves after an import")
	}
}

func importCanceled(t *testing.T, _ *site, b *tab) {
	s := newLocalSite(t)
	goOn := make(chan struct{})
	importPart(t, s, b, goOn)
	b.click("#job-cancel")
	close(goOn)
	b.waitText("#report", "Canceled. Imported 1,000 links (1,000 new) of 1,100.")
	if got := len(s.links()); got != 1000 {
		t.Errorf("stored links: got %d, want 1000", got)
	}
	b.undoImport("Undone for 1,000 links.")
	if got := s.links(); len(got) != 0 {
		t.Errorf("stored links after undo: got %d, want 0", len(got))
	}
}

func importConcurrent(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	var batches atomic.Int32
	both := make(chan struct{})
	s.intercept(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		if batches.Add(1) == 2 {
			close(both)
		}
		select {
		case <-both:
		case <-time.After(maxWait):
			t.Error("the second batch waits for the first one")
		}
	})
	links := articles(600)
	b.importFile("links.json", quote(links))
	for i := range links {
		links[i].Added = strings.Replace(links[i].Added, "Z", ".000Z", 1)
	}
	s.wantStored(links)
}

func importSequential(t *testing.T, _ *site, b *tab) {
	for name, file := range map[string]string{
		"bookmarks.html": bookmarksFile(numbered(600)),
		"urls.txt":       strings.Join(numbered(600), "\n"),
	} {
		s := newSite(t, "", false)
		b.open(s.url + "/")
		b.run(`{
			const send = window.fetch;
			let inFlight = 0;
			window.maxInFlight = 0;
			window.fetch = (url, options) => {
				if (options.method !== "POST") return send(url, options);
				maxInFlight = Math.max(maxInFlight, ++inFlight);
				return send(url, options).finally(() => inFlight--);
			};
		}`)
		b.importFile(name, file)
		if got := eval[int](b, `maxInFlight`); got != 1 {
			t.Errorf("%s: batches in flight: got %d, want 1", name, got)
		}
		if got := s.storedURLs(); !slices.Equal(got, numbered(600)) {
			t.Errorf("%s: stored links: got %d, want 600; first difference at %d",
				name, len(got), difference(got, numbered(600)))
		}
	}
}

func importBusy(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 503", "net::ERR")
	b.open(s.url + "/")
	requests := 0
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		switch requests++; requests {
		case 1, 3:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		case 4, 5, 6: // Chromium retries a closed connection once.
			abort(w, r)
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
	b.wantReport("Imported 100 links (100 new).")
	b.waitText("#skipped summary", "1 link skipped")
}

// A fullLink is a link with all members, as the API accepts it.
type fullLink struct {
	Link  string   `json:"link"`
	Title string   `json:"title,omitempty"`
	Tags  []string `json:"tags,omitempty"`
	Note  string   `json:"note,omitempty"`
	Added string   `json:"added,omitempty"`
}

// oddities are links that are difficult to export.
var oddities = []fullLink{
	{Link: `https://example.com/?a=1&amp;b=2&lt;`, Title: `&lt;b&gt; is <b>, &amp;amp; is &amp;`},
	{Link: `https://example.com/"quoted" 'path'<b>`, Title: `"quoted" 'title'</A></DL>`},
	{Link: `HTTPS://EXAMPLE.com:443/As%20Written/../x`, Title: "two  spaces and a no-break space\u00a0"},
	{Link: `https://bücher.example/Straße#тест`, Title: "тест, 本, 🙂, e\u0301", Tags: []string{"本/🙂", "тест"}},
	{Link: "https://example.com/\u00a0space\u00a0"},
	{Link: "https://example.com/" + strings.Repeat("ä", 3900), Title: strings.Repeat("ä", 1000)},
	{Link: "https://example.com/bom", Title: "\ufeffBOM"},
	{Link: "https://example.com/charset", Title: "<meta charset=windows-1252>", Note: "é"},
	{Link: "https://example.com/lines", Title: "a\u0085b\u2028c\u2029d", Tags: []string{"a\u2028/\u0085"}},
	{Link: "https://example.com/title", Title: "https://example.com/title"},
	{Link: "https://example.com/roots", Tags: []string{"Bookmarks bar/x", "Other bookmarks"}},
	{Link: "https://example.com/levels", Tags: []string{"/a//b/", "a/b", "A/B/c"}},
	{Link: "https://example.com/spaces", Tags: []string{"a / b", "c  d"}, Note: "a  b"},
	{Link: "https://example.com/spaces/2", Tags: []string{"c  d", "a|b"}},
	{Link: "https://example.com/quotes", Tags: []string{`"<b>&amp;`, `</H3>"x"`, `["x"]`}},
	{Link: "https://example.com/no-break", Tags: []string{"\u00a0x\u00a0", "y"}, Note: "\u00a0x\u00a0"},
	{Link: "https://example.com/full", Tags: numberedTags(50), Note: strings.Repeat("ä", 2000)},
	{
		Link: "https://example.com/note",
		Note: "<DT><A HREF=\"x\">\n\n\t&lt;b&gt; [linkding-notes]x[/linkding-notes]\n</DL>",
	},
}

// roundTrip exports links with and without titles, tags, notes and dates, and imports
// them into two other services.
func roundTrip(t *testing.T, b *tab, service func() *site) {
	links := slices.Clone(oddities)
	for i, address := range numbered(600) {
		one := fullLink{Link: address}
		if i%3 > 0 {
			one.Title = fmt.Sprintf("Page %d", i)
		}
		if i%4 > 0 {
			one.Added = fmt.Sprintf("2024-02-29T12:34:%02d.%03dZ", 59-i/100, i/10)
		}
		if i%5 > 0 {
			one.Tags = []string{fmt.Sprintf("Level %d/Level %d", i%5, i%7), fmt.Sprintf("t%d", i%3)}
		}
		if i%6 == 0 {
			one.Note = fmt.Sprintf("Note\n%d", i)
		}
		links = append(links, one)
	}
	first, byHTML, byJSON := service(), service(), service()
	if status, body := first.request(http.MethodPost, "/link", quote(links)); status != http.StatusOK {
		t.Fatalf("store: %d %s", status, body)
	}
	want := first.portables()
	for kind, other := range map[string]*site{"html": byHTML, "json": byJSON} {
		b.open(first.url + "/")
		exported := b.download("#export-"+kind, "."+kind)
		b.open(other.url + "/")
		b.importFile("export."+kind, exported)
		b.wantReport("Imported 618 links (618 new).")
		got := other.portables()
		if i := difference(got, want); i < max(len(got), len(want)) {
			t.Errorf("%s: got %d links, want %d; at %d got %+.300q, want %+.300q",
				kind, len(got), len(want), i, got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
		}
		if again := b.download("#export-"+kind, "."+kind); again != exported {
			i := difference([]byte(exported), []byte(again))
			t.Errorf("%s: the second export differs at byte %d of %d: %.200q and %.200q",
				kind, i, len(exported), exported[i:], again[min(i, len(again)):])
		}
	}
}

func exportContainsList(t *testing.T, s *site, b *tab) {
	if status, body := s.request("POST", "/link", quote([]fullLink{
		{
			Link: "https://example.com/a", Title: "A & B", Added: "2024-02-29T12:34:56.789Z",
			Tags: []string{"Recipes/Soups", "x", "y & z"}, Note: "1 < 2\n3",
		},
		{Link: "https://example.com/?b&c", Added: "2013-07-01T00:00:00Z"},
		{Link: "https://example.com/d", Title: "D", Added: "2013-07-01T00:00:00Z", Tags: []string{"Recipes"}},
	})); status != http.StatusOK {
		t.Fatalf("store: %d %s", status, body)
	}
	b.open(s.url + "/")
	file := b.download("#export-json", ".json")
	_, list := s.request("GET", "/link?added=true", "")
	if strings.ReplaceAll(strings.TrimSpace(file), ",\n ", ",") != strings.TrimSpace(string(list)) {
		t.Errorf("export: got\n%s\nwant\n%s", file, list)
	}
	b.wantReport("Exported 3 links.")
	file = b.download("#export-html", ".html")
	const want = `<DL><p>
<DT><A HREF="https://example.com/?b&amp;c" ADD_DATE="1372636800" ADDED="2013-07-01T00:00:00.000Z"` +
		` POSITION="1" UNTITLED>https://example.com/?b&amp;c</A>
<DT><H3>Recipes</H3>
<DL><p>
<DT><A HREF="https://example.com/d" ADD_DATE="1372636800" ADDED="2013-07-01T00:00:00.000Z" POSITION="2">D</A>
<DT><H3>Soups</H3>
<DL><p>
<DT><A HREF="https://example.com/a" ADD_DATE="1709210096" TAGS="x,y &amp; z" ADDED="2024-02-29T12:34:56.789Z"` +
		` POSITION="0">A &amp; B</A>
<DD>1 &lt; 2
3
</DL><p>
</DL><p>
</DL><p>
`
	if !strings.HasSuffix(file, want) {
		t.Errorf("bookmarks file: got\n%s\nwant\n%s", file, want)
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
