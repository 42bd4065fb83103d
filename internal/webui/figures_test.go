package webui_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
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
	browser := startChromium(t)
	manyLoaded(t, newSite(t, "", false), newTab(t, browser))
	importCompared(t, newTab(t, browser))
	manyImported(t, newTab(t, browser))
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
	throttle := func(rate float64) {
		params := emulation.SetCPUThrottlingRateParams{Rate: rate}
		_, err := chromedp.Call(b.devTools(), emulation.SetCPUThrottlingRate, params)
		b.must(err)
	}
	defer throttle(1) // tabs share a process
	for _, slower := range []float64{1, 4} {
		throttle(slower)
		where := ""
		if slower > 1 {
			where = fmt.Sprintf(", processor %.0f times slower", slower)
		}
		var painted []float64
		for range 7 {
			b.open(s.url + "/")
			painted = append(painted, eval[float64](b, `new Promise((resolve) => {
				requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
			})`))
		}
		slices.Sort(painted)
		row("first links painted, median of 7"+where, painted[3], "ms", "")
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
			row("search for "+c.what+where, took, "ms", "")
			row("its requests", float64(s.countRequests("GET /link")-before), "", c.bound)
		}
	}
}

// row prints a row of the table.
func row(what string, figure float64, unit, limit string) {
	fmt.Println("|", what, "|", strings.TrimSpace(fmt.Sprintf("%.4g %s", figure, unit)), "|", limit, "|")
}

// largeFile returns a file with links of different dates and with icons.
func largeFile(kind string, number, iconBytes int) string {
	icon := strings.Repeat("A", iconBytes)
	rows := make([]string, number)
	head, separator, foot := "", "\n", "\n"
	for i, one := range articles(number) {
		added := 1_700_000_000 + i
		title := fmt.Sprintf("%s – %d", one.Title, i)
		switch kind {
		case "html":
			head, foot = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n", "\n</DL><p>\n"
			rows[i] = fmt.Sprintf("<DT><A HREF=%q ADD_DATE=\"%d\" ICON=\"data:image/png;base64,%s\">%s</A>",
				one.Link, added, icon, title)
			switch i % 100 {
			case 0:
				rows[i] = fmt.Sprintf("<DT><H3>Folder %d</H3>\n<DL><p>\n%s", i, rows[i])
			case 99:
				rows[i] += "\n</DL><p>"
			}
		case "csv":
			head = "title,url,created,folder,icon\n"
			rows[i] = fmt.Sprintf("%q,%s,%d,Folder %d,%s", title, one.Link, added, i/100*100, icon)
		case "json":
			head, separator, foot = "[", ",\n ", "]\n"
			rows[i] = fmt.Sprintf(`{"title":%q,"url":%q,"created":%d,"folder":"Folder %d","icon":%q}`,
				title, one.Link, added, i/100*100, icon)
		}
	}
	return head + strings.Join(rows, separator) + foot
}

// importMeasured imports a file and returns the seconds until the report, and the
// milliseconds of the longest task.
func (b *tab) importMeasured(name, content string, number int) (took, longest float64) {
	b.t.Helper()
	b.run(`{
		window.longest = 0;
		new PerformanceObserver((tasks) => {
			for (const { duration } of tasks.getEntries()) longest = Math.max(longest, duration);
		}).observe({ type: "longtask" });
		const setStart = () => (window.start = performance.now());
		byId("file").addEventListener("change", setStart, { capture: true, once: true });
		const observer = new MutationObserver(() => {
			if (byId("report").textContent) window.took = performance.now() - start;
		});
		observer.observe(byId("report"), { childList: true });
	}`)
	b.importFile(name, content)
	n := fmt.Sprintf("%d,%03d", number/1000, number%1000)
	if got, want := b.text("#report"), fmt.Sprintf("Imported %s links (%s new).", n, n); got != want {
		b.t.Errorf("report: got %q, want %q", got, want)
	}
	return eval[float64](b, `took / 1000`), eval[float64](b, `longest`)
}

func manyImported(t *testing.T, b *tab) {
	const number = 50_000
	for _, kind := range []string{"html", "csv", "json"} {
		s := newSite(t, "", false)
		b.open(s.url + "/")
		content := largeFile(kind, number, 2000)
		took, longest := b.importMeasured("bookmarks."+kind, content, number)
		const what = "import of 50,000 links with icons, %s of %d MB"
		row(fmt.Sprintf(what, strings.ToUpper(kind), len(content)/1_000_000), took, "s", "")
		row("its longest task (0 if none takes 50 ms)", longest, "ms", "200")
	}
}

// importCompared compares an import with the same requests sent by curl.
func importCompared(t *testing.T, b *tab) {
	const number = 25_000
	var ratios []float64
	for range 5 {
		s := newSite(t, "", false)
		var mu sync.Mutex
		var bodies []string
		s.intercept(func(_ http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			bodies = append(bodies, string(body))
			mu.Unlock()
			r.Body = io.NopCloser(bytes.NewReader(body))
		})
		b.open(s.url + "/")
		took, _ := b.importMeasured("bookmarks.html", largeFile("html", number, 100), number)
		other := newSite(t, "", false)
		start := time.Now()
		for _, body := range bodies {
			curl := exec.Command("curl", "-fsS", "-o", "/dev/null", "--json", "@-", other.url+"/link")
			curl.Stdin = strings.NewReader(body)
			if output, err := curl.CombinedOutput(); err != nil {
				t.Fatalf("curl: %v: %s", err, output)
			}
		}
		ratios = append(ratios, took/time.Since(start).Seconds())
	}
	slices.Sort(ratios)
	const what = "import of 25,000 links, divided by the time of curl for the same arrays, median of 5"
	row(what, ratios[2], "", "1.5")
}
