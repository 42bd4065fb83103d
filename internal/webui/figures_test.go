package webui_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestFigures measures the web UI with many links and prints rows of a table.
// scripts/webui-figures runs it.
func TestFigures(t *testing.T) {
	if os.Getenv("WEBUI_FIGURES") == "" {
		t.Skip("WEBUI_FIGURES is not set")
	}
	browser := startBrowser(t)
	manyLoaded(t, newSite(t, "", false), newTab(t, browser))
	manyImported(t, newSite(t, "", false), newTab(t, browser))
}

// article returns a link with a title of about 60 characters and a date.
func article(i int) link {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Duration(i) * time.Hour)
	return link{
		Link:  fmt.Sprintf("https://n%d.example.com/articles/%d?from=the-front-page", i%5000, i),
		Title: fmt.Sprintf("Article number %d of a house that writes about bread and tea", i),
		Added: day.Format(time.RFC3339),
	}
}

func articles(number int) []link {
	links := make([]link, number)
	for i := range links {
		links[i] = article(i)
	}
	return links
}

func manyLoaded(t *testing.T, s *site, b *tab) {
	const number = 50_000
	s.storeLinks(articles(number)...)
	row := func(what string, figure float64, unit, bound string) {
		fmt.Printf("| %s | %.0f %s | %s |\n", what, figure, unit, bound)
	}

	b.open(s.url + "/")
	b.fill("#query", "no such word")
	loaded := eval[float64](b, `new Promise(async (resolve) => {
		const start = performance.now();
		byId("find").requestSubmit();
		while (list.hasMore()) await new Promise((next) => setTimeout(next, 1));
		resolve(performance.now() - start);
	})`)
	b.waitFor(`byId("find-message").textContent.startsWith("0 of 50,000")`)
	start := time.Now()
	for next := "?limit=1000&added=true"; next != ""; next = s.next(next) {
		continue
	}
	service := float64(time.Since(start).Milliseconds())
	row("50,000 links loaded, in pages of 1,000", loaded, "ms", "")
	row("the service alone, for the same pages", service, "ms", "")
	row("the difference", loaded-service, "ms", "2,000")

	// The time from the event to the frame after its effect.
	eval[any](b, `{
		window.took = [];
		byId("query").addEventListener("input", (event) => {
			requestAnimationFrame(() => setTimeout(() => took.push(performance.now() - event.timeStamp)));
		}, { capture: true });
	}`)
	var keys, pastes, clears []float64
	for range 5 {
		for _, text := range []string{"bread 4 tea", "49999", "zebra", "https://n1"} {
			for i := range text {
				keys = append(keys, b.change(text[:i+1]))
			}
			clears = append(clears, b.change(""))
			pastes = append(pastes, b.change(text))
			clears = append(clears, b.change(""))
		}
	}
	effect := func(what string, took []float64) {
		slices.Sort(took)
		row(fmt.Sprintf("effect of %s, median of %d", what, len(took)), took[len(took)/2], "ms", "50")
		row(fmt.Sprintf("effect of %s, maximum", what), took[len(took)-1], "ms", "")
	}
	effect("a key", keys)
	effect("clearing", clears)
	effect("pasting words", pastes)
	if _, err := chromedp.Call(b.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	heap, err := chromedp.Call(b.ctx, runtime.GetHeapUsage, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	row("JavaScript heap with all loaded", heap.UsedSize/1e6, "MB", "100")
}

// change sets the query and returns the time to its effect in milliseconds.
func (b *tab) change(text string) float64 {
	b.t.Helper()
	return eval[float64](b, fmt.Sprintf(`new Promise((resolve) => {
		took.length = 0;
		byId("query").value = %s;
		byId("query").dispatchEvent(new Event("input"));
		const wait = () => (took.length ? resolve(took[0]) : setTimeout(wait, 1));
		wait();
	})`, quote(text)))
}

// next requests a page of the list and returns the query of the next page.
func (s *site) next(query string) string {
	s.t.Helper()
	response, err := http.Get(s.url + "/link" + query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		s.t.Fatal(err)
	}
	found := regexp.MustCompile(`<(\?[^>]*)>`).FindStringSubmatch(response.Header.Get("Link"))
	if found == nil {
		return ""
	}
	return found[1]
}

func manyImported(t *testing.T, s *site, b *tab) {
	const number = 50_000
	var file strings.Builder
	file.WriteString("<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n")
	for i, one := range articles(number) {
		if i%100 == 0 {
			fmt.Fprintf(&file, "<DT><H3>Folder %d</H3>\n<DL><p>\n", i)
		}
		fmt.Fprintf(&file, "<DT><A HREF=%q ADD_DATE=\"%d\" ICON=\"data:image/png;base64,%s\">%s – %d</A>\n",
			one.Link, 1_700_000_000+i, strings.Repeat("A", 2000), one.Title, i)
		if i%100 == 99 {
			file.WriteString("</DL><p>\n")
		}
	}
	file.WriteString("</DL><p>\n")
	b.open(s.url + "/")
	eval[any](b, `{
		window.progressed = new Set();
		new MutationObserver(() => progressed.add(byId("progress").value))
			.observe(byId("progress"), { attributes: true });
		window.longest = 0;
		new PerformanceObserver((tasks) => {
			for (const { duration } of tasks.getEntries()) longest = Math.max(longest, duration);
		}).observe({ type: "longtask", buffered: true });
	}`)
	start := time.Now()
	b.importFile("bookmarks.html", file.String())
	took := time.Since(start)
	if got := b.text("#report"); got != "Imported 50,000 links (50,000 new)." {
		t.Errorf("report: got %q", got)
	}
	fmt.Printf("| import of 50,000 bookmarks with titles, tags, dates and icons, a file of %d MB | %.1f s | |\n",
		file.Len()/1_000_000, took.Seconds())
	fmt.Printf("| states of the progress bar shown | %d | |\n", eval[int](b, `progressed.size`))
	fmt.Printf("| longest task during the import | %.0f ms | 200 |\n", eval[float64](b, `longest`))
}
