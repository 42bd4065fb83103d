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
		{name: "An empty list explains how to add links, with a curl command", run: emptyTeaches},
		{name: "A pasted link is stored on Enter", run: pasteAndEnter},
		{name: "A URL without a scheme becomes an https URL", run: addsScheme},
		{name: "Several pasted URLs are imported", run: pastedSeveral},
		{name: "1,200 pasted URLs are imported, with a report of others", run: pastedMany},
		{name: "Text around a pasted URL becomes the title", run: pastedOne},
		{name: "A title, tags and a note can be entered with a link", run: addDetails},
		{name: "A link or a file can be dropped anywhere", run: dropped},
		{name: "A bookmarklet saves with the selection as note, and closes", run: bookmarkletCloses},
		{name: "A link that already exists is highlighted and not stored again", run: repeatIsShown},
		{name: "A link that exists but is not loaded is shown above the list", run: repeatOfOlder},
		{name: "For an invalid link the reason is shown", run: badLink},
		{name: "Markup in a URL is shown as text", run: markupStaysText},
		{name: "The bookmarklet opens the web UI with the URL filled in", run: bookmarklet},
		{name: "The web UI works at /prod", run: func(t *testing.T, s *site, b *tab) { mountedAt(s, b, "/prod") }},
		{name: "The web UI works at /prod/", run: func(t *testing.T, s *site, b *tab) { mountedAt(s, b, "/prod/") }},
	}
}

func emptyTeaches(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	if got := b.text("#empty"); !strings.Contains(got, "Enter") || !strings.Contains(got, "'"+s.url+"/link'") {
		t.Errorf("#empty: got %q, want the Enter key and the curl command", got)
	}
	if eval[bool](b, `byId("find").checkVisibility()`) {
		t.Error("the search form of an empty list is visible")
	}
}

func pasteAndEnter(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	// The field is focused initially.
	b.paste("https://www.google.com")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	b.waitText("#links .name", "www.google.com")
	if got := s.storedURLs(); !slices.Equal(got, []string{"https://www.google.com"}) {
		t.Errorf("stored links: got %q, want %q", got, []string{"https://www.google.com"})
	}
	if b.text("#empty") != "" {
		t.Error("#empty is visible after a link was stored")
	}
	if !eval[bool](b, `document.activeElement.id === "link" && document.activeElement.value === ""`) {
		t.Error("the link field is not empty and focused")
	}
	if got := b.save("https://en.wikipedia.org/wiki/Uniform_Resource_Identifier"); got != "Saved." {
		t.Errorf("message of the second link: got %q, want Saved.", got)
	}
	if got := b.shown(); len(got) != 2 || got[1] != "https://www.google.com" {
		t.Errorf("list: got %q, want the newest link first", got)
	}
	got := eval[string](b, `((a) => a.rel + " " + a.target)(document.querySelector("#links a"))`)
	if got != "noopener noreferrer _blank" {
		t.Errorf("rel and target: got %q, want noopener noreferrer _blank", got)
	}
}

func addsScheme(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.save("www.iana.org/domains")
	b.save("https://bücher.example/Straße")
	want := []string{"https://bücher.example/Straße", "https://www.iana.org/domains"}
	if got := s.storedURLs(); !slices.Equal(got, want) {
		t.Errorf("stored links: got %q, want %q", got, want)
	}
	if got := b.text("#links .name"); got != "bücher.example/Straße" {
		t.Errorf("name: got %q, want bücher.example/Straße", got)
	}
}

// pasteInto pastes a text into the link field as a browser does.
func (b *tab) pasteInto(text string) {
	b.t.Helper()
	eval[chromedp.Void](b, `{
		byId("link").select();
		const clipboardData = new DataTransfer();
		clipboardData.setData("text/plain", `+quote(text)+`);
		const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
		if (byId("link").dispatchEvent(event)) document.execCommand("insertText", false, `+quote(text)+`);
	}`)
}

func pastedSeveral(t *testing.T, _ *site, b *tab) {
	s := newLocalSite(t)
	b.open(s.url + "/")
	for _, c := range []struct {
		text string
		want []string
	}{
		{"https://a.example/\r\nhttps://b.example/\n", []string{"https://a.example/", "https://b.example/"}},
		{"https://a.example/,https://b.example/1,2", []string{"https://a.example/", "https://b.example/1,2"}},
		{"a.example/1, b.example", []string{"https://a.example/1", "https://b.example"}},
		{
			`See <https://a.example/x_(y)> (or https://b.example/). Not node.js; "HTTP://c.example".`,
			[]string{"https://a.example/x_(y)", "https://b.example/", "HTTP://c.example"},
		},
	} {
		b.pasteInto(c.text)
		b.waitText("#message", fmt.Sprintf("%d addresses found.", len(c.want)))
		if b.isVisible("#title") {
			t.Errorf("%q: the title field is visible", c.text)
		}
		b.press(kb.Enter)
		n := len(c.want)
		b.waitText("#report", fmt.Sprintf("Imported %d links (%d new).", n, n))
		if got := s.storedURLs(); !slices.Equal(got, c.want) {
			t.Errorf("%q: stored links: got %q, want %q", c.text, got, c.want)
		}
		if got := eval[string](b, `byId("link").value + byId("message").textContent`); got != "" {
			t.Errorf("%q: field and message: got %q, want nothing", c.text, got)
		}
		for _, l := range s.links() {
			s.request(http.MethodDelete, "/link/"+l.ID, "")
		}
	}
}

func pastedMany(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.pasteInto(strings.Join(append(numbered(1200), "https://[/", numbered(1)[0]), "\n"))
	b.waitText("#message", "1,202 addresses found.")
	b.press(kb.Enter)
	b.waitText("#report", "Imported 1,200 links (1,200 new).")
	if got := len(s.storedURLs()); got != 1200 {
		t.Errorf("stored links: got %d, want 1200", got)
	}
	got := eval[string](b, `byId("report-notes").textContent + byId("skipped").textContent`)
	if !strings.Contains(got, "1 duplicate") ||
		!strings.Contains(got, "https://[/") {
		t.Errorf("report: got %q, want the duplicate and the invalid link", got)
	}
}

func pastedOne(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.pasteInto("Look at this: https://www.example.com/page.")
	got := eval[string](b, `byId("link").value + " " + byId("title").value`)
	if got != "https://www.example.com/page Look at this:" {
		t.Errorf("fields: got %q", got)
	}
}

func addDetails(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.do(chromedp.KeyEvent("www.example.co"))
	if !b.isVisible("#title") || b.isVisible("#tags") {
		t.Error("the title field is not visible, or those behind More are")
	}
	b.press("m", kb.Tab, kb.Tab)
	b.paste("A title")
	b.press(kb.Tab, kb.Enter)
	b.waitFor(`document.activeElement.id === "tags"`)
	b.paste("one, two")
	b.press(kb.Tab)
	b.paste("A note")
	b.click("#add .primary")
	b.waitText("#message", "Saved.")
	_, body := s.request(http.MethodGet, "/link", "")
	const want = `"link":"https://www.example.com","title":"A title","tags":["one","two"],"note":"A note"`
	if !strings.Contains(string(body), want) {
		t.Errorf("stored links: got %s, want %s", body, want)
	}
	if b.isVisible("#title") || eval[bool](b, `byId("title").value + byId("tags").value + byId("note").value !== ""`) {
		t.Error("the fields are visible or not empty")
	}
	if got := b.text("#links .tags") + b.text("#links .note"); got != "one\ntwoA note" {
		t.Errorf("row: got %q", got)
	}
}

func dropped(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	drop := func(target, transfer string) {
		t.Helper()
		eval[chromedp.Void](b, `{
			const dataTransfer = new DataTransfer();
			`+transfer+`;
			for (const type of ["dragover", "drop"]) {
				const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
				const target = document.querySelector(`+quote(target)+`);
				if (target.dispatchEvent(event)) throw new Error(type + " was not accepted");
			}
		}`)
	}
	drop("header", `dataTransfer.setData("text/uri-list", "https://www.example.com/dropped")`)
	b.waitText("#message", "Saved.")
	drop("#links", `dataTransfer.items.add(new File(["https://a.example/\nhttps://b.example/"], "urls.txt"))`)
	b.waitText("#report", "Imported 2 links (2 new).")
	if got := len(s.storedURLs()); got != 3 {
		t.Errorf("stored links: got %q, want 3", s.storedURLs())
	}
	// A link of the list that is dropped is not stored again.
	if !eval[bool](b, `{
		document.querySelector("#links a").dispatchEvent(new DragEvent("dragstart", { bubbles: true }));
		const dataTransfer = new DataTransfer();
		dataTransfer.setData("text/uri-list", "https://own.example/");
		document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
	}`) {
		t.Error("a link of the list is accepted")
	}
}

func repeatIsShown(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.save("https://www.google.com")
	b.save("https://www.example.com/")
	if got := b.save("HTTPS://WWW.Google.com:443/"); got != "Already in your list." {
		t.Errorf("message: got %q, want %q", got, "Already in your list.")
	}
	want := []string{"https://www.example.com/", "https://www.google.com"}
	if got := s.storedURLs(); !slices.Equal(got, want) {
		t.Errorf("stored links: got %q, want %q", got, want)
	}
	if got := b.shown(); !slices.Equal(got, want) {
		t.Errorf("list: got %q, want %q", got, want)
	}
	if got := b.url("li.highlighted .link"); got != "https://www.google.com" {
		t.Errorf("highlighted link: got %q, want https://www.google.com", got)
	}
}

func repeatOfOlder(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.open(s.url + "/")
	oldest := numbered(60)[59]
	if got := b.save(oldest); got != "Already in your list." {
		t.Errorf("message: got %q, want %q", got, "Already in your list.")
	}
	if got := b.url("#found .link"); got != oldest {
		t.Errorf("link above the list: got %q, want %q", got, oldest)
	}
	b.click("#older")
	b.waitShown(60)
	if got := b.shown(); !slices.Equal(got, numbered(60)) {
		t.Errorf("list after loading all: got %q, want 60 links in order", got)
	}
	if b.text("#found") != "" {
		t.Error("the link is still shown above the list")
	}
}

func badLink(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 400")
	b.open(s.url + "/")
	large := "https://example.com/" + strings.Repeat("x", 8000)
	for _, bad := range []string{"not a link", "ftp://example.com/", "https://[/", large, "javascript:alert(1)"} {
		status, body := s.request(http.MethodPost, "/link", quote(link{Link: bad}))
		if status != http.StatusBadRequest {
			t.Fatalf("POST of %s: status %d, want 400", bad, status)
		}
		want := "This is not a web address. Try something like https://example.com/page"
		if bad == large {
			want = s.errorMessage(body)
		}
		if got := b.save(bad); got != want {
			t.Errorf("message for %s: got %q, want %q", bad, got, want)
		}
		if !eval[bool](b, `((e) =>
			e.id === "link" && e.ariaInvalid === "true" && e.value !== "")(document.activeElement)`) {
			t.Errorf("%s: the field is not focused, marked invalid and unchanged", bad)
		}
	}
	if !eval[bool](b, `byId("message").role === "status" &&
		byId("link").getAttribute("aria-describedby") === "message"`) {
		t.Error("#message is not a live region that describes the field")
	}
	if got := s.storedURLs(); len(got) != 0 {
		t.Errorf("stored links: got %q", got)
	}
	b.save("https://www.example.com/")
	if eval[bool](b, `byId("link").ariaInvalid === "true"`) {
		t.Error("the field is still marked invalid after a valid link")
	}
}

func markupStaysText(t *testing.T, s *site, b *tab) {
	address := `https://example.com/<img src=x onerror="alert(1)">?q='<script>alert(2)</script>&amp;`
	b.open(s.url + "/")
	b.save(address)
	b.open(s.url + "/")
	if got := b.shown(); !slices.Equal(got, []string{address}) {
		t.Errorf("list: got %q, want %q", got, address)
	}
	if eval[int](b, `document.querySelectorAll("main img, main script").length`) != 0 {
		t.Error("the URL was inserted as markup")
	}
}

func bookmarklet(t *testing.T, s *site, b *tab) {
	address := s.url + "/?a=1+2&b=%26#part"
	b.open(s.url + "/prod")
	b.click("#tools-button")
	code, err := url.PathUnescape(strings.TrimPrefix(eval[string](b, `byId("bookmarklet").href`), "javascript:"))
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(address))
	opened := eval[string](b, fmt.Sprintf(`new Promise((resolve) => { window.open = resolve; %s; })`, code))
	if !strings.HasPrefix(opened, s.url+"/prod/#add=") {
		t.Fatalf("bookmarklet: opened %s, want %s/prod/#add=…", opened, s.url)
	}
	// A change of only the fragment would not load the document again.
	b.do(chromedp.Navigate("about:blank"))
	b.open(opened)
	if got := eval[string](b, `byId("link").value`); got != address {
		t.Errorf("field: got %q, want %q", got, address)
	}
	if got := s.storedURLs(); len(got) != 0 {
		t.Errorf("opening the web UI stored %q", got)
	}
	if got := eval[string](b, `location.href`); got != s.url+"/prod/" {
		t.Errorf("location: got %s, want %s", got, s.url+"/prod/")
	}
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	if got := s.storedURLs(); !slices.Equal(got, []string{address}) {
		t.Errorf("stored links: got %q, want %q", got, []string{address})
	}
}

// runBookmarklet runs the script of a bookmarklet in a document with selected text, and
// returns the URL that it opens.
func (b *tab) runBookmarklet(s *site, selector string) string {
	b.t.Helper()
	href := eval[string](b, `document.querySelector("`+selector+`").href`)
	code, err := url.PathUnescape(strings.TrimPrefix(href, "javascript:"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate(s.url + "/openapi.json"))
	return eval[string](b, fmt.Sprintf(`new Promise((resolve) => {
		document.title = "A page";
		document.body.append("selected & text");
		getSelection().selectAllChildren(document.body);
		document.body.replaceChildren("selected & text");
		getSelection().selectAllChildren(document.body);
		window.open = resolve;
		%s;
	})`, code))
}

func bookmarkletCloses(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	opened := b.runBookmarklet(s, "#bookmarklet")
	b.do(chromedp.Navigate("about:blank"))
	b.open(opened)
	got := eval[string](b, `byId("title").value + ": " + byId("note").value`)
	if got != "A page: selected & text" || !b.isVisible("#note") {
		t.Errorf("fields: got %q", got)
	}
	if got := s.storedURLs(); len(got) != 0 {
		t.Errorf("opening the web UI stored %q", got)
	}
	// With another key, the link is filled in only.
	b.do(chromedp.Navigate("about:blank"))
	b.open(s.url + "/#add=https://evil.example/&key=1")
	opened = b.runBookmarklet(s, "#bookmarklet-close")
	b.open(s.url + "/")
	eval[chromedp.Void](b, `new Promise((resolve) => {
		const opened = window.open(`+quote(opened)+`);
		const wait = () => (opened.closed ? resolve() : setTimeout(wait, 20));
		wait();
	})`)
	links := s.links()
	if len(links) != 1 || links[0].Link != s.url+"/openapi.json" || links[0].Title != "A page" {
		t.Errorf("stored links: got %v, want the document", links)
	}
}

func mountedAt(s *site, b *tab, mount string) {
	t := b.t
	s.store(numbered(60)...)
	before := s.countRequests("GET /link") + s.countRequests("POST /link")
	b.open(s.url + mount)
	b.waitShown(50)
	b.click("#older")
	b.waitShown(60)
	b.save("https://www.example.com/")
	if got := s.storedURLs()[0]; got != "https://www.example.com/" {
		t.Errorf("newest link: got %q, want %q", got, "https://www.example.com/")
	}
	b.click("#tools-button")
	if got := b.text("#tools .curl"); !strings.Contains(got, "'"+s.url+"/prod/link'") {
		t.Errorf("curl command: got %s", got)
	}
	if got := eval[string](b, `byId("description").href`); got != s.url+"/prod/openapi.json" {
		t.Errorf("href of the API description: got %s", got)
	}
	if asked := s.countRequests("GET /link") + s.countRequests("POST /link") - before; asked != 1 {
		t.Errorf("got %d requests outside of the base path, want only the request of the test", asked)
	}
}
