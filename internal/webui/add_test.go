package webui_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func addCases() []testCase {
	return []testCase{
		{name: "An empty list teaches how to fill it, with the curl line for this address", run: emptyTeaches},
		{name: "A pasted link is there after Enter", run: pasteAndEnter},
		{name: "An address without https:// gets it", run: completesAddress},
		{name: "Pasted lines are as many links", run: pastedLines},
		{name: "A link that is there already is shown and not stored twice", run: repeatIsShown},
		{name: "A link that is there already but not loaded is shown above the list", run: repeatOfOlder},
		{name: "A bad link tells the service's own sentence beside the field", run: badLink},
		{name: "Markup in an address stays text", run: markupStaysText},
		{name: "The bookmarklet opens the page with the address filled in", run: bookmarklet},
		{name: "The page works below /prod", run: func(t *testing.T, s *site, b *tab) { mountedAt(s, b, "/prod") }},
		{name: "The page works below /prod/", run: func(t *testing.T, s *site, b *tab) { mountedAt(s, b, "/prod/") }},
	}
}

func emptyTeaches(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	if got := b.text("#empty"); !strings.Contains(got, "Enter") || !strings.Contains(got, "'"+s.url+"/link'") {
		t.Errorf("the empty list says:\n%s", got)
	}
	if eval[bool](b, `document.querySelector("#find").checkVisibility()`) {
		t.Error("there is a field to find in an empty list")
	}
}

func pasteAndEnter(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	// Nothing is clicked: the field has the focus from the start.
	b.paste("https://www.google.com")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	b.waitText("#links .name", "www.google.com")
	b.waitText("#links .address", "https://www.google.com")
	if got := s.kept(); !slices.Equal(got, []string{"https://www.google.com"}) {
		t.Errorf("the service holds %q", got)
	}
	if b.text("#empty") != "" {
		t.Error("the page still says that nothing is kept")
	}
	if !eval[bool](b, `document.activeElement.id === "link" && document.activeElement.value === ""`) {
		t.Error("the field is not ready for the next link")
	}
	if got := b.save("https://en.wikipedia.org/wiki/Uniform_Resource_Identifier"); got != "Saved." {
		t.Errorf("the second link: %s", got)
	}
	if got := b.shown(); len(got) != 2 || got[1] != "https://www.google.com" {
		t.Errorf("the list shows %q, want the newest first", got)
	}
	if got := eval[string](b, `document.querySelector("#links a").rel + " " + document.querySelector("#links a").target`); got != "noopener noreferrer _blank" {
		t.Errorf("a link opens with %q", got)
	}
}

func completesAddress(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.save("www.iana.org/domains")
	b.save("https://bücher.example/Straße")
	if got, want := s.kept(), []string{"https://bücher.example/Straße", "https://www.iana.org/domains"}; !slices.Equal(got, want) {
		t.Errorf("the service holds %q, want %q", got, want)
	}
	if got := b.text("#links .name"); got != "bücher.example" {
		t.Errorf("the international host is shown as %q", got)
	}
}

func pastedLines(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	eval[chromedp.Void](b, `{
		const clipboardData = new DataTransfer();
		clipboardData.setData("text/plain", "https://a.example/\r\nhttps://b.example/\n");
		document.querySelector("#link").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
	}`)
	b.press(kb.Enter)
	b.waitText("#message", "2 links saved.")
	if got, want := s.kept(), []string{"https://a.example/", "https://b.example/"}; !slices.Equal(got, want) {
		t.Errorf("the service holds %q, want %q", got, want)
	}
	if got := b.shown(); len(got) != 2 {
		t.Errorf("the list shows %q", got)
	}
}

func repeatIsShown(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.save("https://www.google.com")
	b.save("https://www.example.com/")
	if got := b.save("HTTPS://WWW.Google.com:443/"); got != "Already in your list." {
		t.Errorf("the page says %q", got)
	}
	want := []string{"https://www.example.com/", "https://www.google.com"}
	if got := s.kept(); !slices.Equal(got, want) {
		t.Errorf("the service holds %q, want %q", got, want)
	}
	if got := b.shown(); !slices.Equal(got, want) {
		t.Errorf("the list shows %q, want %q", got, want)
	}
	if got := b.text("li.lit .address"); got != "https://www.google.com" {
		t.Errorf("%q is highlighted, not the link that was there", got)
	}
}

func repeatOfOlder(t *testing.T, s *site, b *tab) {
	s.keep(numbered(60)...)
	b.open(s.url + "/")
	oldest := numbered(60)[59]
	if got := b.save(oldest); got != "Already in your list." {
		t.Errorf("the page says %q", got)
	}
	if got := b.text("#found .address"); got != oldest {
		t.Errorf("%q is shown above the list, want %q", got, oldest)
	}
	b.click("#older")
	b.waitShown(60)
	if got := b.shown(); !slices.Equal(got, numbered(60)) {
		t.Errorf("after loading all, the list shows %q", got)
	}
	if b.text("#found") != "" {
		t.Error("the link is shown twice")
	}
}

func badLink(t *testing.T, s *site, b *tab) {
	b.provokes("status of 400")
	b.open(s.url + "/")
	for _, bad := range []string{"not a link", "ftp://example.com/", "https://[/", "https://example.com/" + strings.Repeat("x", 8000), "javascript:alert(1)"} {
		status, body := s.request(http.MethodPost, "/link", quote(link{Link: bad}))
		if status != http.StatusBadRequest {
			t.Fatalf("the service answers %d to %s", status, bad)
		}
		if got, want := b.save(bad), s.sentence(body); got != want {
			t.Errorf("%s: the page says %q, the service %q", bad, got, want)
		}
		if !eval[bool](b, `document.activeElement.id === "link" && document.activeElement.ariaInvalid === "true" && document.activeElement.value !== ""`) {
			t.Errorf("%s: the field is not marked, or not to be mended where it is", bad)
		}
	}
	if !eval[bool](b, `document.querySelector("#message").role === "status" && document.querySelector("#link").getAttribute("aria-describedby") === "message"`) {
		t.Error("a screen reader is not told")
	}
	if got := s.kept(); len(got) != 0 {
		t.Errorf("the service holds %q", got)
	}
	b.save("https://www.example.com/")
	if eval[bool](b, `document.querySelector("#link").ariaInvalid === "true"`) {
		t.Error("the field is still marked after a good link")
	}
}

func markupStaysText(t *testing.T, s *site, b *tab) {
	address := `https://example.com/<img src=x onerror="alert(1)">?q='<script>alert(2)</script>&amp;`
	b.open(s.url + "/")
	b.save(address)
	b.open(s.url + "/")
	if got := b.shown(); !slices.Equal(got, []string{address}) {
		t.Errorf("the list shows %q, want %q", got, address)
	}
	if eval[int](b, `document.querySelectorAll("main img, main script").length`) != 0 {
		t.Error("the address became markup")
	}
}

func bookmarklet(t *testing.T, s *site, b *tab) {
	address := s.url + "/?a=1+2&b=%26#part"
	b.open(s.url + "/prod")
	b.click("#more")
	code, err := url.PathUnescape(strings.TrimPrefix(eval[string](b, `document.querySelector("#bookmarklet").href`), "javascript:"))
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(address))
	opened := eval[string](b, fmt.Sprintf(`new Promise((resolve) => { window.open = resolve; %s; })`, code))
	if !strings.HasPrefix(opened, s.url+"/prod/#add=") {
		t.Fatalf("the bookmarklet opens %s", opened)
	}
	// From elsewhere, since a change of the fragment alone loads no page.
	b.do(chromedp.Navigate("about:blank"))
	b.open(opened)
	if got := eval[string](b, `document.querySelector("#link").value`); got != address {
		t.Errorf("the field holds %q, want %q", got, address)
	}
	if got := s.kept(); len(got) != 0 {
		t.Errorf("opening the page stored %q", got)
	}
	if got := eval[string](b, `location.href`); got != s.url+"/prod/" {
		t.Errorf("the address bar holds %s", got)
	}
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	if got := s.kept(); !slices.Equal(got, []string{address}) {
		t.Errorf("the service holds %q", got)
	}
}

func mountedAt(s *site, b *tab, mount string) {
	t := b.t
	s.keep(numbered(60)...)
	before := s.sent("GET /link") + s.sent("POST /link")
	b.open(s.url + mount)
	b.waitShown(50)
	b.click("#older")
	b.waitShown(60)
	b.save("https://www.example.com/")
	if got := s.kept()[0]; got != "https://www.example.com/" {
		t.Errorf("the newest link is %q", got)
	}
	b.click("#more")
	if got := b.text("#tools .curl"); !strings.Contains(got, "'"+s.url+"/prod/link'") {
		t.Errorf("the curl line is %s", got)
	}
	if got := eval[string](b, `document.querySelector("#description").href`); got != s.url+"/prod/openapi.json" {
		t.Errorf("the API description is at %s", got)
	}
	if asked := s.sent("GET /link") + s.sent("POST /link") - before; asked != 1 {
		t.Errorf("%d requests went past the mount, want the test's own only", asked)
	}
}
