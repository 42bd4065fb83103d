package webui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func selectionCases() []testCase {
	return []testCase{
		{
			name:      "Several links are deleted together, and restored together",
			inFirefox: true, token: token, run: selectDelete,
		},
		{name: "A tag is added to several links, and removed by Undo", inFirefox: true, token: token, run: selectTag},
		{name: "A tag is added to a link that was deleted elsewhere", token: token, run: selectTagDeleted},
		{name: "Undo of an added tag preserves what was changed since", token: token, run: selectTagUndoLater},
		{name: "A tag that was added to some links only can be undone", token: token, run: selectTagFails},
		{name: "The URLs of several links are copied", inFirefox: true, token: token, run: selectCopy},
		{name: "Replacing the list clears the selection", token: token, run: selectEnds},
	}
}

func selectDelete(t *testing.T, s *site, b *tab) {
	s.store(numbered(10)...)
	b.openWithToken(s, token)
	b.click("#links li:nth-child(2) .pick")
	b.shiftClick("#links li:nth-child(5) .pick")
	b.waitText("#selected", "4 selected")
	b.click("#links li:nth-child(3) .pick")
	b.waitText("#selected", "3 selected")
	b.click("#selection-delete")
	b.waitText("#toast-text", "3 links deleted.")
	want := slices.Concat(numbered(10)[:1], numbered(10)[2:3], numbered(10)[5:])
	if got := b.shown(); !slices.Equal(got, want) {
		t.Errorf("list: got %q, want %q", got, want)
	}
	b.undo()
	b.waitShown(10)
	// A range does not start in a selection that has ended.
	b.shiftClick("#links li:nth-child(4) .pick")
	b.waitText("#selected", "1 selected")
	b.click("#selection-clear")
	b.press("x")
	b.click("#select-all")
	b.waitText("#selected", "10 selected")
	b.press("x") // the button is focused, not a row
	b.press(kb.Delete)
	b.waitShown(0)
	b.click("#toast-close")
	s.waitStored([]string{})
	b.waitFor(`byId("empty").checkVisibility()`)
}

// shiftClick clicks near the corner of an element while Shift is pressed.
func (b *tab) shiftClick(selector string) {
	b.t.Helper()
	at := eval[[2]float64](b, fmt.Sprintf(`{
		const { left, top } = document.querySelector(%q).getBoundingClientRect();
		[left + 3, top + 3];
	}`, selector))
	b.must(b.driver.click(at[0], at[1], true))
}

func selectTag(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[{"link": "https://a.example/", "tags": ["Own"]},
		{"link": "https://b.example/"}, {"link": "https://c.example/", "tags": ["OWN", "new"]}]`)
	b.openWithToken(s, token)
	_, before := s.request(http.MethodGet, "/link", "")
	b.press(kb.Escape)
	b.press("x", "j", "x", "j", "x")
	b.click("#selection-add-tag")
	b.insert("new, own")
	b.press(kb.Enter)
	b.waitText("#toast-text", "Tag added to 3 links.")
	tags := func() string {
		return eval[string](b, `Array.from(document.querySelectorAll("#links .tags"),
			(e) => Array.from(e.children, (c) => c.textContent).join()).join(" ")`)
	}
	if got := tags(); got != "Own,new new,own OWN,new" {
		t.Errorf("tags in the list: got %q, want %q", got, "Own,new new,own OWN,new")
	}
	_, after := s.request(http.MethodGet, "/link", "")
	for _, want := range []string{`["Own","new"]`, `["new","own"]`, `["OWN","new"]`} {
		if !strings.Contains(string(after), want) {
			t.Errorf("stored links: got %s, want tags %s", after, want)
		}
	}
	b.undo()
	b.waitText("#toast-text", "Undone.")
	if _, after := s.request(http.MethodGet, "/link", ""); string(after) != string(before) {
		t.Errorf("stored links after undo: got %s, want %s", after, before)
	}
	if got := tags(); got != "Own  OWN,new" {
		t.Errorf("tags in the list after undo: got %q, want %q", got, "Own  OWN,new")
	}
}

// tagAll adds a tag to all links that are shown.
func (b *tab) tagAll(tag string) {
	b.t.Helper()
	b.press(kb.Escape)
	b.press("x")
	b.click("#select-all")
	b.click("#selection-add-tag")
	b.insert(tag)
	b.press(kb.Enter)
}

func selectTagUndoLater(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[{"link": "https://a.example/", "tags": ["Own"]},
		{"link": "https://b.example/"}, {"link": "https://c.example/", "tags": ["NEW"]}]`)
	b.expectLog("status of 404")
	b.openWithToken(s, token)
	b.tagAll("new")
	b.waitText("#toast-text", "Tag added to 3 links.")
	s.request(http.MethodPost, "/link", `{"link": "https://a.example/", "tags": ["Later"]}`)
	s.request(http.MethodDelete, "/link/"+s.links()[1].ID, "")
	b.undo()
	b.waitFor(`!byId("toast-text").textContent.startsWith("Tag added")`)
	if got := b.text("#toast-text"); got != "Undone." {
		t.Errorf("message: got %q, want Undone.", got)
	}
	got := s.portables()
	for i := range got {
		got[i].Added = ""
	}
	want := []portable{{"https://a.example/", "", "Own,Later", "", ""}, {"https://c.example/", "", "NEW", "", ""}}
	if !slices.Equal(got, want) {
		t.Errorf("stored links: got\n%s\nwant\n%s", lines(got), lines(want))
	}
	if got := b.text("#links li:first-child .tags"); got != "Own\nLater" {
		t.Errorf("tags in the list: got %q, want %q", got, "Own\nLater")
	}
}

func selectTagDeleted(_ *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", `[{"link": "https://a.example/", "title": "A", "note": "Note"},
		{"link": "https://b.example/"}]`)
	b.openWithToken(s, token)
	s.request(http.MethodDelete, "/link/"+s.links()[0].ID, "")
	b.tagAll("new")
	b.waitText("#toast-text", "Tag added to 2 links.")
	s.wantLinks(`"https://a.example/","title":"A","tags":["new"],"note":"Note"`, `"https://b.example/","tags":["new"]`)
}

func selectTagFails(t *testing.T, s *site, b *tab) {
	s.store(numbered(150)...)
	b.expectLog("net::ERR")
	b.openWithToken(s, token)
	for _, n := range []int{100, 150} {
		b.click("#older")
		b.waitShown(n)
	}
	posts := 0
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		if posts++; posts > 1 { // Chromium may send it again.
			abort(w, r)
		}
	})
	b.tagAll("new")
	b.waitFor(`byId("toast-text").textContent.startsWith("Can’t reach")`)
	tagged := func() int {
		return strings.Count(strings.Join(eval[[]string](b, `Array.from(document.querySelectorAll("#links .tags"),
			(e) => e.textContent)`), " "), "new")
	}
	if got := b.text("#toast-text"); !strings.HasSuffix(got, " Tag added to 50 links of 150.") {
		t.Errorf("message: got %q, want the reason and 50 links of 150", got)
	}
	if got := tagged(); got != 50 {
		t.Errorf("links with the tag in the list: got %d, want 50", got)
	}
	if !b.isVisible("#toast-undo") {
		t.Fatal("what was stored cannot be undone")
	}
	b.click("#toast-undo")
	b.waitText("#toast-text", "Undone.")
	if _, body := s.request(http.MethodGet, "/link?tag=new", ""); strings.TrimSpace(string(body)) != "[]" {
		t.Errorf("stored links with the tag after undo: got %s", body)
	}
	if got := tagged(); got != 0 {
		t.Errorf("links with the tag in the list after undo: got %d, want 0", got)
	}
}

func selectCopy(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	b.run(`navigator.clipboard.writeText = async (text) => { window.copied = text; }`)
	b.press(kb.Escape)
	b.press("x", "j", "x", "c")
	b.waitText("#toast-text", "2 links copied.")
	if got := eval[string](b, `copied`); got != strings.Join(numbered(2), "\n") {
		t.Errorf("copied: got %q, want %q", got, strings.Join(numbered(2), "\n"))
	}
	b.run(`{
		navigator.clipboard.writeText = () => Promise.reject(new Error("not here"));
		document.execCommand = () => false;
	}`)
	b.click("#selection-copy")
	b.waitText("#toast-text", "Not copied.")
}

func selectEnds(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	b.press(kb.Escape)
	b.press("x")
	b.search("n2.")
	if b.isVisible("#selection") {
		t.Error("the selection survives a search")
	}
	b.press(kb.Escape, kb.Escape)
	b.press("x")
	b.click("#selection-clear")
	if b.isVisible("#selection") || b.focusedRow() != 1 {
		t.Error("the selection is not cleared, or no row is focused")
	}
}
