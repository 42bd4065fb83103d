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
		{name: "Older links load page by page, each link once", run: olderLoadsOn},
		{name: "A search filters the loaded links", run: searchFilters},
		{name: "Searching older links loads pages until a link matches", run: searchOlder},
		{name: "Looking up a URL finds every spelling", run: lookUp},
		{name: "Copy writes the URL to the clipboard", run: copyURL},
		{name: "Returning to the tab shows links stored elsewhere", run: storedElsewhere},
		{name: "Returning to the tab shows deletions and titles from elsewhere", token: token, run: changedElsewhere},
		{name: "Links about which the list lags behind are requested by ID", token: token, run: listLags},
		{name: "Returning to the tab reloads a list whose first page is new", run: allNew},
		{name: "Only links that the user asked for have rows", run: fewRows},
		{name: "An unavailable service is reported, and loading can be retried", run: serviceUnavailable},
	}
}

func olderLoadsOn(t *testing.T, s *site, b *tab) {
	s.store(numbered(120)...)
	b.open(s.url + "/")
	for _, shown := range []int{50, 100} {
		b.waitShown(shown)
		b.click("#older")
		b.waitFor(fmt.Sprintf(`document.activeElement === document.querySelectorAll("#links a.link")[%d]`, shown))
	}
	b.waitShown(120)
	if got := b.shown(); !slices.Equal(got, numbered(120)) {
		t.Errorf("list: got %q, want %q", got, numbered(120))
	}
	if b.text("#older") != "" {
		t.Error("#older is visible at the end of the list")
	}
	if got := b.text("#announcement"); !strings.Contains(got, "20 older links") {
		t.Errorf("announcement: got %q", got)
	}
}

func searchFilters(t *testing.T, s *site, b *tab) {
	s.store(append([]string{"https://Bücher.example/"}, numbered(30)...)...)
	b.open(s.url + "/")
	for words, want := range map[string]int{
		"N7.": 1, "bücher": 1, "xn--bcher": 1, "example.com/page": 30, "nowhere at all": 0,
	} {
		b.fill("#query", words)
		b.waitFor(fmt.Sprintf(`byId("find-message").textContent.startsWith("%d of 31")`, want))
		if got := len(b.shown()); got != want {
			t.Errorf("search for %q: got %d links, want %d", words, got, want)
		}
	}
	b.fill("#query", "")
	b.press(kb.Backspace)
	b.waitShown(31)
	b.fill("#query", "N7.")
	b.waitShown(1)
	if got := b.save(numbered(30)[8]); got != "Already in your list." {
		t.Errorf("message: got %q, want %q", got, "Already in your list.")
	}
	b.waitShown(31)
	if eval[bool](b, `byId("query").value !== "" || byId("find-button").checkVisibility()`) {
		t.Error("the query was not cleared")
	}
}

func searchOlder(t *testing.T, s *site, b *tab) {
	s.store(append(numbered(1200), "https://needle.example/")...)
	b.open(s.url + "/")
	b.fill("#query", "needle")
	b.waitShown(0)
	b.press(kb.Enter)
	b.waitShown(1)
	if got := b.shown(); got[0] != "https://needle.example/" {
		t.Errorf("found %q", got)
	}
}

func lookUp(t *testing.T, s *site, b *tab) {
	s.store(append(numbered(60), "https://needle.example/path")...)
	b.open(s.url + "/")
	b.fill("#query", "HTTPS://needle.example:443/./path")
	b.press(kb.Enter)
	b.waitText("#find-message", "Found.")
	if got := b.text("#found .url"); got != "https://needle.example/path" {
		t.Errorf("found: got %q, want %q", got, "https://needle.example/path")
	}
	b.fill("#query", "https://nowhere.example/")
	b.press(kb.Enter)
	b.waitText("#find-message", "This URL is not in your list.")
	if got := b.text("#found"); got != "" {
		t.Errorf("#found: got %q, want nothing", got)
	}
	b.expectLog("status of 400")
	b.fill("#query", "https://[/")
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#find-message.error")`)
	_, body := s.request(http.MethodGet, "/link?link=https://[/", "")
	if b.text("#find-message") != s.errorMessage(body) {
		t.Errorf("message: got %q, want %q", b.text("#find-message"), s.errorMessage(body))
	}
}

func copyURL(t *testing.T, s *site, b *tab) {
	address := `https://example.com/a?b="c"&d=<e>`
	s.store(address)
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
	for _, clipboard := range []string{"the clipboard API", "execCommand"} {
		eval[chromedp.Void](b, `navigator.clipboard.writeText("before")`)
		if clipboard == "execCommand" {
			eval[chromedp.Void](b, `navigator.clipboard.writeText = () => Promise.reject(new Error("not here"))`)
		}
		eval[chromedp.Void](b, `byId("announcement").textContent = ""`)
		b.click("#links .copy")
		b.waitText("#announcement", "Copied.")
		if got := eval[string](b, `navigator.clipboard.readText()`); got != address {
			t.Errorf("clipboard with %s: got %q", clipboard, got)
		}
	}
}

func storedElsewhere(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.open(s.url + "/")
	s.store("https://elsewhere.example/")
	b.revisit()
	b.waitShown(4)
	if got := b.shown(); got[0] != "https://elsewhere.example/" {
		t.Errorf("list: got %q", got)
	}
}

func changedElsewhere(t *testing.T, s *site, b *tab) {
	s.store(numbered(120)...)
	b.openWithToken(s, token)
	b.click("#older")
	b.waitShown(100)
	links := s.links()
	for _, i := range []int{0, 1, 70, 99, 110} {
		s.request(http.MethodDelete, "/link/"+links[i].ID, "")
	}
	s.request(http.MethodPatch, "/link/"+links[3].ID, `{"title": "A title"}`)
	s.store("https://elsewhere.example/")
	b.expectLog("status of 404")
	eval[chromedp.Void](b, `document.querySelectorAll("#links .link")[60].focus()`)
	b.revisit()
	b.waitText("#links li:nth-child(3) .name", "A title")
	want := s.storedURLs()
	if got := b.shown(); !slices.Equal(got, want[:len(got)]) || len(got) < 97 {
		t.Errorf("list: got %d links, want %d; first difference at %d", len(got), len(want), difference(got, want))
	}
	if got := eval[string](b, `document.activeElement.href`); got != links[60].Link {
		t.Errorf("focused link: got %q, want %q", got, links[60].Link)
	}
	b.click("#older")
	b.waitShown(116)
	if got := b.shown(); !slices.Equal(got, want) {
		t.Errorf("list: got %d links, want %d; first difference at %d", len(got), len(want), difference(got, want))
	}
}

func listLags(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	_, old := s.request(http.MethodGet, "/link?added=true", "")
	b.save("https://www.example.com/")
	b.click("#links li:nth-child(2) .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	b.pass(5 * time.Second)
	b.waitShown(3)
	want := s.storedURLs()
	// The list is the former one. A link by its ID is current.
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/link" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write(old)
		}
	})
	b.expectLog("status of 404")
	for range 2 {
		asked := s.countRequests("GET /link/")
		b.revisit()
		b.waitFor(`true`)
		for deadline := time.Now().Add(maxWait); s.countRequests("GET /link/") < asked+2; {
			time.Sleep(20 * time.Millisecond)
			if time.Now().After(deadline) {
				t.Fatalf("timeout after %s: the links were not requested by ID", maxWait)
			}
		}
		eval[bool](b, `list.loadMore(1).then(() => true)`)
		if got := b.shown(); !slices.Equal(got, want) {
			t.Errorf("list: got %q, want %q", got, want)
		}
	}
	s.intercept(nil)
	s.store(numbered(1)...)
	b.revisit()
	b.waitShown(4)
	if got := b.shown(); got[0] != numbered(1)[0] {
		t.Errorf("list: got %q, want first the link that was stored again elsewhere", got)
	}
}

func allNew(t *testing.T, s *site, b *tab) {
	s.store("https://first.example/")
	b.open(s.url + "/")
	s.store(numbered(60)...)
	b.revisit()
	b.waitShown(50)
	if got := b.shown(); !slices.Equal(got, numbered(50)) {
		t.Errorf("list: got %q, want %q", got, numbered(50))
	}
}

func fewRows(t *testing.T, s *site, b *tab) {
	s.store(append(numbered(1100), "https://needle.example/")...)
	b.open(s.url + "/")
	b.fill("#query", "needle")
	b.press(kb.Enter)
	b.waitShown(1)
	b.fill("#query", "n2")
	b.waitFor(`byId("find-message").textContent.startsWith("111 of 1,101 loaded links match.")`)
	b.waitShown(50)
	asked := s.countRequests("GET /link")
	b.click("#older")
	b.waitShown(100)
	b.waitFor(`document.activeElement === document.querySelectorAll("#links a.link")[50]`)
	b.fill("#query", "")
	b.press(kb.Backspace)
	b.waitFor(`byId("find-message").textContent === ""`)
	b.waitShown(50)
	for shown := 50; shown < 1101; shown += 50 {
		b.click("#older")
		b.waitShown(min(shown+50, 1101))
	}
	if got, want := b.shown(), s.storedURLs(); !slices.Equal(got, want) {
		t.Errorf("list: got %d links, want %d; first difference at %d", len(got), len(want), difference(got, want))
	}
	if b.text("#older") != "" {
		t.Error("#older is visible at the end of the list")
	}
	// One request is from the test.
	if got := s.countRequests("GET /link") - asked; got != 1 {
		t.Errorf("got %d requests for loaded links, want 0", got-1)
	}
	// A loaded link without a row is shown above the list.
	b.open(s.url + "/")
	b.fill("#query", "needle")
	b.press(kb.Enter)
	b.waitShown(1)
	b.fill("#query", "")
	b.press(kb.Backspace)
	b.waitShown(50)
	b.save("https://needle.example")
	if got := b.text("#found .url"); got != "https://needle.example/" {
		t.Errorf("link above the list: got %q, want https://needle.example/", got)
	}
}

func serviceUnavailable(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.expectLog("net::ERR")
	s.intercept(abort)
	b.open(s.url + "/")
	const sentence = "Can’t reach the service. Check that it is running and that you are online."
	b.waitText("#list-message", sentence)
	if got := b.save("https://www.example.com/"); got != sentence {
		t.Errorf("message: got %q, want %q", got, sentence)
	}
	s.intercept(nil)
	b.waitText("#older", "Try again")
	b.click("#older")
	b.waitShown(50)
	s.intercept(abort)
	b.click("#older")
	b.waitText("#list-message", sentence)
	s.intercept(nil)
	b.click("#older")
	b.waitShown(60)
	b.waitFor(`byId("list-message").textContent === ""`)
}
