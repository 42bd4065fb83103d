package webui_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func tokenCases() []testCase {
	return []testCase{
		{name: "A token is asked for once, again when it is wrong, kept in the browser, and can be forgotten", token: token, run: asksForToken},
		{name: "Who has no token is told so and can try again", token: token, run: noToken},
		{name: "A private list asks for the token at once", run: privateList},
		{name: "A token may have spaces within, as the service takes it", token: "open sesame  now", run: tokenWithSpaces},
		{name: "A token is used though the browser's storage is full", token: token, run: storageFull},
		{name: "Forgetting the token takes a private list out of sight in every tab", run: forgetEverywhere},
		{name: "A private list that may no longer be read goes at the next look", run: refusedAtNextLook},
		{name: "Deleting asks for the token before the link goes", token: token, run: deleteAsks},
	}
}

func asksForToken(t *testing.T, s *site, b *tab) {
	b.provokes("status of 401")
	b.open(s.url + "/")
	b.paste("https://www.example.com/")
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#ask").open && document.activeElement.id === "token"`)
	if got := eval[string](b, `document.activeElement.type`); got != "password" {
		t.Errorf("the token is typed into a field of type %s", got)
	}
	b.paste("wrong")
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#ask-wrong").textContent.includes("refused")`)
	b.paste("tökén")
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#ask-wrong").textContent.includes("without accents")`)
	// White space comes along with what is pasted.
	b.fill("#token", " "+token+" \t")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	if got := s.kept(); !slices.Equal(got, []string{"https://www.example.com/"}) {
		t.Errorf("the service holds %q", got)
	}
	b.open(s.url + "/")
	if got := b.save("https://www.example.com/2"); got != "Saved." {
		t.Errorf("after a reload the page says %q", got)
	}
	b.click("#more")
	if got := b.text("#tools .curl"); strings.Contains(got, token) || !strings.Contains(got, "Authorization: Bearer YOUR-TOKEN") {
		t.Errorf("the curl line is %s", got)
	}
	b.click("#forget")
	b.waitText("#news", "The token is forgotten.")
	if got := eval[int](b, `localStorage.length + sessionStorage.length + document.cookie.length`); got != 0 {
		t.Error("the browser still holds something")
	}
	b.fill("#link", "https://www.example.com/3")
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#ask").open`)
}

func noToken(t *testing.T, s *site, b *tab) {
	b.provokes("status of 401")
	b.open(s.url + "/")
	b.paste("https://www.example.com/")
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#ask").open`)
	b.press(kb.Escape)
	_, body := (&site{t: t, url: s.url}).request("POST", "/link", quote(link{Link: "https://www.example.com/"}))
	b.waitText("#message", s.sentence(body))
	if !eval[bool](b, `document.activeElement.id === "link" && document.activeElement.value === "https://www.example.com/"`) {
		t.Error("what was typed is gone")
	}
}

func privateList(t *testing.T, _ *site, b *tab) {
	s := newSite(t, token, true)
	s.keep(numbered(3)...)
	b.provokes("status of 401")
	b.do(chromedp.Navigate(s.url + "/"))
	b.waitFor(`document.querySelector("#ask").open`)
	b.click("#ask-cancel")
	b.settled()
	if got := b.shown(); len(got) != 0 {
		t.Errorf("the list shows %q", got)
	}
	b.click("#older")
	b.giveToken(token)
	b.waitShown(3)
	b.open(s.url + "/")
	b.waitShown(3)
}

func deleteAsks(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	// The last question is about an id that no link has.
	b.provokes("status of 401", "status of 404")
	b.open(s.url + "/")
	b.stopClock()
	b.click("#links li:nth-child(2) .delete")
	b.giveToken(token)
	b.waitFor(`document.activeElement.className === "undo"`)
	if got := s.kept(); len(got) != 3 {
		t.Errorf("the service holds %q", got)
	}
	b.press(kb.Enter)
	b.waitFor(`document.activeElement.className.includes("delete")`)
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("the list shows %q", got)
	}
}

func tokenWithSpaces(t *testing.T, s *site, b *tab) {
	b.provokes("status of 401")
	b.open(s.url + "/")
	b.fill("#link", "https://www.example.com/")
	b.press(kb.Enter)
	b.giveToken(s.token)
	b.waitText("#message", "Saved.")
}

func storageFull(t *testing.T, s *site, b *tab) {
	b.provokes("status of 401")
	b.open(s.url + "/")
	eval[any](b, `for (let size = 8_000_000, n = 0; size >= 1; n++) {
		try { localStorage.setItem("fill" + n, "x".repeat(size)); } catch { size = Math.floor(size / 2); }
	}`)
	b.fill("#link", "https://www.example.com/")
	b.press(kb.Enter)
	b.giveToken(token)
	b.waitText("#message", "Saved.")
	if got := b.save("https://www.example.com/2"); got != "Saved." {
		t.Errorf("the second time the page says %q", got)
	}
	b.click("#more")
	b.click("#forget")
	b.fill("#link", "https://www.example.com/3")
	b.press(kb.Enter)
	b.waitFor(`document.querySelector("#ask").open`)
}

func forgetEverywhere(t *testing.T, _ *site, b *tab) {
	s := newSite(t, token, true)
	s.keep(numbered(3)...)
	b.provokes("status of 401")
	b.do(chromedp.Navigate(s.url + "/"))
	b.giveToken(token)
	b.waitShown(3)
	other := b.another()
	other.provokes("status of 401")
	other.open(s.url + "/")
	other.waitShown(3)
	other.save(numbered(3)[2])
	b.click("#more")
	b.click("#forget")
	_, body := (&site{t: t, url: s.url}).request("GET", "/link", "")
	for _, each := range []*tab{b, other} {
		each.waitText("#list-message", s.sentence(body))
		if got := eval[string](each, `document.body.innerText`); strings.Contains(got, "n1.example.com") {
			t.Errorf("the page still shows\n%s", got)
		}
		if eval[bool](each, `document.querySelector("#ask").open || document.querySelector("#token-tool").checkVisibility()`) {
			t.Error("the page asks for a token, or has one to forget")
		}
	}
	other.click("#older")
	other.waitFor(`document.querySelector("#ask").open`)
}

func refusedAtNextLook(t *testing.T, _ *site, b *tab) {
	s := newSite(t, token, true)
	s.keep(numbered(3)...)
	b.provokes("status of 401")
	b.do(chromedp.Navigate(s.url + "/"))
	b.giveToken(token)
	b.waitShown(3)
	s.breaks(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	b.look()
	b.waitShown(0)
}
