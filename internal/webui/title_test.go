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
		{name: "A row shows title, address and day", run: titleAndDay},
		{name: "Finding looks in titles too, for every word", run: findTitle},
		{name: "A title is changed in place with Enter, and Escape leaves it", token: token, run: editTitle},
		{name: "A title that the service refuses can be mended where it is", token: token, run: editRefused},
		{name: "Editing asks for the token before a title is typed", token: token, run: editAsks},
		{name: "Editing that the service no longer permits shows why", run: editForbidden},
		{name: "A link that was deleted elsewhere goes when its title is changed", token: token, run: editDeleted},
		{name: "A title half written outlives finding", token: token, run: editWhileFinding},
		{name: "Saving an address with a new title shows the title where it is", run: newTitle},
	}
}

func titleAndDay(t *testing.T, s *site, b *tab) {
	s.keepLinks(
		link{Link: "https://user@Example.com:8443/path?q=1", Title: "A page <b>", Added: "2024-02-29T12:00:00Z"},
		link{Link: "https://example.org/untitled", Added: "2013-07-01T12:00:00Z"},
		link{Link: `https://example.net\@elsewhere.example/`, Title: "Trick"},
	)
	b.open(s.url + "/")
	for selector, want := range map[string]string{
		"#links li:nth-child(2) .name":    "A page <b>",
		"#links li:nth-child(2) .address": "https://user@Example.com:8443/path?q=1",
		"#links li:nth-child(2) b":        "Example.com:8443",
		"#links li:nth-child(2) .day":     "29 Feb 2024",
		"#links li:nth-child(3) .name":    "example.org",
		"#links li:nth-child(3) .address": "https://example.org/untitled",
		"#links li:nth-child(3) .day":     "1 Jul 2013",
		// What stands behind the backslash is part of the path.
		"#links li:nth-child(1) b": "example.net",
	} {
		if got := b.text(selector); got != want {
			t.Errorf("%s shows %q, want %q", selector, got, want)
		}
	}
	if got := eval[string](b, `document.querySelector("#links li:nth-child(2) time").dateTime`); got != "2024-02-29T12:00:00.000Z" {
		t.Errorf("a program reads the date %s", got)
	}
}

func findTitle(t *testing.T, s *site, b *tab) {
	s.keepLinks(
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
		b.fill("#sought", words)
		b.waitFor(fmt.Sprintf(`document.querySelector("#find-message").textContent.startsWith("%d of 3")`, len(want)))
		if got := b.shown(); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", words, got, want)
		}
	}
}

func editTitle(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.withToken(s, token)
	const row = "#links li:nth-child(2) "
	b.click(row + ".edit")
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.paste(" A title ")
	b.press(kb.Enter)
	b.waitText(row+".name", "A title")
	b.waitFor(`document.activeElement.className.includes("edit")`)
	if got := b.text("#news"); got != "The title is A title." {
		t.Errorf("a screen reader hears %q", got)
	}
	if got := s.links()[1].Title; got != "A title" {
		t.Errorf("the service holds the title %q", got)
	}
	b.fill("#sought", "a title")
	b.waitShown(1)
	b.fill("#sought", "")
	b.press(kb.Backspace)
	b.waitShown(3)
	b.click(row + ".edit")
	b.waitFor(`document.activeElement.value === "A title"`)
	b.paste("Something else")
	b.press(kb.Escape)
	b.waitFor(`document.activeElement.className.includes("edit")`)
	if got := b.text(row + ".name"); got != "A title" || b.text(row+".editor") != "" {
		t.Errorf("after Escape the row says %q", got)
	}
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.press(kb.Backspace, kb.Enter)
	b.waitText(row+".name", "n1.example.com")
	if got := s.links()[1]; got.Title != "" || got.Link != numbered(2)[1] {
		t.Errorf("the service holds %v", got)
	}
	if got := s.sent("PATCH"); got != 2 {
		t.Errorf("%d titles were sent, want 2", got)
	}
}

func editRefused(t *testing.T, s *site, b *tab) {
	s.keep(numbered(1)...)
	b.provokes("status of 400")
	b.withToken(s, token)
	long := strings.Repeat("ä", 1001)
	b.click("#links .edit")
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.paste(long)
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#links .note").textContent !== ""`)
	_, body := s.request(http.MethodPatch, "/link/"+s.links()[0].ID, `{"title": `+quote(long)+`}`)
	if got, want := b.text("#links .note"), s.sentence(body); got != want {
		t.Errorf("the page says %q, the service %q", got, want)
	}
	b.press(kb.Backspace, kb.Enter)
	b.waitText("#links .name", strings.Repeat("ä", 1000))
	if b.text("#links .note") != "" {
		t.Error("the refusal is still there")
	}
}

func editAsks(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	// The last question is about an id that no link has.
	b.provokes("status of 401", "status of 404")
	b.open(s.url + "/")
	b.click("#links li:nth-child(2) .edit")
	b.giveToken(token)
	b.waitFor(`document.activeElement.className === "new-title"`)
}

func editForbidden(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.provokes("status of 403")
	b.open(s.url + "/")
	b.editingWasOn()
	b.click("#links li:nth-child(2) .edit")
	b.waitFor(`document.querySelector("#links li:nth-child(2) .note").textContent !== ""`)
	_, body := s.request(http.MethodPatch, "/link/00000000-0000-0000-0000-000000000000", `{"title": "x"}`)
	if got, want := b.text("#links li:nth-child(2) .note"), s.sentence(body); got != want {
		t.Errorf("the page says %q, the service %q", got, want)
	}
	if !eval[bool](b, `document.activeElement.className.includes("edit")`) {
		t.Error("the focus is lost")
	}
}

func editDeleted(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.provokes("status of 404")
	b.withToken(s, token)
	s.request(http.MethodDelete, "/link/"+s.links()[1].ID, "")
	b.click("#links li:nth-child(2) .edit")
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.paste("Too late")
	b.press(kb.Enter)
	b.waitShown(2)
	b.waitText("#news", "This link was deleted elsewhere.")
	if !eval[bool](b, `document.activeElement.className === "link" && document.activeElement.closest("#links > li:nth-child(2)") !== null`) {
		t.Error("the focus is not on the next link")
	}
}

func editWhileFinding(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.withToken(s, token)
	b.click("#links li:nth-child(2) .edit")
	b.waitFor(`document.activeElement.className === "new-title"`)
	b.paste("Half a title")
	b.fill("#sought", "n0")
	b.waitShown(1)
	b.fill("#sought", "")
	b.press(kb.Backspace)
	b.waitShown(3)
	if got := eval[string](b, `document.querySelector("#links li:nth-child(2) .new-title").value`); got != "Half a title" {
		t.Errorf("the field holds %q", got)
	}
}

func newTitle(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.do(chromedp.Navigate("about:blank"))
	b.open(s.url + "/#title=A%20title&add=" + numbered(2)[1])
	b.press(kb.Enter)
	b.waitText("#message", "Already in your list, now with this title.")
	b.waitText("#links li:nth-child(2) .name", "A title")
	if got := s.links()[1].Title; got != "A title" {
		t.Errorf("the service holds the title %q", got)
	}
	b.do(chromedp.Navigate("about:blank"))
	b.open(s.url + "/#title=Another&add=" + numbered(2)[1])
	b.press(kb.Enter)
	b.waitText("#message", "Already in your list.")
	if got := s.links()[1].Title; got != "A title" || b.text("#links li:nth-child(2) .name") != "A title" {
		t.Errorf("the service holds the title %q, want the one that was there", got)
	}
}
