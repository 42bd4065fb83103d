package webui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

func listCases() []testCase {
	return []testCase{
		{name: "Older links load page by page, each link once", inFirefox: true, run: olderLoadsOn},
		// All windows share one clipboard.
		{name: "Copy writes the URL to the clipboard and shows a check mark", isAlone: true, run: copyURL},
		{name: "A failed copy is reported", inFirefox: true, run: copyFails},
		{name: "Returning to the tab shows links stored elsewhere", run: storedElsewhere},
		{name: "Returning to the tab shows deletions and titles from elsewhere", token: token, run: changedElsewhere},
		{name: "Links about which the list lags behind are requested by ID", token: token, run: listLags},
		{name: "Returning to the tab reloads a list whose first page is new", run: allNew},
		{name: "A window of 1280 by 900 pixels shows 12 links", inFirefox: true, run: dense},
		{name: "The buttons of a row are visible on hover, on focus and on touch", token: token, run: actionsVisible},
		{name: "Phones find an icon for the home screen", run: iconOfPhones},
		{name: "Printing hides forms and buttons", run: printing},
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
		t.Errorf("announcement: got %q, want 20 older links", got)
	}
}

func copyURL(t *testing.T, s *site, b *tab) {
	address := `https://example.com/a?b="c"&d=<e>`
	s.store(address)
	b.open(s.url + "/")
	for _, permission := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(b.devTools(), browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: permission}, Setting: browser.PermissionSettingGranted,
			Origin: s.url, BrowserContextID: chromedp.FromContext(b.devTools()).BrowserContextID,
		})
		b.must(err)
	}
	for _, clipboard := range []string{"the clipboard API", "execCommand"} {
		b.run(`navigator.clipboard.writeText("before")`)
		if clipboard == "execCommand" {
			b.run(`navigator.clipboard.writeText = () => Promise.reject(new Error("not here"))`)
		}
		b.run(`byId("announcement").textContent = ""`)
		b.act(1, "copy")
		b.waitText("#announcement", "Copied.")
		if !b.isVisible("#links .copy .check") || b.isVisible("#links .copy .sheets") {
			t.Error("the button shows no check mark")
		}
		b.waitFor(`!document.querySelector("#links .copy.done")`)
		if got := eval[string](b, `navigator.clipboard.readText()`); got != address {
			t.Errorf("clipboard with %s: got %q, want %q", clipboard, got, address)
		}
	}
}

func iconOfPhones(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/prod")
	b.waitFor(`document.querySelector("link[rel=apple-touch-icon]")`)
	size := eval[[]int](b, `new Promise((resolve) => {
		const image = new Image();
		image.onload = () => resolve([image.width, image.height]);
		image.src = document.querySelector("link[rel=apple-touch-icon]").href;
	})`)
	if !slices.Equal(size, []int{180, 180}) {
		t.Errorf("apple-touch-icon: got %v, want 180 by 180 pixels", size)
	}
}

func copyFails(t *testing.T, s *site, b *tab) {
	s.store("https://example.com/")
	b.open(s.url + "/")
	b.run(`{
		navigator.clipboard.writeText = () => Promise.reject(new Error("not here"));
		document.execCommand = () => false;
	}`)
	b.act(1, "copy")
	b.waitText("#announcement", "Not copied.")
	if b.isVisible("#links .copy .check") || b.text("#links .row-error") == "" {
		t.Error("the row does not show that copying failed")
	}
}

func dense(t *testing.T, s *site, b *tab) {
	links := make([]link, 60)
	for i, address := range numbered(60) {
		links[i] = link{Link: address, Title: fmt.Sprintf("A page about the number %d", i)}
	}
	s.storeLinks(links...)
	s.request(http.MethodPost, "/link", `{"link": "`+links[3].Link+`", "tags": ["numbers", "prime"]}`)
	b.resize(1280, 900)
	b.open(s.url + "/")
	if got := eval[int](b, `Array.from(document.querySelectorAll("#links .item"))
		.filter((item) => item.getBoundingClientRect().bottom <= innerHeight).length`); got < 12 {
		t.Errorf("links in the window: got %d, want 12", got)
	}
	if got := eval[string](b, `getComputedStyle(document.querySelector("#links .name")).fontSize`); got != "16px" {
		t.Errorf("font size of titles: got %s, want 16px", got)
	}
	if got := eval[int](b, `document.querySelectorAll("#links .day:not([hidden])").length`); got != 1 {
		t.Errorf("headings for one day: got %d, want 1", got)
	}
}

// rowsWithButtons returns the numbers of the rows whose buttons are visible, counted
// from 1.
func (b *tab) rowsWithButtons() []int {
	b.t.Helper()
	return eval[[]int](b, `[...byId("links").children].flatMap((row, i) =>
		[...row.querySelectorAll(".actions .icon")].every((button) =>
			button.checkVisibility({ opacityProperty: true, visibilityProperty: true })) ? [i + 1] : [])`)
}

// moveMouse moves the mouse to the center of an element.
func (b *tab) moveMouse(selector string) {
	b.t.Helper()
	at := eval[[2]float64](b, fmt.Sprintf(`{
		const { left, right, top, bottom } = document.querySelector(%q).getBoundingClientRect();
		[(left + right) / 2, (top + bottom) / 2];
	}`, selector))
	params := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at[0], Y: at[1]}
	_, err := chromedp.Call(b.devTools(), input.DispatchMouseEvent, params)
	b.must(err)
}

func actionsVisible(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.open(s.url + "/")
	want := func(when string, want ...int) {
		t.Helper()
		if got := b.rowsWithButtons(); !slices.Equal(got, want) {
			t.Errorf("%s: rows with visible buttons: got %v, want %v", when, got, want)
		}
	}
	b.moveMouse("h1")
	want("mouse elsewhere")
	b.moveMouse("#links li:nth-child(2) .link")
	want("mouse on row 2", 2)
	b.moveMouse("h1")
	b.run(`document.querySelector("#links li:nth-child(3) .link").focus()`)
	want("focus in row 3", 3)
	b.press("k")
	want("focus moved to row 2", 2)
	b.run(`byId("link").focus()`)
	want("focus elsewhere")
	b.touch(900)
	want("touch screen", 1, 2, 3)
	b.touch(360)
	want("phone")
	b.click("#links li:nth-child(2) .menu")
	want("menu of row 2 open", 2)
}

func printing(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.open(s.url + "/")
	b.importFile("links.txt", numbered(1)[0])
	b.setMedia(emulation.SetEmulatedMediaParams{Media: "print"})
	got := eval[string](b, `Array.from(document.querySelectorAll("button, input, form"))
		.filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 80)).join("\n")`)
	if got != "" || !b.isVisible("#links .link") || b.isVisible("#report") {
		t.Errorf("visible: the report, or these controls:\n%s", got)
	}
}

func storedElsewhere(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.open(s.url + "/")
	s.store("https://elsewhere.example/")
	b.revisit()
	b.waitShown(4)
	if got := b.shown(); got[0] != "https://elsewhere.example/" {
		t.Errorf("list: got %q, want first the link stored elsewhere", got)
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
	b.run(`document.querySelectorAll("#links .link")[60].focus()`)
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
	b.remove(2)
	b.settle(leaving)
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
		b.settle(revisiting)
		if got := s.countRequests("GET /link/"); got < asked+2 {
			t.Errorf("requests by ID: got %d, want at least 2", got-asked)
		}
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

// touch emulates a touch screen.
func (b *tab) touch(width int64) {
	b.t.Helper()
	b.must(chromedp.Do(b.devTools(), chromedp.EmulateViewport(width, 800, chromedp.EmulateTouch)))
}
