package webui_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

const token = "a-token-of-the-test"

func deleteCases() []testCase {
	return []testCase{
		{
			name:      "A deletion can be undone and preserves the position",
			inFirefox: true, token: token, run: deleteAndUndo,
		},
		{name: "Deletions in a row are undone together", token: token, run: deleteSeveral},
		{name: "Closing the toast does not scroll the list", token: token, run: closeToast},
		{
			name:  "A deletion is sent when the time for undo is over, later by keyboard",
			token: token,
			run:   deleteAfterTime,
		},
		{
			name:      "A pending deletion is sent when the document is closed",
			inFirefox: true, token: token, run: deleteOnLeaving,
		},
		{
			name:  "A link that is stored again during a pending deletion keeps its position",
			token: token,
			run:   deleteAndSave,
		},
		{name: "After a failed deletion the link reappears with the reason", token: token, run: deleteFails},
		{name: "Deleting a link that was deleted elsewhere removes its row", token: token, run: deleteDeleted},
		{name: "Ctrl+Z undoes the deletion of the last link that is shown", token: token, run: undoLast},
		{
			name:      "After all links that are shown are deleted, older ones are shown",
			inFirefox: true, token: token, run: deleteShown,
		},
		{name: "Deleting the last link shows the empty list", token: token, run: deleteLast},
		{name: "A deletion that is no longer allowed is reported, and the link stays", run: deleteForbidden},
	}
}

// openWithToken stores a token, opens the web UI and stops its clock.
func (b *tab) openWithToken(s *site, given string) {
	b.t.Helper()
	b.open(s.url + "/")
	b.run(`localStorage["links token " + location.origin + location.pathname] = ` + quote(given))
	b.open(s.url + "/")
	b.stopClock()
}

func deleteAndUndo(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	for _, how := range []string{"click", "keys"} {
		b.remove(2)
		b.waitText("#toast-text", "Deleted “n1.example.com/page?number=1”.")
		if got := eval[string](b, `document.activeElement.href`); got != numbered(3)[2] {
			t.Errorf("focused link: got %q, want the next one, %q", got, numbered(3)[2])
		}
		if how == "keys" {
			b.undo()
		} else {
			b.click("#toast-undo")
		}
		b.waitText("#toast-text", "Undone.")
		if got := b.shown(); !slices.Equal(got, numbered(3)) {
			t.Errorf("list: got %q, want %q", got, numbered(3))
		}
		if got := eval[string](b, `document.activeElement.href`); got != numbered(3)[1] {
			t.Errorf("focused link: got %q, want the restored one, %q", got, numbered(3)[1])
		}
	}
	b.open(s.url + "/")
	if got := s.storedURLs(); !slices.Equal(got, numbered(3)) {
		t.Errorf("stored links: got %q, want %q", got, numbered(3))
	}
	if got := s.countRequests("DELETE"); got != 0 {
		t.Errorf("DELETE requests: got %d, want 0", got)
	}
}

func deleteSeveral(t *testing.T, s *site, b *tab) {
	s.store(numbered(4)...)
	b.openWithToken(s, token)
	b.remove(2)
	b.pass(7 * time.Second)
	b.press(kb.Delete, kb.Delete)
	b.waitText("#toast-text", "3 links deleted.")
	if got := b.shown(); !slices.Equal(got, numbered(1)) {
		t.Errorf("list: got %q, want %q", got, numbered(1))
	}
	b.pass(7 * time.Second)
	b.undo()
	b.waitText("#toast-text", "Undone.")
	if got := b.shown(); !slices.Equal(got, numbered(4)) {
		t.Errorf("list: got %q, want %q", got, numbered(4))
	}
	if got := s.storedURLs(); !slices.Equal(got, numbered(4)) {
		t.Errorf("stored links: got %q, want %q", got, numbered(4))
	}
}

func closeToast(t *testing.T, s *site, b *tab) {
	s.store(numbered(50)...)
	b.openWithToken(s, token)
	b.run(`document.querySelector("#links li:nth-child(40) .link").focus()`)
	b.press(kb.Delete)
	b.waitShown(49)
	before := eval[float64](b, `scrollY`)
	b.click("#toast-close")
	b.waitFor(`byId("toast").hidden`)
	if got := eval[float64](b, `scrollY`); got < before-100 || before < 1000 {
		t.Errorf("scroll position: got %.0f pixels, want about %.0f", got, before)
	}
	if got := b.focusedRow(); got < 20 {
		t.Errorf("focused row: got %d, want one in the window", got)
	}
}

func deleteAfterTime(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	b.remove(1)
	b.pass(8*time.Second - time.Millisecond)
	if !b.isVisible("#toast-undo") || s.countRequests("DELETE") != 0 {
		t.Error("before the time for undo is over, Undo is hidden or the deletion was sent")
	}
	b.pass(time.Millisecond)
	s.waitStored(numbered(3)[1:])
	if b.isVisible("#toast") {
		t.Error("the toast is visible after the time for undo")
	}
	b.press("x", kb.Escape) // the focus becomes visible
	b.remove(1)
	b.run(`byId("toast-undo").focus({ focusVisible: true })`)
	b.pass(32*time.Second - time.Millisecond)
	if !b.isVisible("#toast-undo") {
		t.Error("Undo is hidden while it is focused")
	}
	b.pass(time.Millisecond)
	s.waitStored(numbered(3)[2:])
	if got := eval[string](b, `document.activeElement.href`); got != numbered(3)[2] {
		t.Errorf("focused link after the toast is closed: got %q, want %q", got, numbered(3)[2])
	}
}

func deleteOnLeaving(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	b.remove(1)
	b.remove(1)
	if got := s.countRequests("DELETE"); got != 0 {
		t.Errorf("DELETE requests while undo is possible: got %d, want 0", got)
	}
	b.open(s.url + "/")
	s.waitStored(numbered(3)[2:])
	b.open(s.url + "/")
	if got, want := b.shown(), numbered(3)[2:]; !slices.Equal(got, want) {
		t.Errorf("list: got %q, want %q", got, want)
	}
}

func deleteAndSave(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	b.remove(2)
	if got := b.save(numbered(3)[1]); got != "Already in your list." {
		t.Errorf("message: got %q, want %q", got, "Already in your list.")
	}
	if !eval[bool](b, `document.activeElement.id === "link"`) {
		t.Error("the link field is not focused")
	}
	b.open(s.url + "/")
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("list: got %q, want %q", got, numbered(3))
	}
}

func deleteFails(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.expectLog("status of 401")
	b.openWithToken(s, "no longer valid")
	b.remove(2)
	// An export sends pending deletions first.
	b.click("#tools-button")
	b.click("#export-json")
	b.waitFor(`byId("token-dialog").open`)
	b.press(kb.Escape)
	b.waitFor(`document.querySelector("#links li:nth-child(2) .row-error").textContent !== ""`)
	if got, want := b.text("#links li:nth-child(2) .row-error"), "Not deleted. A token is required."; got != want {
		t.Errorf("message: got %q, want %q", got, want)
	}
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("list: got %q, want %q", got, numbered(3))
	}
}

func deleteDeleted(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.expectLog("status of 404")
	b.openWithToken(s, token)
	s.request(http.MethodDelete, "/link/"+s.links()[1].ID, "")
	b.remove(2)
	b.settle(`pass(8000)`)
	b.waitFor(`!byId("toast").checkVisibility()`)
	if got := b.text("#links"); strings.Contains(got, "n1.example.com") || b.isVisible("#links .row-error") {
		t.Errorf("list: got %q, want no deleted link and no error", got)
	}
}

func deleteLast(t *testing.T, s *site, b *tab) {
	s.store("https://www.example.com/")
	b.openWithToken(s, token)
	b.remove(1)
	b.click("#tools-button")
	b.click("#export-json")
	b.waitText("#report", "Exported 0 links.")
	if b.text("#empty") == "" {
		t.Error("#empty is not visible")
	}
}

func undoLast(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	b.search("n1.")
	b.waitShown(1)
	b.press(kb.ArrowDown, kb.Delete)
	b.waitShown(0)
	b.press(ctrl + "z")
	b.waitText("#toast-text", "Undone.")
	b.waitShown(1)
	if got := eval[string](b, `byId("query").value`); got != "n1." {
		t.Errorf("query: got %q, want n1.", got)
	}
}

func deleteShown(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.openWithToken(s, token)
	b.removeAll()
	if got := b.text("#summary"); got != "" {
		t.Errorf("summary while the deletion can be undone: got %q, want none", got)
	}
	b.click("#toast-close")
	b.waitText("#summary", "10 links")
	if got := b.shown(); !slices.Equal(got, numbered(60)[50:]) {
		t.Errorf("list: got %q, want %q", got, numbered(60)[50:])
	}
}

func deleteForbidden(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.expectLog("status of 403")
	b.open(s.url + "/")
	b.forceEditing()
	b.act(2, "delete")
	b.waitFor(`document.querySelector("#links li:nth-child(2) .row-error").textContent !== ""`)
	if got, want := b.text("#links li:nth-child(2) .row-error"), "Editing and deleting are off."; got != want {
		t.Errorf("message: got %q, want %q", got, want)
	}
	if !eval[bool](b, `document.activeElement.className.includes("delete")`) {
		t.Error("the button is no longer focused")
	}
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("list: got %q, want %q", got, numbered(3))
	}
}
