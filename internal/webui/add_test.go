package webui_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func addCases() []testCase {
	return []testCase{
		{name: "An empty list explains how to add links, with a curl command", run: emptyTeaches},
		{name: "A pasted link is stored on Enter", inFirefox: true, run: pasteAndEnter},
		{name: "A URL without a scheme becomes an https URL", run: addsScheme},
		{name: "A title, tags and a note can be entered with a link", inFirefox: true, run: addDetails},
		{name: "A link that already exists is highlighted and not stored again", run: repeatIsShown},
		{name: "A note is not lost if the link exists or the note is too long", run: noteIsNotLost},
		{name: "A link that exists but is not loaded is shown above the list", inFirefox: true, run: repeatOfOlder},
		{name: "For an invalid link the reason is shown", run: badLink},
		{name: "Markup in a URL is shown as text", run: markupStaysText},
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
	b.insert("https://www.google.com")
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

func addDetails(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.typeText("www.example.co")
	if !b.isVisible("#title") || b.isVisible("#tags") {
		t.Error("the title field is not visible, or those behind More are")
	}
	b.press("m", kb.Tab, kb.Tab)
	b.insert("A title")
	b.press(kb.Tab, kb.Enter)
	b.waitFor(`document.activeElement.id === "tags"`)
	b.insert("one, two")
	b.press(kb.Tab)
	b.insert("A note")
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
		t.Errorf("row: got %q, want %q", got, "one\ntwoA note")
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

func noteIsNotLost(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `{"link": "https://a.example/", "note": "A note"}`)
	b.expectLog("status of 400")
	b.open(s.url + "/")
	enter := func(link, note, message string) {
		t.Helper()
		b.fill("#link", link)
		if !b.isVisible("#note") {
			b.click("#more")
		}
		b.fill("#note", note)
		b.press(ctrl + kb.Enter)
		b.waitText("#message", message)
	}
	wantKept := func(note string) {
		t.Helper()
		if !eval[bool](b, `((e) => e.id === "note" && e.ariaInvalid === "true" && e.value === `+quote(note)+
			`)(document.activeElement)`) {
			t.Errorf("note %.20q: the field is not focused, marked invalid and unchanged", note)
		}
	}
	enter("https://a.example/", "Another note", "Already in your list, with another note.")
	wantKept("Another note")
	enter("https://a.example/", "A note", "Already in your list.")
	large := strings.Repeat("x", 4001)
	_, body := s.request(http.MethodPost, "/link", `{"link": "https://b.example/", "note": "`+large+`"}`)
	enter("https://b.example/", large, s.errorMessage(body))
	wantKept(large)
	enter("https://b.example/", "short", "Saved.")
	if eval[bool](b, `byId("note").ariaInvalid === "true"`) {
		t.Error("the note field is still marked invalid")
	}
	_, body = s.request(http.MethodGet, "/link", "")
	if !strings.Contains(string(body), `"note":"A note"`) || !strings.Contains(string(body), `"note":"short"`) {
		t.Errorf("stored links: got %s, want the notes “A note” and “short”", body)
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
		t.Errorf("stored links: got %q, want none", got)
	}
	b.save("https://www.example.com/")
	if eval[bool](b, `byId("link").ariaInvalid === "true"`) {
		t.Error("the field is still marked invalid after a valid link")
	}
}

func markupStaysText(t *testing.T, s *site, b *tab) {
	address := `https://example.com/<img/src=x/onerror="alert(1)">?q='<script>alert(2)</script>&amp;`
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
		t.Errorf("curl command: got %s, want the URL of the base path", got)
	}
	if got := eval[string](b, `byId("description").href`); got != s.url+"/prod/openapi.json" {
		t.Errorf("href of the API description: got %s, want %s", got, s.url+"/prod/openapi.json")
	}
	if asked := s.countRequests("GET /link") + s.countRequests("POST /link") - before; asked != 1 {
		t.Errorf("got %d requests outside of the base path, want only the request of the test", asked)
	}
}
