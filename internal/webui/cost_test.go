package webui_test

import (
	"fmt"
	"testing"
)

// TestText_LinearTime runs the functions that process text on difficult inputs. Input
// that is 8 times as large may take 24 times as long. A quadratic function takes 64
// times as long.
func TestText_LinearTime(t *testing.T) {
	b := newTab(t, startBrowser(t))
	s := newSite(t, "", false)
	s.store("https://www.example.com/")
	b.open(s.url + "/")
	const short, long, least = 10_000, 80_000, 5
	hard := map[string]string{
		"dots":              `"a.".repeat(n / 2)`,
		"dots and a word":   `"a.".repeat(n / 2) + " a"`,
		"letters":           `"a".repeat(n)`,
		"spaces":            `"a" + " ".repeat(n) + "a"`,
		"spaces at the end": `"https://a" + " ".repeat(n) + "\u00a0"`,
		"line breaks":       `"a" + "\n".repeat(n)`,
		"colons":            `"a:".repeat(n / 2)`,
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
		"hostRange":  `urls.hostRange(text, urls.parse("https://a/"))`,
		"extract":    `urls.extract(text)`,
		"title":      `formats.truncate(formats.singleLine(text))`,
		"parse":      `await parse(text)`,
		"HTML":       `await parse("<" + text)`,
		"attributes": `await parse("<a " + text)`,
		"date":       `await parse(JSON.stringify([{ link: "https://a/", added: "2024-01-01 " + text }]))`,
		"tags":       `await parse('<a href="https://a/" tags="' + text + '">')`,
		"prepare": `await transfer.prepare([{
			link: "https://a/", title: text, tags: text.split(" "), note: text, lost: [] }])`,
		"find": `fill("#query", text)`,
		"paste": `byId("link").dispatchEvent(new ClipboardEvent("paste", { cancelable: true, clipboardData:
			(() => { const data = new DataTransfer(); data.setData("text/plain", text); return data; })() }))`,
	}
	for name, call := range functions {
		for kind, text := range hard {
			measure := fmt.Sprintf(`(async () => {
			const took = [];
			for (const n of [%d, %d]) {
				const text = %s;
				const parse = (content) => formats.parse(new Blob([content])).catch(() => {});
				const fill = (selector, value) => {
					const field = document.querySelector(selector);
					field.value = value;
					field.dispatchEvent(new Event("input"));
				};
				const start = performance.now();
				%s;
				took.push(performance.now() - start);
			}
			return took;
			})()`, short, long, text, call)
			// Other processes only make a measurement longer, so one good pair is enough.
			var took []float64
			for range 30 {
				if took = eval[[]float64](b, measure); took[1] <= 24*max(took[0], least) {
					break
				}
			}
			if took[1] > 24*max(took[0], least) {
				t.Errorf("%s of %s: %.1f ms, and %.1f ms for input 8 times as large", name, kind, took[0], took[1])
			}
		}
	}
}
