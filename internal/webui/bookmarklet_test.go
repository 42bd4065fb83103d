package webui_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func bookmarkletCases() []testCase {
	return []testCase{
		{name: "The bookmarklet opens the web UI with the URL filled in", run: bookmarkletOpens},
		{name: "The bookmarklet passes a title and selected text as the note", inFirefox: true, run: bookmarkletNote},
		{name: "A bookmarklet saves with the selection as note, and closes", inFirefox: true, run: bookmarkletCloses},
		{name: "A bookmarklet with a wrong key fills in, and never saves", run: bookmarkletWrongKey},
	}
}

func bookmarkletOpens(t *testing.T, s *site, b *tab) {
	address := s.url + "/?a=1+2&b=%26#part"
	b.open(s.url + "/prod")
	b.click("#tools-button")
	code := b.bookmarkletCode("#bookmarklet")
	b.navigate(address)
	opened := eval[string](b, fmt.Sprintf(`new Promise((resolve) => { window.open = resolve; %s; })`, code))
	if !strings.HasPrefix(opened, s.url+"/prod/#add=") {
		t.Fatalf("bookmarklet: opened %s, want %s/prod/#add=…", opened, s.url)
	}
	b.openFresh(opened)
	if got := eval[string](b, `byId("link").value`); got != address {
		t.Errorf("field: got %q, want %q", got, address)
	}
	s.wantNothingStored()
	if got := eval[string](b, `location.href`); got != s.url+"/prod/" {
		t.Errorf("location: got %s, want %s", got, s.url+"/prod/")
	}
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	if got := s.storedURLs(); !slices.Equal(got, []string{address}) {
		t.Errorf("stored links: got %q, want %q", got, []string{address})
	}
}

// bookmarkletCode returns the script of a bookmarklet.
func (b *tab) bookmarkletCode(selector string) string {
	b.t.Helper()
	href := eval[string](b, fmt.Sprintf(`document.querySelector(%q).href`, selector))
	code, err := url.PathUnescape(strings.TrimPrefix(href, "javascript:"))
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}

// openOther opens a document that is not the web UI. Chromium requests its icon, and
// Firefox logs a hint about its viewer of JSON.
func (b *tab) openOther(s *site) {
	b.t.Helper()
	b.expectLog("status of 404", "Data available from the console")
	b.navigate(s.url + "/openapi.json")
}

// runBookmarklet runs the script of a bookmarklet in a document with selected text, and
// returns the URL that it opens.
func (b *tab) runBookmarklet(s *site, selector string) string {
	b.t.Helper()
	code := b.bookmarkletCode(selector)
	b.openOther(s)
	return eval[string](b, fmt.Sprintf(`new Promise((resolve) => {
		document.title = "A page";
		document.body.replaceChildren("selected & text");
		getSelection().selectAllChildren(document.body);
		window.open = resolve;
		%s;
	})`, code))
}

func bookmarkletNote(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.openFresh(b.runBookmarklet(s, "#bookmarklet"))
	got := eval[string](b, `byId("title").value + ": " + byId("note").value`)
	if want := "A page: selected & text"; got != want || !b.isVisible("#note") {
		t.Errorf("fields: got %q, want %q in visible fields", got, want)
	}
	s.wantNothingStored()
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	s.wantSavedDocument()
}

// wantSavedDocument checks that the document of runBookmarklet is stored.
func (s *site) wantSavedDocument() {
	s.t.Helper()
	got := s.portables()
	for i := range got {
		got[i].Added = ""
	}
	want := []portable{{Link: s.url + "/openapi.json", Title: "A page", Note: "selected & text"}}
	if !slices.Equal(got, want) {
		s.t.Errorf("stored links: got\n%s\nwant\n%s", lines(got), lines(want))
	}
}

func bookmarkletCloses(_ *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	opened := b.runBookmarklet(s, "#bookmarklet-close")
	b.open(s.url + "/")
	b.run(`void (window.opened = window.open(` + quote(opened) + `))`)
	b.waitFor(`opened.closed`)
	s.wantSavedDocument()
}

func bookmarkletWrongKey(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	opened := b.runBookmarklet(s, "#bookmarklet-close")
	key := regexp.MustCompile(`&key=\d+`)
	if !key.MatchString(opened) {
		t.Fatalf("bookmarklet: opened %s, want a key", opened)
	}
	wantFilledIn := func(wrong string) {
		t.Helper()
		b.openFresh(key.ReplaceAllLiteralString(opened, wrong))
		const filled = `byId("link").value + " " + byId("message").textContent`
		if got, want := eval[string](b, filled), s.url+"/openapi.json Press Enter to save."; got != want {
			t.Errorf("key %q: field and message: got %q, want %q", wrong, got, want)
		}
	}
	for _, wrong := range []string{"", "&key=", "&key=1", "&key=undefined", "&key=null"} {
		wantFilledIn(wrong)
	}
	// If the browser cannot store a key, an empty one is not valid.
	b.run(`localStorage.clear()`)
	b.fillStorage()
	wantFilledIn("&key=")
	s.wantNothingStored()
}
