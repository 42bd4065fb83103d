package webui_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// TestText_LinearTime runs the functions that process text on difficult inputs. Input
// that is 8 times as large may take 24 times as long. A quadratic function takes 64
// times as long.
func TestText_LinearTime(t *testing.T) {
	b := newTab(t, startChromium(t))
	s := newSite(t, "", false)
	s.store("https://www.example.com/")
	b.open(s.url + "/")
	b.loadScripts()
	_, err := chromedp.Call(b.devTools(), performance.Enable, performance.EnableParams{})
	b.must(err)
	const short, long, least = 10_000, 80_000, 5
	hard := map[string]string{
		"dots":              `"a.".repeat(n / 2)`,
		"dots and a word":   `"a.".repeat(n / 2) + " a"`,
		"letters":           `"a".repeat(n)`,
		"spaces":            `"a" + " ".repeat(n) + "a"`,
		"spaces at the end": `"https://a" + " ".repeat(n) + "\u00a0"`,
		"line breaks":       `"a" + "\n".repeat(n)`,
		"colons":            `"a:".repeat(n / 2)`,
		"colons and a word": `"https://a.b/ x" + ":".repeat(n) + "x"`,
		"digits":            `"a.b:" + "1".repeat(n)`,
		"URLs":              `"https://a ".repeat(n / 10)`,
		"one URL":           `"https://a" + ".".repeat(n)`,
		"at signs":          `"https://" + "@".repeat(n)`,
		"slashes":           `"https:" + "/".repeat(n)`,
		"quotes":            `"url\n" + '"'.repeat(n)`,
		"quotes and commas": `"url\n" + '",'.repeat(n / 2)`,
		"tags":              `"<a b='".repeat(n / 6)`,
		"tags without ends": `"<a href=\"x\"".repeat(n / 11)`,
		"references":        `"<a href=''>" + "&#x".repeat(n / 3)`,
		"comments":          `"<!--".repeat(n / 4)`,
		"lists":             `"<dl><a href=x>".repeat(n / 14)`,
		"commas":            `"a, ".repeat(n / 3)`,
		"brackets":          `"[".repeat(n)`,
		"words":             `Array.from({ length: n / 6 }, (_, i) => i).join(" ")`,
	}
	functions := map[string]string{
		"withScheme": `urls.withScheme(text)`,
		"isURL":      `urls.isURL(text)`,
		"trim":       `urls.trim(text)`,
		"host":       `urls.readable(text, urls.parse("https://a/"))`,
		"extract":    `urls.extract(text)`,
		"findAll":    `urls.findAll(text)`,
		"readable":   `urls.readable("https://a/" + text, urls.parse("https://a/"))`,
		"isAddress":  `urls.isAddress(text)`,
		"title":      `formats.truncate(formats.singleLine(text))`,
		"parse":      `await parse(text)`,
		"HTML":       `await parse("<" + text)`,
		"attributes": `await parse("<a " + text)`,
		"date":       `await parse(JSON.stringify([{ link: "https://a/", added: "2024-01-01 " + text }]))`,
		"tags":       `await parse('<a href="https://a/" tags="' + text + '">')`,
		"clean": `transfer.clean({
			link: "https://a/", title: text, tags: text.split(" "), note: text }, () => {})`,
		"find": `fill("#query", text)`,
		"paste": `byId("link").dispatchEvent(new ClipboardEvent("paste", { cancelable: true, clipboardData:
			(() => { const data = new DataTransfer(); data.setData("text/plain", text); return data; })() }))`,
	}
	for name, call := range functions {
		for kind, text := range hard {
			// run returns the processor time of a run in milliseconds, on the main
			// thread of the page.
			run := func(n int) float64 {
				before := b.threadTime()
				b.run(fmt.Sprintf(`(async () => {
					const n = %d;
					const text = %s;
					const parse = (content) => formats.parse(new Blob([content])).catch(() => {});
					const fill = (selector, value) => {
						const field = document.querySelector(selector);
						field.value = value;
						field.dispatchEvent(new Event("input"));
					};
					%s;
				})()`, n, text, call))
				return b.threadTime() - before
			}
			// A garbage collection can only make a run longer, so one good pair is enough.
			var took [2]float64
			for range 10 {
				if took = [2]float64{run(short), run(long)}; took[1] <= 24*max(took[0], least) {
					break
				}
			}
			if took[1] > 24*max(took[0], least) {
				t.Errorf("%s of %s: got %.1f ms, and %.1f ms for input 8 times as large, want at most 24 times as long",
					name, kind, took[0], took[1])
			}
		}
	}
}

// threadTime returns the processor time of the main thread of the page, in
// milliseconds. Unlike the time of a clock, it does not depend on other processes.
func (b *tab) threadTime() float64 {
	b.t.Helper()
	result, err := chromedp.Call(b.devTools(), performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	i := slices.IndexFunc(result.Metrics, func(m *performance.Metric) bool { return m.Name == "ThreadTime" })
	if i < 0 {
		b.t.Fatal("GetMetrics: got no ThreadTime")
	}
	return result.Metrics[i].Value * 1000
}
