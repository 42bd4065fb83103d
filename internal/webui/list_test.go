package webui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
		{name: "What was deleted and titled elsewhere is so when one comes back to the page", token: token, run: changedElsewhere},
		{name: "What the list does not show yet, or still shows, is asked for by its id", token: token, run: listLags},
		{name: "Coming back to a list whose first page is all new loads it anew", run: allNew},
		{name: "However many links are loaded, there are rows for those that one asked to see", run: fewRows},
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

func changedElsewhere(t *testing.T, s *site, b *tab) {
	s.keep(numbered(120)...)
	b.withToken(s, token)
	b.click("#older")
	b.waitShown(100)
	links := s.links()
	for _, i := range []int{0, 1, 70, 99, 110} {
		s.request(http.MethodDelete, "/link/"+links[i].ID, "")
	}
	s.request(http.MethodPatch, "/link/"+links[3].ID, `{"title": "A title"}`)
	s.keep("https://elsewhere.example/")
	b.provokes("status of 404")
	eval[chromedp.Void](b, `document.querySelectorAll("#links .link")[60].focus()`)
	b.look()
	b.waitText("#links li:nth-child(3) .name", "A title")
	want := s.kept()
	if got := b.shown(); !slices.Equal(got, want[:len(got)]) || len(got) < 97 {
		t.Errorf("the list shows %d links, first difference %d", len(got), difference(got, want))
	}
	if got := eval[string](b, `document.activeElement.href`); got != links[60].Link {
		t.Errorf("the focus is on %q", got)
	}
	b.click("#older")
	b.waitShown(116)
	if got := b.shown(); !slices.Equal(got, want) {
		t.Errorf("the list shows %d links, first difference %d", len(got), difference(got, want))
	}
}

func listLags(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.withToken(s, token)
	_, old := s.request(http.MethodGet, "/link?added=true", "")
	b.save("https://www.example.com/")
	b.click("#links li:nth-child(2) .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	b.pass(5 * time.Second)
	b.waitShown(3)
	want := s.kept()
	// The list is that of before, and a link by its id is as it is.
	s.breaks(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/link" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write(old)
		}
	})
	b.provokes("status of 404")
	for range 2 {
		asked := s.sent("GET /link/")
		b.look()
		b.waitFor(`true`)
		for deadline := time.Now().Add(patience); s.sent("GET /link/") < asked+2; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the page did not ask")
			}
		}
		eval[bool](b, `list.load(1).then(() => true)`)
		if got := b.shown(); !slices.Equal(got, want) {
			t.Errorf("the list shows %q, want %q", got, want)
		}
	}
	s.breaks(nil)
	s.keep(numbered(1)...)
	b.look()
	b.waitShown(4)
	if got := b.shown(); got[0] != numbered(1)[0] {
		t.Errorf("a link that was deleted here and stored again elsewhere is not there, but %q", got)
	}
}

func allNew(t *testing.T, s *site, b *tab) {
	s.keep("https://first.example/")
	b.open(s.url + "/")
	s.keep(numbered(60)...)
	b.look()
	b.waitShown(50)
	if got := b.shown(); !slices.Equal(got, numbered(50)) {
		t.Errorf("the list shows %q", got)
	}
}

func fewRows(t *testing.T, s *site, b *tab) {
	s.keep(append(numbered(1100), "https://needle.example/")...)
	b.open(s.url + "/")
	b.fill("#sought", "needle")
	b.press(kb.Enter)
	b.waitShown(1)
	b.fill("#sought", "n2")
	b.waitFor(`document.querySelector("#find-message").textContent.startsWith("111 of 1,101 loaded links match.")`)
	b.waitShown(50)
	asked := s.sent("GET /link")
	b.click("#older")
	b.waitShown(100)
	b.waitFor(`document.activeElement === document.querySelectorAll("#links a.link")[50]`)
	b.fill("#sought", "")
	b.press(kb.Backspace)
	b.waitFor(`document.querySelector("#find-message").textContent === ""`)
	b.waitShown(50)
	for shown := 50; shown < 1101; shown += 50 {
		b.click("#older")
		b.waitShown(min(shown+50, 1101))
	}
	if got, want := b.shown(), s.kept(); !slices.Equal(got, want) {
		t.Errorf("the list shows %d links, first difference %d", len(got), difference(got, want))
	}
	if b.text("#older") != "" {
		t.Error("there is still a button for older links")
	}
	// The test itself asked once.
	if got := s.sent("GET /link") - asked; got != 1 {
		t.Errorf("the page asked %d times for links that it had", got-1)
	}
	// A link that is loaded and has no row is shown above the list.
	b.open(s.url + "/")
	b.fill("#sought", "needle")
	b.press(kb.Enter)
	b.waitShown(1)
	b.fill("#sought", "")
	b.press(kb.Backspace)
	b.waitShown(50)
	b.save("https://needle.example")
	if got := b.text("#found .address"); got != "https://needle.example/" {
		t.Errorf("above the list stands %q", got)
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
