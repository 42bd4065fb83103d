package webui_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func accessCases() []testCase {
	return []testCase{
		{name: "Everything works by keyboard alone, and the focus can always be seen", token: token, run: keyboardOnly},
		{name: "At 360 pixels nothing has to be scrolled sideways", token: token, run: narrow},
		{name: "axe finds nothing in any state of the page, in light and wide, in dark and narrow", token: token, run: axe},
	}
}

// prefers sets the colours and the motion that the person prefers.
func (b *tab) prefers(scheme string) {
	b.t.Helper()
	b.call(func() error {
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
}

// state is one look of the page. enter leads there from a page with links, which was just opened.
type state struct {
	name  string
	enter func(s *site, b *tab)
}

func states() []state {
	return []state{
		{"a list with an error, a message and an offer to undo", func(_ *site, b *tab) {
			b.save("not a link")
			b.click("#links li:nth-child(2) .copy")
			b.click("#links li:nth-child(3) .delete")
			b.waitFor(`document.activeElement.className === "undo"`)
			b.press(kb.Tab)
		}},
		{"a link found, and an import with skipped links", func(_ *site, b *tab) {
			b.choose("bookmarks.html", bookmarksFile([]string{"javascript:alert(1)", "https://example.com/" + strings.Repeat("x", 9000)}))
			b.click("#skipped summary")
			b.save(numbered(60)[59])
		}},
		{"a title that is changed, and one that came along", func(s *site, b *tab) {
			b.do(chromedp.Navigate("about:blank"))
			b.open(s.url + "/#add=https://www.example.com/&title=A%20title")
			b.click("#links li:nth-child(2) .edit")
			b.waitFor(`document.activeElement.className === "new-title"`)
			b.paste(strings.Repeat("A long title ", 20))
			b.press(kb.Enter)
			b.waitFor(`document.querySelector("#links li:nth-child(2) .name").textContent.startsWith("A long")`)
			b.click("#links li:nth-child(3) .edit")
			b.waitFor(`document.activeElement.closest("li:nth-child(3)") !== null`)
		}},
		{"finding", func(_ *site, b *tab) {
			b.fill("#sought", "n1")
			b.waitText("#look-up", "Search older")
		}},
		{"the question for a token", func(s *site, b *tab) {
			eval[chromedp.Void](b, `api.token.set("wrong")`)
			b.fill("#link", "https://www.example.com/")
			b.press(kb.Enter)
			b.waitFor(`document.querySelector("#ask").open`)
		}},
	}
}

// eachState calls look in every state of the page, and on an empty list.
func eachState(t *testing.T, s *site, b *tab, look func(name string)) {
	t.Helper()
	b.provokes("status of 400", "status of 401")
	empty := newSite(t, "", false)
	b.open(empty.url + "/")
	look("an empty list")
	s.keep(append([]string{"https://" + strings.Repeat("long-label.", 18) + "example/" + strings.Repeat("path", 200)}, numbered(60)...)...)
	for _, state := range states() {
		b.withToken(s, token)
		state.enter(s, b)
		look(state.name)
	}
}

func narrow(t *testing.T, s *site, b *tab) {
	b.do(chromedp.EmulateViewport(360, 740))
	eachState(t, s, b, func(name string) {
		if got := eval[int](b, `document.documentElement.scrollWidth`); got > 360 {
			t.Errorf("%s is %d pixels wide", name, got)
		}
		if out := eval[string](b, `Array.from(document.querySelectorAll("body *")).filter((e) => e.checkVisibility() && !e.closest(".unseen, svg") &&
			(e.getBoundingClientRect().right > 360 || e.getBoundingClientRect().left < 0)).map((e) => e.outerHTML.slice(0, 80)).join("\n")`); out != "" {
			t.Errorf("%s: beyond the edge are\n%s", name, out)
		}
	})
}

func axe(t *testing.T, s *site, b *tab) {
	path := os.Getenv("AXE_JS")
	if path == "" {
		missing(t, "AXE_JS does not name axe-core's axe.min.js: scripts/get-axe fetches it and prints where it is")
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, look := range []struct {
		scheme string
		width  int64
	}{{"light", 900}, {"dark", 360}} {
		b.prefers(look.scheme)
		b.do(chromedp.EmulateViewport(look.width, 800))
		eachState(t, s, b, func(name string) {
			eval[chromedp.Void](b, string(script))
			// Rows are all made from one template; a few of them tell as much as fifty.
			found := eval[[]string](b, `axe.run({ exclude: "#links > li:nth-child(n+6)" }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((n) => id + ": " + n.html.slice(0, 100) + " " + n.failureSummary)))`)
			for _, violation := range found {
				t.Errorf("%s, %s, %d pixels wide: %s", name, look.scheme, look.width, violation)
			}
		})
	}
}

// keyboardOnly does everything with keys. It knows the page only by what has the focus.
func keyboardOnly(t *testing.T, s *site, b *tab) {
	s.keep(numbered(60)...)
	b.withToken(s, token)
	b.open(s.url + "/")
	b.do(chromedp.KeyEvent("https://www.example.com/"))
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")

	b.tabTo("Edit the title of https://www.example.com/")
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.ariaLabel === "Title of https://www.example.com/"`)
	b.do(chromedp.KeyEvent("An example"))
	b.tabTo("Save")
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.ariaLabel === "Edit the title of https://www.example.com/"`)
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.ariaLabel === "Title of https://www.example.com/"`)
	b.press(kb.Escape)

	b.tabTo("Delete https://www.example.com/")
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.ariaLabel === "Undo the deletion of https://www.example.com/"`)
	b.press(" ")
	b.waitFor(`document.activeElement.ariaLabel === "Delete https://www.example.com/"`)

	b.tabTo("Older links")
	b.press(kb.Enter)
	b.waitShown(61)
	b.waitFor(`document.activeElement === document.querySelectorAll("#links a.link")[51]`)

	b.tabBackTo("Find in your links")
	b.do(chromedp.KeyEvent("n59"))
	b.waitShown(1)
	b.tabTo("Copy " + numbered(60)[59])
	b.press(kb.Enter)
	b.waitText("#news", "Copied.")

	b.tabBackTo("Import, export, more")
	b.press(kb.Enter)
	b.tabTo("Choose a file")
	b.tabTo("JSON")
	b.press(kb.Enter)
	b.waitText("#report", "61 links exported.")
	b.waitFor(`document.activeElement.id === "export-json"`)
	b.tabTo("Forget the token")
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.id === "more"`)
}

// focused gives the name of what has the focus, as a screen reader would say it, after a check that it can be seen.
func (b *tab) focused() string {
	b.t.Helper()
	type focus struct {
		Name  string
		Body  bool
		Shown bool
	}
	f := eval[focus](b, `(() => {
		const e = document.activeElement;
		const name = e.ariaLabel || e.labels?.[0]?.innerText || e.innerText || "";
		const ringed = e.closest("label.button") ?? e;
		const style = getComputedStyle(ringed);
		const box = ringed.getBoundingClientRect();
		const shown = style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2 && box.bottom > 0 && box.top < innerHeight;
		return { Name: name.trim(), Body: e === document.body, Shown: shown };
	})()`)
	switch {
	case f.Body: // between the end of the page and its start
		return ""
	case f.Name == "":
		b.t.Errorf("what has the focus has no name: %s", eval[string](b, `document.activeElement.outerHTML`))
	case !f.Shown:
		b.t.Errorf("%q has the focus and does not show it", f.Name)
	}
	return f.Name
}

// tabTo presses Tab until the element of this name has the focus, and tabBackTo presses Shift+Tab.
func (b *tab) tabTo(name string) { b.t.Helper(); b.walk(name) }
func (b *tab) tabBackTo(name string) {
	b.t.Helper()
	b.walk(name, chromedp.KeyModifiers(chromedp.ModifierShift))
}

func (b *tab) walk(name string, options ...chromedp.KeyOption) {
	b.t.Helper()
	var passed []string
	for range 300 {
		b.do(chromedp.KeyEvent(kb.Tab, options...))
		passed = append(passed, b.focused())
		if passed[len(passed)-1] == name {
			return
		}
	}
	b.t.Fatalf("Tab never leads to %q, but to %s", name, fmt.Sprint(slices.Compact(passed)))
}
