package webui_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"
)

func layoutCases() []testCase {
	return []testCase{
		{name: "Focus rings are neither clipped nor covered", inFirefox: true, token: token, run: focusRings},
		{name: "What is below the search field does not touch it", inFirefox: true, token: token, run: belowSearch},
		{name: "The tags follow the URL without a gap", inFirefox: true, run: tagsFollow},
		{name: "Days are printed on wide paper", run: daysPrinted},
	}
}

const tagged = `[{"link": "https://a.example/", "title": "A", "tags": ["Reference", "web"],
	"note": "One\nTwo\nThree\nFour"}, {"link": "https://b.example/", "added": "2024-02-29T12:00:00Z"}]`

func focusRings(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", tagged)
	for _, width := range []int64{320, 390, 1280} {
		b.resize(width, 800)
		b.openWithToken(s, token)
		b.press(kb.Escape)
		if b.isVisible("#links .menu") {
			b.click("#links .menu")
		}
		b.press("j", "k")
		got := eval[[]string](b, `[...document.querySelectorAll("a, button, input")].flatMap((control) => {
			if (!control.checkVisibility() || control.matches(".sr-only")) return [];
			control.focus();
			const style = getComputedStyle(control);
			const ring = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth);
			const box = control.getBoundingClientRect();
			const [left, right, top, bottom] = [box.left - ring, box.right + ring, box.top - ring, box.bottom + ring];
			let clip = control.parentElement;
			while (clip && getComputedStyle(clip).overflow === "visible") clip = clip.parentElement;
			const inside = clip?.getBoundingClientRect();
			const margin = clip ? parseFloat(getComputedStyle(clip).overflowClipMargin) : 0;
			const isClipped = left < 0 || right > innerWidth || (clip && (right > inside.right + margin ||
				left < inside.left - margin || top < inside.top - margin || bottom > inside.bottom + margin));
			const isCovered = control.matches(".chip") && [...document.querySelectorAll(".chip")].some((other) => {
				const o = other.getBoundingClientRect();
				return other !== control && o.left < right && o.right > left && o.top < bottom && o.bottom > top;
			});
			return style.outlineStyle !== "solid" || isClipped || isCovered ? [control.outerHTML.slice(0, 80)] : [];
		})`)
		if len(got) > 0 {
			t.Errorf("%d pixels wide: controls without a complete focus ring:\n%s", width, strings.Join(got, "\n"))
		}
	}
}

func belowSearch(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", tagged)
	b.resize(320, 800)
	// distance returns the pixels between the search field and what is below it.
	distance := func() float64 {
		return eval[float64](b, `Math.min(...Array.from(document.querySelectorAll(
			"#status > *, #filters > *, #selection"), (e) => e.getBoundingClientRect()).filter((box) => box.height)
			.map((box) => box.top)) - byId("query").getBoundingClientRect().bottom`)
	}
	b.open(s.url + "/#q=a.example&tag=reference&tag=web")
	if got := distance(); got < 4 {
		t.Errorf("filters: got %.1f pixels below the search field, want at least 4", got)
	}
	if got := eval[float64](b, `byId("untagged").getBoundingClientRect().height`); got < 24 {
		t.Errorf("Untagged: got %.1f pixels high, want at least 24", got)
	}
	b.openFresh(s.url + "/")
	b.press(kb.Escape)
	top := eval[float64](b, `byId("links").getBoundingClientRect().top`)
	b.resize(390, 800)
	b.press("x")
	if got := distance(); got < 4 {
		t.Errorf("selection: got %.1f pixels below the search field, want at least 4", got)
	}
	if got := eval[float64](b, `byId("links").getBoundingClientRect().top`); got != top {
		t.Errorf("top of the list: got %.1f with a selection, want %.1f", got, top)
	}
}

func tagsFollow(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", tagged)
	b.open(s.url + "/")
	got := eval[float64](b, `{
		const text = document.createRange();
		text.selectNodeContents(document.querySelector("#links .url"));
		document.querySelector("#links .chip").getBoundingClientRect().left - text.getBoundingClientRect().right;
	}`)
	if got < 4 || got > 12 {
		t.Errorf("distance between URL and tags: got %.1f pixels, want 4 to 12", got)
	}
}

func daysPrinted(t *testing.T, s *site, b *tab) {
	s.request(http.MethodPost, "/link", tagged)
	for _, width := range []int64{700, 1600} {
		b.resize(width, 1000)
		b.open(s.url + "/")
		b.setMedia(emulation.SetEmulatedMediaParams{Media: "print"})
		got := eval[[]string](b, `Array.from(document.querySelectorAll("#links .day")).filter((day) =>
			day.checkVisibility() && day.getBoundingClientRect().left >= 0).map((day) => day.textContent)`)
		if want := []string{"Today", "Thu, 29 Feb 2024"}; !slices.Equal(got, want) {
			t.Errorf("days on paper %d pixels wide: got %q, want %q", width, got, want)
		}
	}
}
