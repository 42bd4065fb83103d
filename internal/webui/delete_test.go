package webui_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const token = "a-token-of-the-test"

func deleteCases() []testCase {
	return []testCase{
		{name: "Deleting can be undone, and the link keeps its place", token: token, run: deleteAndUndo},
		{name: "A deleted link goes when the time for undo has passed, which is longer by keyboard", token: token, run: deleteAfterTime},
		{name: "A deleted link goes when the page is left", token: token, run: deleteOnLeaving},
		{name: "A deleted link that is saved again keeps its place", token: token, run: deleteAndSave},
		{name: "A deletion that fails brings the link back with the reason", token: token, run: deleteFails},
		{name: "Deleting what was deleted elsewhere takes it away", token: token, run: deleteDeleted},
		{name: "Deleting the last link shows the empty list again", token: token, run: deleteLast},
		{name: "Deleting that the service no longer permits shows why and leaves the link", run: deleteForbidden},
	}
}

// withToken opens the page in a browser that has the token, and stops its clock.
func (b *tab) withToken(s *site, given string) {
	b.t.Helper()
	b.open(s.url + "/")
	b.stopClock()
	eval[chromedp.Void](b, `api.token.set(`+quote(given)+`)`)
}

func deleteAndUndo(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.withToken(s, token)
	b.click("#links li:nth-child(2) .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	if got := b.text("#links li:nth-child(2)"); got != "Deleted n1.example.com\nUndo" {
		t.Errorf("in its place the list says %q", got)
	}
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.ariaLabel === "Delete ` + numbered(2)[1] + `"`)
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("the list shows %q", got)
	}
	b.open(s.url + "/")
	if got := s.kept(); !slices.Equal(got, numbered(3)) {
		t.Errorf("the service holds %q", got)
	}
	if got := s.sent("DELETE"); got != 0 {
		t.Errorf("%d deletions were sent and should not have been", got)
	}
}

func deleteAfterTime(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.withToken(s, token)
	b.click("#links li:nth-child(1) .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	b.pass(5*time.Second - time.Millisecond)
	if got := b.text("#links li:nth-child(1)"); got != "Deleted n0.example.com\nUndo" {
		t.Errorf("the list says %q before the time for undo has passed", got)
	}
	b.pass(time.Millisecond)
	b.waitShown(2)
	if got, want := s.kept(), numbered(3)[1:]; !slices.Equal(got, want) {
		t.Errorf("the service holds %q, want %q", got, want)
	}
	eval[chromedp.Void](b, `document.querySelector("#links .copy").focus()`)
	b.press(kb.Tab, kb.Enter)
	b.waitFor(`document.activeElement.className === "undo"`)
	b.pass(20*time.Second - time.Millisecond)
	if got := b.text("#links li:nth-child(1)"); got != "Deleted n1.example.com\nUndo" {
		t.Errorf("the list says %q, though Undo has the focus", got)
	}
	b.pass(time.Millisecond)
	b.waitShown(1)
	if got, want := s.kept(), numbered(3)[2:]; !slices.Equal(got, want) {
		t.Errorf("the service holds %q, want %q", got, want)
	}
}

func deleteOnLeaving(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.withToken(s, token)
	b.click("#links li:nth-child(1) .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	b.click("#links li:nth-child(2) .delete")
	b.waitFor(`document.querySelectorAll(".deleted:not([hidden])").length === 2 && document.activeElement.closest("li:nth-child(2)")`)
	if got := s.sent("DELETE"); got != 0 {
		t.Errorf("%d deletions were sent while they could be undone", got)
	}
	b.open(s.url + "/")
	s.waitKept(numbered(3)[2:])
	b.open(s.url + "/")
	if got, want := b.shown(), numbered(3)[2:]; !slices.Equal(got, want) {
		t.Errorf("the list shows %q, want %q", got, want)
	}
}

func deleteAndSave(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.withToken(s, token)
	b.click("#links li:nth-child(2) .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	if got := b.save(numbered(3)[1]); got != "Already in your list." {
		t.Errorf("the page says %q", got)
	}
	if !eval[bool](b, `document.activeElement.id === "link"`) {
		t.Error("the field has lost the focus")
	}
	b.open(s.url + "/")
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("the list shows %q", got)
	}
}

func deleteFails(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.provokes("status of 401")
	b.withToken(s, "no longer valid")
	b.click("#links li:nth-child(2) .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	// An export waits for deletions, so that it tells the truth.
	b.click("#more")
	b.click("#export-json")
	b.waitFor(`document.querySelector("#ask").open`)
	b.press(kb.Escape)
	b.waitFor(`document.querySelector("#links li:nth-child(2) .note").textContent !== ""`)
	_, body := (&site{t: t, url: s.url}).request(http.MethodDelete, "/link/00000000-0000-0000-0000-000000000000", "")
	if got, want := b.text("#links li:nth-child(2) .note"), s.sentence(body); got != want {
		t.Errorf("the page says %q, the service %q", got, want)
	}
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("the list shows %q", got)
	}
}

func deleteDeleted(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.provokes("status of 404")
	b.withToken(s, token)
	s.request(http.MethodDelete, "/link/"+s.links()[1].ID, "")
	b.click("#links li:nth-child(2) .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	b.pass(5 * time.Second)
	b.waitShown(2)
	if got := b.text("#links .note"); got != "" {
		t.Errorf("the page says %q", got)
	}
}

func deleteLast(t *testing.T, s *site, b *tab) {
	s.keep("https://www.example.com/")
	b.withToken(s, token)
	b.click("#links .delete")
	b.waitFor(`document.activeElement.className === "undo"`)
	b.click("#more")
	b.click("#export-json")
	b.waitText("#report", "0 links exported.")
	if b.text("#empty") == "" {
		t.Error("the page does not say that nothing is kept")
	}
}

func deleteForbidden(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.provokes("status of 403")
	b.open(s.url + "/")
	b.editingWasOn()
	b.click("#links li:nth-child(2) .delete")
	b.waitFor(`document.querySelector("#links li:nth-child(2) .note").textContent !== ""`)
	_, body := s.request(http.MethodDelete, "/link/00000000-0000-0000-0000-000000000000", "")
	if got, want := b.text("#links li:nth-child(2) .note"), s.sentence(body); got != want {
		t.Errorf("the page says %q, the service %q", got, want)
	}
	if !eval[bool](b, `document.activeElement.className.includes("delete")`) {
		t.Error("the focus is lost")
	}
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("the list shows %q", got)
	}
}
