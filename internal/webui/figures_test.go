package webui_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
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

	for _, slower := range []float64{1, 4} {
		b.call(func() error {
			params := emulation.SetCPUThrottlingRateParams{Rate: slower}
			_, err := chromedp.Call(b.ctx, emulation.SetCPUThrottlingRate, params)
			return err
		})
		var painted []float64
		for range 7 {
			b.open(s.url + "/")
			painted = append(painted, eval[float64](b, `new Promise((resolve) => {
				requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
			})`))
		}
		slices.Sort(painted)
		row(fmt.Sprintf("first links painted, CPU throttled %.0f times, median of 7", slower), painted[3], "ms", "")
		for _, c := range []struct{ what, query, bound string }{
			{"a word in the newest 100 links", "81", "2"},
			{"a word that occurs nowhere", "zebra", "6"},
		} {
			before := s.countRequests("GET /link")
			took := eval[float64](b, fmt.Sprintf(`new Promise((resolve) => {
				const start = performance.now();
				byId("query").value = %q;
				byId("find").requestSubmit();
				const wait = () => {
					if (byId("links").ariaBusy === "false") resolve(performance.now() - start);
					else setTimeout(wait, 1);
				};
				wait();
			})`, c.query))
			row("search for "+c.what, took, "ms", "")
			row("requests", float64(s.countRequests("GET /link")-before), "", c.bound)
		}
	}
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
		t.Errorf("report: got %q, want %q", got, "Imported 50,000 links (50,000 new).")
	}
	fmt.Printf("| import of 50,000 bookmarks with titles, tags, dates and icons, a file of %d MB | %.1f s | |\n",
		file.Len()/1_000_000, took.Seconds())
	fmt.Printf("| states of the progress bar shown | %d | |\n", eval[int](b, `progressed.size`))
	fmt.Printf("| longest task during the import | %.0f ms | 200 |\n", eval[float64](b, `longest`))
}
