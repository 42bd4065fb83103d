package page_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func listCases() []testCase {
	return []testCase{
		{name: "Older links load on, each once, until there are no more", run: olderLoadsOn},
		{name: "Finding shows what matches of the links that are loaded", run: findFilters},
		{name: "Searching older links loads on until a word is found", run: searchOlder},
		{name: "Looking an address up finds it whatever its spelling", run: lookUp},
		{name: "Copy puts the address on the clipboard", run: copyAddress},
		{name: "What was stored elsewhere is there when one comes back to the page", run: comesBack},
		{name: "When the service is away the page says so and tries again", run: serviceAway},
	}
}

func olderLoadsOn(t *testing.T, s *site, b *tab) {
	s.keep(numbered(120)...)
	b.open(s.url + "/")
	for _, shown := range []int{50, 100} {
		b.waitShown(shown)
		b.click("#older")
		b.waitFor(fmt.Sprintf(`document.activeElement === document.querySelectorAll("#links a.link")[%d]`, shown))
	}
	b.waitShown(120)
	if got := b.shown(); !slices.Equal(got, numbered(120)) {
		t.Errorf("the list shows %q", got)
	}
	if b.text("#older") != "" {
		t.Error("there is still a button for older links")
	}
	if got := b.text("#news"); !strings.Contains(got, "20 older links") {
		t.Errorf("a screen reader hears %q", got)
	}
}

func findFilters(t *testing.T, s *site, b *tab) {
	s.keep(append([]string{"https://Bücher.example/"}, numbered(30)...)...)
	b.open(s.url + "/")
	for words, want := range map[string]int{"N7.": 1, "bücher": 1, "xn--bcher": 1, "example.com/page": 30, "nowhere at all": 0} {
		b.fill("#sought", words)
		b.waitFor(fmt.Sprintf(`document.querySelector("#find-message").textContent.startsWith("%d of 31")`, want))
		if got := len(b.shown()); got != want {
			t.Errorf("%q shows %d links, want %d", words, got, want)
		}
	}
	b.fill("#sought", "")
	b.press(kb.Backspace)
	b.waitShown(31)
	b.fill("#sought", "N7.")
	b.waitShown(1)
	if got := b.save(numbered(30)[8]); got != "Already in your list." {
		t.Errorf("the page says %q", got)
	}
	b.waitShown(31)
	if eval[bool](b, `document.querySelector("#sought").value !== "" || document.querySelector("#look-up").checkVisibility()`) {
		t.Error("the words are still there, though they no longer hold")
	}
}

func searchOlder(t *testing.T, s *site, b *tab) {
	s.keep(append(numbered(1200), "https://needle.example/")...)
	b.open(s.url + "/")
	b.fill("#sought", "needle")
	b.waitShown(0)
	b.press(kb.Enter)
	b.waitShown(1)
	if got := b.shown(); got[0] != "https://needle.example/" {
		t.Errorf("found %q", got)
	}
}

func lookUp(t *testing.T, s *site, b *tab) {
	s.keep(append(numbered(60), "https://needle.example/path")...)
	b.open(s.url + "/")
	b.fill("#sought", "HTTPS://needle.example:443/./path")
	b.press(kb.Enter)
	b.waitText("#find-message", "Found.")
	if got := b.text("#found .address"); got != "https://needle.example/path" {
		t.Errorf("found %q", got)
	}
	b.fill("#sought", "https://nowhere.example/")
	b.press(kb.Enter)
	b.waitText("#find-message", "This address is not in your list.")
	if got := b.text("#found"); got != "" {
		t.Errorf("still shown: %q", got)
	}
	b.provokes("status of 400")
	b.fill("#sought", "https://[/")
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#find-message.error")`)
	if _, body := s.request(http.MethodGet, "/link?link=https://[/", ""); b.text("#find-message") != s.sentence(body) {
		t.Errorf("the page says %q, the service %q", b.text("#find-message"), s.sentence(body))
	}
}

func copyAddress(t *testing.T, s *site, b *tab) {
	address := `https://example.com/a?b="c"&d=<e>`
	s.keep(address)
	b.open(s.url + "/")
	for _, permission := range []string{"clipboard-read", "clipboard-write"} {
		b.call(func() error {
			_, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
				Permission: &browser.PermissionDescriptor{Name: permission}, Setting: browser.PermissionSettingGranted,
				Origin: s.url, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
			})
			return err
		})
	}
	for _, clipboard := range []string{"the clipboard API", "a browser without it"} {
		eval[chromedp.Void](b, `navigator.clipboard.writeText("before")`)
		if clipboard == "a browser without it" {
			eval[chromedp.Void](b, `navigator.clipboard.writeText = () => Promise.reject(new Error("not here"))`)
		}
		eval[chromedp.Void](b, `document.querySelector("#news").textContent = ""`)
		b.click("#links .copy")
		b.waitText("#news", "Copied.")
		if got := eval[string](b, `navigator.clipboard.readText()`); got != address {
			t.Errorf("with %s, the clipboard holds %q", clipboard, got)
		}
	}
}

func comesBack(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.open(s.url + "/")
	s.keep("https://elsewhere.example/")
	b.look()
	b.waitShown(4)
	if got := b.shown(); got[0] != "https://elsewhere.example/" {
		t.Errorf("the list shows %q", got)
	}
}

func serviceAway(t *testing.T, s *site, b *tab) {
	s.keep(numbered(60)...)
	b.provokes("net::ERR")
	s.breaks(away)
	b.open(s.url + "/")
	const sentence = "The service does not answer. Is it running, and is this computer online?"
	b.waitText("#list-message", sentence)
	if got := b.save("https://www.example.com/"); got != sentence {
		t.Errorf("the page says %q", got)
	}
	s.breaks(nil)
	b.waitText("#older", "Try again")
	b.click("#older")
	b.waitShown(50)
	s.breaks(away)
	b.click("#older")
	b.waitText("#list-message", sentence)
	s.breaks(nil)
	b.click("#older")
	b.waitShown(60)
	b.waitFor(`document.querySelector("#list-message").textContent === ""`)
}
