package webui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

func undoCases() []testCase {
	return []testCase{
		{
			name:      "Deletions that are in progress when the document is closed are completed",
			inFirefox: true, token: token, run: leaveWhileDeleting,
		},
		{name: "Before a document with many deletions is closed, the browser asks", token: token, run: leaveWithMany},
		{
			name:      "A deletion can be undone after something else was done",
			inFirefox: true, token: token, run: undoInOrder,
		},
		{name: "Undo reverts one action at a time", token: token, run: undoTwice},
		{name: "The error of a failed Undo disappears with the next action", token: token, run: undoFails},
		{name: "Storing a deleted link again preserves Undo of other actions", token: token, run: undoAfterSave},
		{name: "Ctrl+Z without an action to undo changes no field", token: token, run: undoNothing},
		{name: "A paste into the link field can be undone", inFirefox: true, run: undoPaste},
	}
}

// removeAll deletes all links that are shown.
func (b *tab) removeAll() {
	b.t.Helper()
	b.press(kb.Escape, "j", "x")
	b.click("#select-all")
	b.click("#selection-delete")
	b.waitShown(0)
}

func leaveWhileDeleting(_ *testing.T, s *site, b *tab) {
	s.store(numbered(50)...)
	b.openWithToken(s, token)
	s.intercept(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			time.Sleep(100 * time.Millisecond)
		}
	})
	b.removeAll()
	b.click("#toast-close")
	b.openOther(s)
	s.waitStored([]string{})
}

func leaveWithMany(t *testing.T, s *site, b *tab) {
	s.store(numbered(201)...)
	b.openWithToken(s, token)
	for _, number := range []int{100, 150, 200, 201} {
		b.click("#older")
		b.waitShown(number)
	}
	b.removeAll()
	if !b.asksBeforeLeaving() {
		t.Error("the browser does not ask before it leaves 201 pending deletions")
	}
	b.undo()
	b.waitShown(201)
	if b.asksBeforeLeaving() {
		t.Error("the browser asks although nothing is pending")
	}
}

func undoInOrder(t *testing.T, s *site, b *tab) {
	s.store(numbered(4)...)
	b.openWithToken(s, token)
	b.remove(2)
	b.edit(1)
	b.insert("A title")
	b.press(kb.Enter)
	b.waitText("#toast-text", "Saved. Deleted “n1.example.com/page?number=1”.")
	b.press("x")
	b.run(`navigator.clipboard.writeText = async () => {}`)
	b.click("#selection-copy")
	b.waitText("#toast-text", "1 link copied. Saved. Deleted “n1.example.com/page?number=1”.")
	b.click("#toast-undo")
	b.waitText("#toast-text", "Undone. Deleted “n1.example.com/page?number=1”.")
	if got := b.text("#links .name"); got != "n0.example.com/page?number=0" {
		t.Errorf("name: got %q, want the URL", got)
	}
	b.undo()
	b.waitText("#toast-text", "Undone.")
	if got := b.shown(); !slices.Equal(got, numbered(4)) {
		t.Errorf("list: got %q, want %q", got, numbered(4))
	}
	if b.isVisible("#toast-undo") {
		t.Error("Undo is offered after all was undone")
	}
	if got := s.storedURLs(); !slices.Equal(got, numbered(4)) {
		t.Errorf("stored links: got %q, want %q", got, numbered(4))
	}
}

func undoTwice(t *testing.T, s *site, b *tab) {
	s.store(numbered(1)...)
	b.openWithToken(s, token)
	for _, title := range []string{"A", "B"} {
		b.edit(1)
		b.insert(title)
		b.press(kb.Enter)
		b.waitText("#links .name", title)
	}
	proceed := make(chan struct{})
	s.intercept(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			<-proceed
		}
	})
	b.undo()
	b.undo() // while the first is in flight
	close(proceed)
	b.waitText("#toast-text", "Undone. Saved.")
	b.waitText("#links .name", "A")
	b.undo()
	b.waitText("#links .name", "n0.example.com/page?number=0")
	if got := s.links()[0].Title; got != "" {
		t.Errorf("title after Undo: got %q, want none", got)
	}
}

func undoFails(_ *testing.T, s *site, b *tab) {
	s.store(numbered(2)...)
	b.expectLog("net::ERR")
	b.openWithToken(s, token)
	b.edit(1)
	b.insert("A")
	b.press(kb.Enter)
	b.waitText("#toast-text", "Saved.")
	s.intercept(abort)
	b.undo()
	b.waitFor(`byId("toast-text").textContent.startsWith("Can’t reach the service.")`)
	s.intercept(nil)
	b.remove(2)
	b.waitText("#toast-text", "Deleted “n1.example.com/page?number=1”. Saved.")
	b.undo()
	b.waitText("#toast-text", "Undone. Saved.")
	b.undo()
	b.waitText("#links .name", "n0.example.com/page?number=0")
}

func undoAfterSave(t *testing.T, s *site, b *tab) {
	s.store(numbered(4)...)
	b.openWithToken(s, token)
	b.remove(3)
	b.press(kb.Delete)
	b.edit(1)
	b.insert("A title")
	b.press(kb.Enter)
	b.waitText("#toast-text", "Saved. 2 links deleted.")
	b.save(numbered(4)[3])
	b.waitText("#toast-text", "Saved. Deleted “n2.example.com/page?number=2”.")
	b.save(numbered(4)[2])
	b.waitText("#toast-text", "Saved.")
	b.click("#toast-undo")
	b.waitText("#toast-text", "Undone.")
	if got := b.text("#links li:nth-child(1) .name"); got != "n0.example.com/page?number=0" {
		t.Errorf("name after Undo: got %q, want the URL", got)
	}
	if got := s.storedURLs(); !slices.Equal(got, numbered(4)) {
		t.Errorf("stored links: got %q, want %q", got, numbered(4))
	}
}

func undoNothing(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.openWithToken(s, token)
	// isCanceled reports whether the browser does not handle Ctrl+Z. Chromium would undo
	// the last change of any field.
	isCanceled := func() bool {
		return eval[bool](b, `!document.activeElement.dispatchEvent(
			new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true, cancelable: true }))`)
	}
	b.insert("a")
	if isCanceled() {
		t.Error("a field that contains text does not get Ctrl+Z")
	}
	b.press(kb.Escape)
	if !isCanceled() {
		t.Error("the browser gets Ctrl+Z of the list without an action to undo")
	}
	b.remove(1)
	b.undo()
	b.waitText("#toast-text", "Undone.")
	if !isCanceled() {
		t.Error("the browser gets Ctrl+Z of the list after Undo")
	}
}

func undoPaste(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.typeText("example.org/a")
	b.pasteInto("Look: https://www.example.com/ and https://www.example.com/2")
	b.waitText("#message", "2 addresses found.")
	b.run(`document.execCommand("undo")`)
	if got := eval[string](b, `byId("link").value`); !strings.HasPrefix(got, "example.org/") {
		t.Errorf("field after undo: got %q, want what was typed", got)
	}
	b.fill("#link", "https://example.org/a")
	b.pasteAtEnd("https://www.example.com/")
	b.waitText("#message", "2 addresses found.")
	b.run(`document.execCommand("undo")`)
	b.waitFor(fmt.Sprintf(`byId("link").value === %q && byId("message").textContent === ""`, "https://example.org/a"))
}
