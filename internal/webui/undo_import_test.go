package webui_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

func undoImportCases() []testCase {
	return []testCase{
		{name: "Undo removes what an import added, and nothing else", inFirefox: true, run: importUndo},
		{name: "Undo preserves what was changed since the import", run: importUndoLater},
		{name: "A canceled Undo of an import can be continued", run: importUndoCanceled},
	}
}

func importUndo(t *testing.T, _ *site, b *tab) {
	s := newLocalSite(t)
	if status, body := s.request("POST", "/link", `[
		{"link": "https://example.com/described", "added": "2013-07-01T00:00:02Z"},
		{"link": "https://example.com/tagged", "title": "Own", "tags": ["Own", "GO"], "added": "2013-07-01T00:00:00Z"},
		{"link": "https://example.com/other", "added": "2013-07-01T00:00:00Z"}]`); status != http.StatusOK {
		t.Fatalf("store: %d %s", status, body)
	}
	before := s.portables()
	b.open(s.url + "/")
	b.importFile("bookmarks.html", testdata(t, "firefox.html"))
	if got := s.portables(); len(got) != 4 {
		t.Fatalf("stored links: got\n%s", lines(got))
	}
	b.run(`byId("undo-import").focus()`)
	b.press(kb.Enter)
	b.waitText("#report", "Undone for 3 links.")
	b.waitFor(`document.activeElement.id === "file"`)
	s.wantPortables(before...)
	b.waitShown(3)
	if got := b.text("#undo-import"); got != "" {
		t.Errorf("what was undone can be undone again: %q", got)
	}
}

// undoImport clicks "Undo this import" and waits for the report.
func (b *tab) undoImport(report string) {
	b.t.Helper()
	b.click("#undo-import")
	b.waitText("#report", report)
}

func importUndoLater(t *testing.T, _ *site, b *tab) {
	s := newLocalSite(t)
	b.expectLog("status of 404")
	s.store("https://example.com/described", "https://example.com/tagged")
	b.open(s.url + "/")
	b.importFile("bookmarks.html", testdata(t, "firefox.html"))
	for _, l := range s.links() {
		method, body := "PATCH", `{"title": "Later", "tags": ["Later", "go"]}`
		if strings.Contains(l.Link, "/a?") {
			method, body = "DELETE", ""
		}
		if status, response := s.request(method, "/link/"+l.ID, body); status >= 300 {
			t.Fatalf("%s: %d %s", method, status, response)
		}
	}
	b.undoImport("Undone for 3 links.")
	got := s.portables()
	for i := range got {
		got[i].Added = ""
	}
	want := []portable{
		{"https://example.com/described", "Later", "Later,go", "", ""},
		{"https://example.com/tagged", "Later", "Later", "", ""},
	}
	if !slices.Equal(got, want) {
		t.Errorf("stored links: got\n%s\nwant\n%s", lines(got), lines(want))
	}
}

func importUndoCanceled(t *testing.T, _ *site, b *tab) {
	s := newLocalSite(t)
	b.open(s.url + "/")
	b.importFile("urls.txt", strings.Join(numbered(20), "\n"))
	var inFlight atomic.Int32
	goOn := make(chan struct{})
	s.intercept(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			inFlight.Add(1)
			<-goOn
		}
	})
	b.click("#undo-import")
	for deadline := time.Now().Add(maxWait); inFlight.Load() < 6; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("deletions in flight: got %d, want 6", inFlight.Load())
		}
	}
	b.click("#job-cancel")
	close(goOn)
	b.waitText("#report", "Canceled. Undone for 6 links of 20.")
	if got := len(s.links()); got != 14 {
		t.Errorf("stored links: got %d, want 14", got)
	}
	b.undoImport("Undone for 14 links.")
	if got := len(s.links()); got != 0 {
		t.Errorf("stored links: got %d, want 0", got)
	}
}
