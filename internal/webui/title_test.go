package webui_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func titleCases() []testCase {
	return []testCase{
		{name: "A row shows title, URL, tags and note, below its day", inFirefox: true, run: rowContent},
		{name: "Enter saves an edited title, and Escape cancels", inFirefox: true, token: token, run: editTitle},
		{
			name:      "One editor changes title, tags and note, and Undo reverts it",
			inFirefox: true, token: token, run: editAll,
		},
		{name: "A long note that was just saved can be unfolded", inFirefox: true, token: token, run: editLongNote},
		{name: "The editor completes known tags", inFirefox: true, token: token, run: completeTags},
		{name: "A rejected title can be corrected", token: token, run: editRejected},
		{name: "Editing asks for the token first", token: token, run: editAsks},
		{name: "Editing that the service no longer allows shows the reason", run: editForbidden},
		{name: "What is typed for a link that was deleted elsewhere stays", token: token, run: editDeleted},
		{name: "A title being edited survives a search", token: token, run: editDuringSearch},
		{name: "Storing an existing link with a title adds the title", run: newTitle},
	}
}

const rightToLeft = "שלום"

// rightAligned returns a JavaScript expression: whether the text of an element ends at
// the right edge of the element and starts far from the left edge.
func rightAligned(selector string) string {
	return fmt.Sprintf(`((element) => {
		const range = document.createRange();
		range.selectNodeContents(element);
		const [text, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
		return Math.abs(box.right - text.right) < 2 && text.left - box.left > 50;
	})(document.querySelector(%q))`, selector)
}

func rowContent(t *testing.T, s *site, b *tab) {
	long := strings.Repeat("A note of many words. ", 40)
	if status, body := s.request(http.MethodPost, "/link", `[
		{"link": "https://example.net\\@elsewhere.example/", "title": "Trick"},
		{"link": "http://user@Example.com:8443/path?q=1", "title": "A page <b>", "added": "2024-02-29T12:10:00Z",
			"tags": ["one", "Two/Three"], "note": "First\nsecond"},
		{"link": "https://www.example.org/caf%C3%A9%20%2F", "added": "2024-02-29T12:00:00Z"},
		{"link": "https://example.org/note", "title": "`+rightToLeft+`", "added": "2013-07-01T12:00:00Z",
			"note": "`+long+`"}]`); status != http.StatusOK {
		t.Fatalf("store: %s", body)
	}
	b.open(s.url + "/")
	for selector, want := range map[string]string{
		"li:nth-child(1) .day": "Today",
		// The part after the backslash is the path.
		"li:nth-child(1) .url":      "example.net\\@elsewhere.example/",
		"li:nth-child(2) .day":      "Thu, 29 Feb 2024",
		"li:nth-child(2) .name":     "A page <b>",
		"li:nth-child(2) .url":      "http://user@example.com:8443/path?q=1",
		"li:nth-child(2) .monogram": "E",
		"li:nth-child(2) .tags":     "one\nTwo/Three",
		"li:nth-child(2) .note":     "First\nsecond",
		"li:nth-child(2) .more":     "",
		"li:nth-child(3) .day":      "",
		"li:nth-child(3) .name":     "www.example.org/café%20%2F",
		"li:nth-child(3) .url":      "",
		"li:nth-child(4) .day":      "Mon, 1 Jul 2013",
		"li:nth-child(4) .more":     "More",
	} {
		if got := b.text("#links " + selector); got != want {
			t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	got := eval[string](b, `document.querySelector("#links li:nth-child(2) time").dateTime`)
	if got != "2024-02-29T12:10:00.000Z" {
		t.Errorf("dateTime: got %s, want 2024-02-29T12:10:00.000Z", got)
	}
	const height = `document.querySelector("#links li:nth-child(4) .note").offsetHeight /
		parseFloat(getComputedStyle(document.querySelector("#links li:nth-child(4) .note")).lineHeight)`
	if lines := eval[float64](b, height); lines > 2.1 {
		t.Errorf("a folded note has %.1f lines, want 2", lines)
	}
	b.click("#links li:nth-child(4) .more")
	b.waitText("#links li:nth-child(4) .more", "Less")
	if lines := eval[float64](b, height); lines < 4 {
		t.Errorf("an unfolded note has %.1f lines", lines)
	}
	if !eval[bool](b, rightAligned("#links li:nth-child(4) .name")) || eval[bool](b, rightAligned("#links .name")) {
		t.Error("not exactly the titles that are written from right to left are aligned right")
	}
}

func editTitle(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	const row = "#links li:nth-child(2) "
	b.edit(2)
	b.insert(" A title ")
	b.press(kb.Enter)
	b.waitText(row+".name", "A title")
	b.waitText("#toast-text", "Saved.")
	b.waitFor(`document.activeElement.className === "link"`)
	if got := s.links()[1].Title; got != "A title" {
		t.Errorf("stored title: got %q, want A title", got)
	}
	b.edit(2)
	b.fill(row+"[name=title]", "Something else")
	b.press(kb.Escape)
	b.waitFor(`document.activeElement.className === "link"`)
	if got := b.text(row + ".name"); got != "A title" || b.isVisible(row+".editor") {
		t.Errorf("name after Escape: got %q, want A title, and no editor", got)
	}
	b.edit(2)
	b.fill(row+"[name=title]", " ")
	b.press(kb.Backspace, kb.Enter)
	b.waitText(row+".name", "n1.example.com/page?number=1")
	if got := s.links()[1]; got.Title != "" || got.Link != numbered(2)[1] {
		t.Errorf("stored link: got %v, want %s without a title", got, numbered(2)[1])
	}
	if got := s.countRequests("PATCH"); got != 2 {
		t.Errorf("PATCH requests: got %d, want 2", got)
	}
}

func editAll(t *testing.T, s *site, b *tab) {
	s.store(numbered(2)...)
	b.openWithToken(s, token)
	_, before := s.request(http.MethodGet, "/link", "")
	b.edit(1)
	b.insert("A title")
	b.press(kb.Tab)
	b.insert("one, Two/Three, ONE,")
	b.press(kb.Tab)
	b.insert("First")
	b.press(kb.Enter)
	b.insert("second")
	b.press(ctrl + kb.Enter)
	b.waitText("#links .note", "First\nsecond")
	_, body := s.request(http.MethodGet, "/link", "")
	const want = `"title":"A title","tags":["one","Two/Three"],"note":"First\nsecond"`
	if !strings.Contains(string(body), want) {
		t.Errorf("stored links: got %s, want %s", body, want)
	}
	b.expectLog("net::ERR")
	s.intercept(abort)
	b.undo()
	b.waitFor(`byId("toast").innerText.startsWith("Can’t reach the service.")`)
	s.intercept(nil)
	b.click("#toast-undo")
	b.waitText("#toast-text", "Undone.")
	if _, after := s.request(http.MethodGet, "/link", ""); string(after) != string(before) {
		t.Errorf("stored links after undo: got %s, want %s", after, before)
	}
	if got := b.text("#links .name"); got != "n0.example.com/page?number=0" || b.isVisible("#links .note") {
		t.Errorf("row after undo: got %q, want the URL as name and no note", got)
	}
}

func editLongNote(t *testing.T, s *site, b *tab) {
	s.store(numbered(1)...)
	b.openWithToken(s, token)
	b.edit(1)
	b.press(kb.Tab, kb.Tab)
	b.insert(strings.Repeat("A long note. ", 60))
	b.press(ctrl + kb.Enter)
	b.waitFor(`document.activeElement.className === "link"`)
	if got := b.text("#links .more"); got != "More" {
		t.Errorf("button below the note: got %q, want More", got)
	}
}

func completeTags(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[{"link": "https://a.example/"},
		{"link": "https://b.example/", "tags": ["Recipes/Soups", "reading"]},
		{"link": "https://c.example/", "tags": ["reading", "rare"]}]`)
	b.openWithToken(s, token)
	b.edit(1)
	b.press(kb.Tab)
	b.typeText("re")
	const options = `Array.from(document.querySelectorAll("#links [role=option]"), (o) => o.textContent).join()`
	if got := eval[string](b, options); got != "reading,Recipes/Soups" {
		t.Errorf("options: got %s, want the more frequent tag first", got)
	}
	b.press(kb.ArrowDown, kb.Enter)
	b.typeText("so")
	b.press(kb.ArrowDown)
	if got := eval[string](b, `document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))
		?.textContent`); got != "Recipes/Soups" {
		t.Errorf("active option: got %q, want Recipes/Soups", got)
	}
	b.press(kb.Enter)
	if got := eval[string](b, `document.activeElement.value`); got != "reading, Recipes/Soups, " {
		t.Errorf("field: got %q, want %q", got, "reading, Recipes/Soups, ")
	}
	b.typeText("r")
	b.press(kb.Escape)
	if !b.isVisible(".editor") || b.isVisible("#links .options") {
		t.Error("Escape does not close the options only")
	}
	b.press(kb.Backspace, kb.Enter)
	b.waitText("#links li:nth-child(1) .tags", "reading\nRecipes/Soups")
}

func editRejected(t *testing.T, s *site, b *tab) {
	s.store(numbered(1)...)
	b.expectLog("status of 400")
	b.openWithToken(s, token)
	long := strings.Repeat("ä", 1001)
	b.edit(1)
	b.insert(long)
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#links .editor-error").textContent !== ""`)
	_, body := s.request(http.MethodPatch, "/link/"+s.links()[0].ID, `{"title": `+quote(long)+`}`)
	if got, want := b.text("#links .editor-error"), s.errorMessage(body); got != want {
		t.Errorf("message: got %q, want %q", got, want)
	}
	if !eval[bool](b, `document.activeElement.name === "title" && document.activeElement.ariaInvalid === "true"`) {
		t.Error("the title is not focused and marked invalid")
	}
	b.press(kb.End, kb.Backspace, kb.Enter)
	b.waitText("#links .name", strings.Repeat("ä", 1000))
	if b.isVisible(".editor-error") {
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
	b.waitFor(`document.activeElement.name === "title"`)
}

func editForbidden(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.expectLog("status of 403")
	b.open(s.url + "/")
	b.forceEditing()
	b.click("#links li:nth-child(2) .edit")
	b.waitFor(`document.querySelector("#links li:nth-child(2) .row-error").textContent !== ""`)
	if got, want := b.text("#links li:nth-child(2) .row-error"), "Editing and deleting are off."; got != want {
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
	b.edit(2)
	if got := eval[string](b, `document.activeElement.placeholder`); got != numbered(2)[1] {
		t.Errorf("placeholder of the title: got %q, want the URL", got)
	}
	b.insert("Too late")
	b.settle(revisiting) // What was typed stays.
	b.press(kb.Enter)
	b.waitText(".editor-error", "This link was deleted elsewhere.")
	if got := eval[string](b, `document.activeElement.value`); got != "Too late" {
		t.Errorf("focused field: got %q, want what was typed", got)
	}
	b.press(kb.Escape)
	b.revisit()
	b.waitShown(2)
	if !eval[bool](b, `document.activeElement === document.querySelector("#links > li:nth-child(2) a.link")`) {
		t.Error("the next link is not focused")
	}
}

func editDuringSearch(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	b.edit(2)
	b.insert("Half a title")
	b.search("n0")
	b.waitShown(1)
	b.search("")
	b.waitShown(3)
	got := eval[string](b, `document.querySelector("#links li:nth-child(2) [name=title]").value`)
	if got != "Half a title" {
		t.Errorf("field: got %q, want %q", got, "Half a title")
	}
}

func newTitle(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openFresh(s.url + "/#title=A%20title&add=" + numbered(2)[1])
	b.press(kb.Enter)
	b.waitText("#message", "Already in your list. Details added.")
	b.waitText("#links li:nth-child(2) .name", "A title")
	if got := s.links()[1].Title; got != "A title" {
		t.Errorf("stored title: got %q, want A title", got)
	}
	b.openFresh(s.url + "/#title=Another&add=" + numbered(2)[1])
	b.press(kb.Enter)
	b.waitText("#message", "Already in your list, with another title.")
	if got := s.links()[1].Title; got != "A title" || b.text("#links li:nth-child(2) .name") != "A title" {
		t.Errorf("stored title: got %q, want A title", got)
	}
}
