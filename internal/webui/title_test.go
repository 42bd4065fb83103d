package webui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func titleCases() []testCase {
	return []testCase{
		{name: "A row shows title, URL and date", run: titleAndDate},
		{name: "A search matches every word, in titles too", run: searchTitle},
		{name: "Enter saves an edited title, and Escape cancels", token: token, run: editTitle},
		{name: "A rejected title can be corrected", token: token, run: editRejected},
		{name: "Editing asks for the token first", token: token, run: editAsks},
		{name: "Editing that the service no longer allows shows the reason", run: editForbidden},
		{name: "Editing a link that was deleted elsewhere removes its row", token: token, run: editDeleted},
		{name: "A title being edited survives a search", token: token, run: editDuringSearch},
		{name: "Storing an existing link with a title adds the title", run: newTitle},
	}
}

func titleAndDate(t *testing.T, s *site, b *tab) {
	s.storeLinks(
		link{Link: "https://user@Example.com:8443/path?q=1", Title: "A page <b>", Added: "2024-02-29T12:00:00Z"},
		link{Link: "https://example.org/untitled", Added: "2013-07-01T12:00:00Z"},
		link{Link: `https://example.net\@elsewhere.example/`, Title: "Trick"},
	)
	b.open(s.url + "/")
	for selector, want := range map[string]string{
		"#links li:nth-child(2) .name": "A page <b>",
		"#links li:nth-child(2) .url":  "https://user@Example.com:8443/path?q=1",
		"#links li:nth-child(2) b":     "Example.com:8443",
		"#links li:nth-child(2) .date": "29 Feb 2024",
		"#links li:nth-child(3) .name": "example.org",
		"#links li:nth-child(3) .url":  "https://example.org/untitled",
		"#links li:nth-child(3) .date": "1 Jul 2013",
		// The part after the backslash is the path.
		"#links li:nth-child(1) b": "example.net",
	} {
		if got := b.text(selector); got != want {
			t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	got := eval[string](b, `document.querySelector("#links li:nth-child(2) time").dateTime`)
	if got != "2024-02-29T12:00:00.000Z" {
		t.Errorf("dateTime: got %s, want 2024-02-29T12:00:00.000Z", got)
	}
}

func searchTitle(t *testing.T, s *site, b *tab) {
	s.storeLinks(
		link{Link: "https://example.com/1", Title: "Bread of RYE and wheat"},
		link{Link: "https://example.com/2", Title: "Rye whisky"},
		link{Link: "https://example.com/rye"},
	)
	b.open(s.url + "/")
	for words, want := range map[string][]string{
		"rye":           {"https://example.com/1", "https://example.com/2", "https://example.com/rye"},
		"wheat  RYE":    {"https://example.com/1"},
		"example whisk": {"https://example.com/2"},
	} {
		b.fill("#query", words)
		b.waitFor(fmt.Sprintf(`byId("find-message").textContent.startsWith("%d of 3")`, len(want)))
		if got := b.shown(); !slices.Equal(got, want) {
			t.Errorf("search for %q: got %q, want %q", words, got, want)
		}
	}
}

func editTitle(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	const row = "#links li:nth-child(2) "
	b.click(row + ".edit")
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.paste(" A title ")
	b.press(kb.Enter)
	b.waitText(row+".name", "A title")
	b.waitFor(`document.activeElement.className.includes("edit")`)
	if got := b.text("#announcement"); got != "Title saved: A title" {
		t.Errorf("announcement: got %q", got)
	}
	if got := s.links()[1].Title; got != "A title" {
		t.Errorf("stored title: got %q, want A title", got)
	}
	b.fill("#query", "a title")
	b.waitShown(1)
	b.fill("#query", "")
	b.press(kb.Backspace)
	b.waitShown(3)
	b.click(row + ".edit")
	b.waitFor(`document.activeElement.value === "A title"`)
	b.paste("Something else")
	b.press(kb.Escape)
	b.waitFor(`document.activeElement.className.includes("edit")`)
	if got := b.text(row + ".name"); got != "A title" || b.text(row+".editor") != "" {
		t.Errorf("name after Escape: got %q, want A title, and no editor", got)
	}
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.press(kb.Backspace, kb.Enter)
	b.waitText(row+".name", "n1.example.com")
	if got := s.links()[1]; got.Title != "" || got.Link != numbered(2)[1] {
		t.Errorf("stored links: got %v", got)
	}
	if got := s.countRequests("PATCH"); got != 2 {
		t.Errorf("PATCH requests: got %d, want 2", got)
	}
}

func editRejected(t *testing.T, s *site, b *tab) {
	s.store(numbered(1)...)
	b.expectLog("status of 400")
	b.openWithToken(s, token)
	long := strings.Repeat("ä", 1001)
	b.click("#links .edit")
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.paste(long)
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#links .row-error").textContent !== ""`)
	_, body := s.request(http.MethodPatch, "/link/"+s.links()[0].ID, `{"title": `+quote(long)+`}`)
	if got, want := b.text("#links .row-error"), s.errorMessage(body); got != want {
		t.Errorf("message: got %q, want %q", got, want)
	}
	b.press(kb.Backspace, kb.Enter)
	b.waitText("#links .name", strings.Repeat("ä", 1000))
	if b.text("#links .row-error") != "" {
		t.Error("the error is still visible")
	}
}

func editAsks(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	// The last request is for an ID that does not exist.
	b.expectLog("status of 401", "status of 404")
	b.open(s.url + "/")
	b.click("#links li:nth-child(2) .edit")
	b.enterToken(token)
	b.waitFor(`document.activeElement.className === "new-title"`)
}

func editForbidden(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.expectLog("status of 403")
	b.open(s.url + "/")
	b.forceEditing()
	b.click("#links li:nth-child(2) .edit")
	b.waitFor(`document.querySelector("#links li:nth-child(2) .row-error").textContent !== ""`)
	_, body := s.request(http.MethodPatch, "/link/00000000-0000-0000-0000-000000000000", `{"title": "x"}`)
	if got, want := b.text("#links li:nth-child(2) .row-error"), s.errorMessage(body); got != want {
		t.Errorf("message: got %q, want %q", got, want)
	}
	if !eval[bool](b, `document.activeElement.className.includes("edit")`) {
		t.Error("the button is no longer focused")
	}
}

func editDeleted(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.expectLog("status of 404")
	b.openWithToken(s, token)
	s.request(http.MethodDelete, "/link/"+s.links()[1].ID, "")
	b.click("#links li:nth-child(2) .edit")
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.paste("Too late")
	b.press(kb.Enter)
	b.waitShown(2)
	b.waitText("#announcement", "This link was deleted elsewhere.")
	if !eval[bool](b, `document.activeElement === document.querySelector("#links > li:nth-child(2) a.link")`) {
		t.Error("the next link is not focused")
	}
}

func editDuringSearch(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	b.click("#links li:nth-child(2) .edit")
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.paste("Half a title")
	b.fill("#query", "n0")
	b.waitShown(1)
	b.fill("#query", "")
	b.press(kb.Backspace)
	b.waitShown(3)
	got := eval[string](b, `document.querySelector("#links li:nth-child(2) .new-title").value`)
	if got != "Half a title" {
		t.Errorf("field: got %q, want %q", got, "Half a title")
	}
}

func newTitle(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.do(chromedp.Navigate("about:blank"))
	b.open(s.url + "/#title=A%20title&add=" + numbered(2)[1])
	b.press(kb.Enter)
	b.waitText("#message", "Already in your list; title added.")
	b.waitText("#links li:nth-child(2) .name", "A title")
	if got := s.links()[1].Title; got != "A title" {
		t.Errorf("stored title: got %q, want A title", got)
	}
	b.do(chromedp.Navigate("about:blank"))
	b.open(s.url + "/#title=Another&add=" + numbered(2)[1])
	b.press(kb.Enter)
	b.waitText("#message", "Already in your list.")
	if got := s.links()[1].Title; got != "A title" || b.text("#links li:nth-child(2) .name") != "A title" {
		t.Errorf("stored title: got %q, want A title", got)
	}
}
