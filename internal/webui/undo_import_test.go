package webui_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func undoImportCases() []testCase {
	return []testCase{
		{name: "Undo removes what an import added, and nothing else", run: importUndo},
		{name: "Undo preserves what was changed since the import", run: importUndoLater},
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
	b.undoImport("Undone for 3 links.")
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
