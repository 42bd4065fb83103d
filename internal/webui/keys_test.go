package webui_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func keyCases() []testCase {
	return []testCase{
		{name: "Keys search, move, edit, select, delete and undo", inFirefox: true, token: token, run: keys},
		{
			name:      "A row has one tab stop, and the arrow keys reach its controls",
			inFirefox: true, token: token, run: roving,
		},
		{name: "Keys are text in a field", inFirefox: true, token: token, run: keysInFields},
		{name: "Delete on a button of an editor deletes nothing", token: token, run: deleteInEditor},
	}
}

// focusedRow returns the number of the row that contains the focus, counted from 1.
func (b *tab) focusedRow() int {
	b.t.Helper()
	return eval[int](b, `[...byId("links").children].indexOf(document.activeElement.closest("#links > li")) + 1`)
}

func keys(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.openWithToken(s, token)
	b.press("/")
	if got := eval[string](b, `document.activeElement.id + byId("link").value`); got != "query" {
		t.Errorf("/ in the empty link field: focused: got %s, want the search field", got)
	}
	b.press(kb.Escape) // leaves the field
	for _, c := range []struct {
		key  string
		want int
	}{{"j", 2}, {"j", 3}, {"k", 2}, {"k", 1}, {"k", 1}} {
		if b.press(c.key); b.focusedRow() != c.want {
			t.Errorf("%s: focused row %d, want %d", c.key, b.focusedRow(), c.want)
		}
	}
	b.press("/")
	if got := eval[string](b, `document.activeElement.id + document.activeElement.value`); got != "query" {
		t.Errorf("/: focused: got %s, want the empty search field", got)
	}
	b.press(kb.ArrowDown)
	if b.focusedRow() != 1 {
		t.Errorf("arrow down in the search field: focused row %d, want 1", b.focusedRow())
	}
	b.press("e")
	b.waitFor(`document.activeElement.name === "title"`)
	b.press(kb.Escape)
	if b.focusedRow() != 1 || b.isVisible(".editor") {
		t.Error("Escape does not close the editor and focus its row")
	}
	b.press("x", "j", "x")
	b.waitText("#selected", "2 selected")
	b.press(kb.Escape)
	if b.isVisible("#selection") {
		t.Error("Escape does not clear the selection")
	}
	for _, key := range []string{kb.Delete, kb.Backspace} {
		b.press("k", key)
		b.waitShown(49)
		b.undo()
		b.waitShown(50)
	}
	b.run(`byId("link").focus()`) // An empty link field is where the user starts.
	b.press("?")
	b.waitFor(`byId("keys").open`)
	for _, key := range []string{"/", "j", "k", "e", "Delete", "Ctrl"} {
		described := `[...document.querySelectorAll("#keys kbd")].some((e) => e.textContent === %q)`
		if !eval[bool](b, fmt.Sprintf(described, key)) {
			t.Errorf("the sheet does not contain %s", key)
		}
	}
	b.press(kb.Escape)
	b.waitFor(`!byId("keys").open`)
}

func roving(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[{"link": "https://a.example/", "title": "A", "tags": ["one", "two"]},
		{"link": "https://b.example/", "title": "B"}, {"link": "https://c.example/"}]`)
	b.openWithToken(s, token)
	b.press(kb.Escape)
	var got []string
	for range 7 {
		got = append(got, b.focused())
		b.press(kb.ArrowRight)
	}
	const want = "[A one two Edit A Copy A Delete A Delete A]"
	if fmt.Sprint(got) != want {
		t.Errorf("controls: got %v, want %s", got, want)
	}
	b.press(kb.Tab)
	if name := b.focused(); name != "B" {
		t.Errorf("Tab: got %q, want B", name)
	}
	b.press(kb.ArrowLeft)
	if name := b.focused(); name != "Select B" {
		t.Errorf("arrow left: got %q, want Select B", name)
	}
	b.press(kb.Tab)
	if name := b.focused(); name != "c.example" {
		t.Errorf("Tab: got %q, want c.example", name)
	}
	b.press(shift + kb.Tab)
	if name := b.focused(); name != "B" {
		t.Errorf("Shift+Tab: got %q, want B", name)
	}
}

func keysInFields(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	for _, field := range []string{"#link", "#query"} {
		b.fill(field, "a")
		b.press("/", "j", "x", "?")
		if got := eval[string](b, `document.activeElement.value`); got != "a/jx?" {
			t.Errorf("%s: got %q, want a/jx?", field, got)
		}
		b.press(kb.Home, kb.Delete)
		if got := eval[string](b, `document.activeElement.value`); got != "/jx?" {
			t.Errorf("%s after Delete: got %q, want /jx?", field, got)
		}
	}
	if b.isVisible("#toast") || b.isVisible("#selection") || eval[bool](b, `byId("keys").open`) {
		t.Error("a key in a field changed the list")
	}
}

func deleteInEditor(t *testing.T, s *site, b *tab) {
	s.store(numbered(2)...)
	b.openWithToken(s, token)
	for _, button := range []string{".cancel", ".primary"} {
		b.edit(1)
		b.run(`document.querySelector(".editor ` + button + `").focus()`)
		b.press(kb.Delete)
		if len(b.shown()) != 2 || !b.isVisible(".editor") || b.isVisible("#toast") {
			t.Fatalf("Delete on %s deletes the link or closes the editor", button)
		}
		b.press(kb.Escape)
	}
}
