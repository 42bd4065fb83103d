package webui_test

import (
	"fmt"
	"testing"
)

// TestTextTakesTimeInProportion gives the page's functions of text eight times as much of what is hard for each. It may
// take them twenty-four times as long, and what takes less than 5 ms is not measured. What takes time by the square takes
// sixty-four times as long.
func TestTextTakesTimeInProportion(t *testing.T) {
	b := newTab(t, startBrowser(t))
	s := newSite(t, "", false)
	s.keep("https://www.example.com/")
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
		"addresses":         `"https://a ".repeat(n / 10)`,
		"one address":       `"https://a" + ".".repeat(n)`,
		"at signs":          `"https://" + "@".repeat(n)`,
		"slashes":           `"https:" + "/".repeat(n)`,
		"quotes":            `"url\n" + '"'.repeat(n)`,
		"quotes and commas": `"url\n" + '",'.repeat(n / 2)`,
		"words":             `Array.from({ length: n / 6 }, (_, i) => i).join(" ")`,
	}
	functions := map[string]string{
		"whole":       `address.whole(text)`,
		"isOne":       `address.isOne(text)`,
		"trimmed":     `address.trimmed(text)`,
		"writtenHost": `address.writtenHost(text, address.parse("https://a/"))`,
		"within":      `address.within(text)`,
		"title":       `formats.short(formats.line(text))`,
		"parse":       `formats.parse(text)`,
		"date":        `formats.parse(JSON.stringify([{ link: "https://a/", added: "2024-01-01 " + text }]))`,
		"tags":        `formats.parse('<a href="https://a/" tags="' + text + '">')`,
		"find":        `fill("#sought", text)`,
		"paste": `document.querySelector("#link").dispatchEvent(new ClipboardEvent("paste", { cancelable: true, clipboardData:
			(() => { const data = new DataTransfer(); data.setData("text/plain", text); return data; })() }))`,
	}
	for name, call := range functions {
		for kind, text := range hard {
			measure := fmt.Sprintf(`[%d, %d].map((n) => {
				const text = %s;
				const fill = (selector, value) => {
					const field = document.querySelector(selector);
					field.value = value;
					field.dispatchEvent(new Event("input"));
				};
				const start = performance.now();
				%s;
				return performance.now() - start;
			})`, short, long, text, call)
			// Other work on the machine can only make a measurement too long, so one good pair is enough.
			var took []float64
			for range 30 {
				if took = eval[[]float64](b, measure); took[1] <= 24*max(took[0], least) {
					break
				}
			}
			if took[1] > 24*max(took[0], least) {
				t.Errorf("%s of %s: %.1f ms, and %.1f ms for eight times as much", name, kind, took[0], took[1])
			}
		}
	}
}
