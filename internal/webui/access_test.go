package webui_test

import (
	"fmt"
	"net/http"
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
		{name: "All features work by keyboard, with a visible focus", inFirefox: true, token: token, run: keyboardOnly},
		{name: "At 320 pixels nothing scrolls horizontally", inFirefox: true, token: token, run: narrow},
		{
			name: "axe reports no violation in any state, light and wide", token: token,
			run: func(t *testing.T, s *site, b *tab) { axe(t, s, b, "light", 900) },
		},
		{
			name: "axe reports no violation in any state, dark and narrow", token: token,
			run: func(t *testing.T, s *site, b *tab) { axe(t, s, b, "dark", 360) },
		},
	}
}

// setColorScheme emulates a preferred color scheme, and reduced motion.
func (b *tab) setColorScheme(scheme string) {
	b.t.Helper()
	b.setMedia(emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// setMedia emulates media features, or a media type such as print.
func (b *tab) setMedia(media emulation.SetEmulatedMediaParams) {
	b.t.Helper()
	_, err := chromedp.Call(b.devTools(), emulation.SetEmulatedMedia, media)
	b.must(err)
}

// A state is a state of the web UI. enter reaches it from a list that was just opened.
type state struct {
	name  string
	enter func(s *site, b *tab)
}

func states() []state {
	return []state{
		{"a list with an error, a message and a pending deletion", func(_ *site, b *tab) {
			b.save("not a link")
			b.act(2, "copy")
			b.remove(3)
		}},
		{"a link shown above the list, and an import with skipped links", func(_ *site, b *tab) {
			invalid := []string{"javascript:alert(1)", "https://example.com/" + strings.Repeat("x", 9000)}
			b.importFile("bookmarks.html", bookmarksFile(invalid))
			b.click("#skipped summary")
			b.save(numbered(60)[59])
		}},
		{"an import that can be undone, with a change and a note about it", func(_ *site, b *tab) {
			b.importFile("bookmarks.html", `<DL><DT><A HREF="https://example.com/" TOREAD="1" TAGS="`+
				strings.Repeat("long tag ", 20)+`">1</A></DL>`)
			b.click("#cut summary")
		}},
		{"an import that waits", func(s *site, b *tab) {
			s.intercept(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					w.Header().Set("Retry-After", "30")
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			b.expectLog("status of 503")
			b.startImport(strings.Repeat("longname", 20)+".html", bookmarksFile(numbered(3)))
			b.waitFor(`byId("progress").max === 3`)
			s.intercept(nil)
		}},
		{"a title being edited, and one passed by the bookmarklet", func(s *site, b *tab) {
			b.openFresh(s.url + "/#add=https://www.example.com/&title=A%20title")
			b.edit(2)
			b.insert(strings.Repeat("A long title ", 20))
			b.press(kb.Tab)
			b.insert("Recipes/Soups, " + strings.Repeat("long-tag", 12))
			b.press(kb.Tab)
			b.insert(strings.Repeat("A long note. ", 60))
			b.press(ctrl + kb.Enter)
			b.waitFor(`document.querySelector("#links li:nth-child(2) .name").textContent.startsWith("A long")`)
			b.edit(3)
			b.press(kb.Tab)
			b.typeText("re")
			b.press(kb.ArrowDown)
		}},
		{"a search with matches and a filter", func(s *site, b *tab) {
			b.openFresh(s.url + "/#q=note&tag=recipes")
			b.waitText("#summary", "1 match")
		}},
		{"a search without matches", func(_ *site, b *tab) { b.search("nowhere at all") }},
		{"a link with all details being added", func(_ *site, b *tab) {
			b.fill("#link", "https://www.example.com/")
			b.click("#more")
			b.typeText("re")
			b.waitFor(`document.querySelector("#add [role=option]")`)
		}},
		{"a selection, with a tag being added", func(_ *site, b *tab) {
			b.press(kb.Escape)
			b.press("x", "j", "x")
			b.click("#selection-add-tag")
			b.typeText("re")
			b.waitFor(`document.querySelector("#selection [role=option]")`)
		}},
		{"the keyboard shortcuts", func(_ *site, b *tab) {
			b.press(kb.Escape)
			b.press("?")
			b.waitFor(`byId("keys").open`)
		}},
		{"the token dialog", func(s *site, b *tab) {
			b.run(`localStorage["links token " + location.origin + location.pathname] = "wrong"`)
			b.fill("#link", "https://www.example.com/")
			b.press(kb.Enter)
			b.waitFor(`byId("token-dialog").open`)
		}},
	}
}

// eachState calls check in every state, and on an empty list.
func eachState(t *testing.T, s *site, b *tab, check func(name string)) {
	t.Helper()
	b.expectLog("status of 400", "status of 401")
	empty := newSite(t, "", false)
	b.open(empty.url + "/")
	check("an empty list")
	large := "https://" + strings.Repeat("long-label.", 18) + "example/" + strings.Repeat("path", 200)
	s.store(append([]string{large}, numbered(60)...)...)
	for _, state := range states() {
		b.openWithToken(s, token)
		state.enter(s, b)
		b.wantPlainWords(state.name)
		check(state.name)
	}
}

func narrow(t *testing.T, s *site, b *tab) {
	b.resize(320, 740)
	eachState(t, s, b, func(name string) {
		if got := eval[int](b, `document.documentElement.scrollWidth`); got > 320 {
			t.Errorf("%s: scrollWidth: got %d, want at most 320", name, got)
		}
		out := eval[string](b, `Array.from(document.querySelectorAll("body *"))
			.filter((e) => e.checkVisibility() && !e.closest(".sr-only, svg"))
			.filter((e) => e.getBoundingClientRect().right > 320 || e.getBoundingClientRect().left < 0)
			.map((e) => e.outerHTML.slice(0, 80)).join("\n")`)
		if out != "" {
			t.Errorf("%s: elements outside of the viewport:\n%s", name, out)
		}
		// A single-line field scrolls its text.
		scrolling := eval[string](b, `Array.from(document.querySelectorAll("body *"))
			.filter((e) => e.checkVisibility() && !e.matches("input, .sr-only"))
			.filter((e) => e.scrollWidth > e.clientWidth && /auto|scroll/.test(getComputedStyle(e).overflowX))
			.map((e) => e.outerHTML.slice(0, 80)).join("\n")`)
		if scrolling != "" {
			t.Errorf("%s: elements that scroll horizontally:\n%s", name, scrolling)
		}
	})
}

// axe runs axe-core in every state.
func axe(t *testing.T, s *site, b *tab, scheme string, width int64) {
	path := os.Getenv("AXE_JS")
	if path == "" {
		skipOrFail(t, "REQUIRE_BROWSER",
			"AXE_JS is not set; scripts/get-axe downloads axe.min.js and prints its path")
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b.setColorScheme(scheme)
	b.resize(width, 800)
	eachState(t, s, b, func(name string) {
		b.run(string(script))
		// All rows are copies of one template, so a few are enough.
		found := eval[[]string](b, `axe.run(
			{ exclude: "#links > li:nth-child(n+6)" }, { resultTypes: ["violations"], preload: false },
		).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
			nodes.map((n) => id + ": " + n.html.slice(0, 100) + " " + n.failureSummary)))`)
		for _, violation := range found {
			t.Errorf("%s, %s, %d pixels wide: %s", name, scheme, width, violation)
		}
	})
}

// keyboardOnly uses only keys and the name of the focused element.
func keyboardOnly(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.openWithToken(s, token)
	b.open(s.url + "/")
	b.typeText("https://www.example.com/")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")

	const name = "www.example.com"
	b.tabTo(name)
	b.arrowTo("Edit " + name)
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.name === "title"`)
	b.typeText("An example")
	b.tabTo("Save")
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.innerText === "An example"`)

	b.arrowTo("Delete An example")
	b.press(kb.Enter)
	b.waitShown(50)
	b.tabTo("Undo")
	b.press(" ")
	b.waitFor(`document.activeElement.innerText === "An example"`)

	b.tabTo("Older links")
	b.press(kb.Enter)
	b.waitShown(61)
	b.waitFor(`document.activeElement === document.querySelectorAll("#links a.link")[51]`)

	b.press("/")
	b.typeText("n59")
	b.waitShown(1)
	b.tabTo("n59.example.com/page?number=59")
	b.arrowTo("Copy n59.example.com/page?number=59")
	b.press(kb.Enter)
	b.waitText("#announcement", "Copied.")

	b.tabBackTo("Import & export")
	b.press(kb.Enter)
	b.tabTo("Choose a file")
	b.tabTo("JSON")
	b.press(kb.Enter)
	b.waitText("#report", "Exported 61 links.")
	b.waitFor(`document.activeElement.id === "export-json"`)
	b.tabTo("Remove token")
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.id === "tools-button"`)
}

// focused returns the accessible name of the focused element, and checks that its
// focus indicator is visible.
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
		const shown = style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2 &&
			box.bottom > 0 && box.top < innerHeight;
		return { Name: name.trim(), Body: e === document.body, Shown: shown };
	})()`)
	switch {
	case f.Body: // between the last element and the first
		return ""
	case f.Name == "":
		b.t.Errorf("focused element without a name: %s", eval[string](b, `document.activeElement.outerHTML`))
	case !f.Shown:
		b.t.Errorf("focus on %q is not visible", f.Name)
	}
	return f.Name
}

// tabTo presses Tab until the element with this name is focused. tabBackTo presses
// Shift+Tab.
func (b *tab) tabTo(name string) { b.t.Helper(); b.pressUntil(kb.Tab, name) }
func (b *tab) tabBackTo(name string) {
	b.t.Helper()
	b.pressUntil(shift+kb.Tab, name)
}

// arrowTo presses the right arrow until the element with this name is focused.
func (b *tab) arrowTo(name string) {
	b.t.Helper()
	for range 10 {
		if b.focused() == name {
			return
		}
		b.press(kb.ArrowRight)
	}
	b.t.Fatalf("the right arrow does not reach %q", name)
}

func (b *tab) pressUntil(key, name string) {
	b.t.Helper()
	var passed []string
	for range 300 {
		b.press(key)
		passed = append(passed, b.focused())
		if passed[len(passed)-1] == name {
			return
		}
	}
	b.t.Fatalf("Tab does not reach %q; it reaches %s", name, fmt.Sprint(slices.Compact(passed)))
}
