package webui_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func tokenCases() []testCase {
	return []testCase{
		{
			name:      "The token is asked for, checked, stored, and can be removed",
			inFirefox: true, token: token, run: asksForToken,
		},
		{name: "Without a token the message is shown, and the user can try again", token: token, run: noToken},
		{name: "A private list asks for the token immediately", run: privateList},
		{name: "A token may contain spaces", token: "open sesame  now", run: tokenWithSpaces},
		{name: "The token works if local storage is full", token: token, run: storageFull},
		{name: "Removing the token clears a private list in every tab", run: removeEverywhere},
		{name: "Returning to the tab clears a list that is no longer readable", run: clearedOnRevisit},
		{name: "Deleting asks for the token first", token: token, run: deleteAsks},
	}
}

func asksForToken(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 401")
	b.open(s.url + "/")
	b.insert("https://www.example.com/")
	b.press(kb.Enter)
	b.waitFor(`byId("token-dialog").open && document.activeElement.id === "token"`)
	if got := eval[string](b, `document.activeElement.type`); got != "password" {
		t.Errorf("type of the token field: got %s, want password", got)
	}
	b.insert("wrong")
	b.press(kb.Enter)
	b.waitFor(`byId("token-error").textContent.includes("not accepted")`)
	b.insert("tökén")
	b.press(kb.Enter)
	b.waitFor(`byId("token-error").textContent.includes("invalid characters")`)
	// Surrounding white space is ignored.
	b.fill("#token", " "+token+" \t")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	if got := s.storedURLs(); !slices.Equal(got, []string{"https://www.example.com/"}) {
		t.Errorf("stored links: got %q, want %q", got, []string{"https://www.example.com/"})
	}
	b.open(s.url + "/")
	if got := b.save("https://www.example.com/2"); got != "Saved." {
		t.Errorf("message after a reload: got %q, want Saved.", got)
	}
	b.click("#tools-button")
	got := b.text("#tools .curl")
	if strings.Contains(got, token) || !strings.Contains(got, "Authorization: Bearer YOUR-TOKEN") {
		t.Errorf("curl command: got %s, want a placeholder for the token", got)
	}
	b.click("#remove-token")
	b.waitText("#announcement", "Token removed.")
	if got := eval[int](b, `Object.keys(localStorage).filter((key) => key.includes("token")).length +
		sessionStorage.length + document.cookie.length`); got != 0 {
		t.Error("storage or cookies contain a token")
	}
	b.fill("#link", "https://www.example.com/3")
	b.press(kb.Enter)
	b.waitFor(`byId("token-dialog").open`)
}

func noToken(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 401")
	b.open(s.url + "/")
	b.insert("https://www.example.com/")
	b.press(kb.Enter)
	b.waitFor(`byId("token-dialog").open`)
	b.press(kb.Escape)
	b.waitText("#message", "A token is required.")
	if !eval[bool](b, `((e) => e.id === "link" && e.value === "https://www.example.com/")(document.activeElement)`) {
		t.Error("the link field is not focused and unchanged")
	}
}

func privateList(t *testing.T, _ *site, b *tab) {
	s := newSite(t, token, true)
	s.store(numbered(3)...)
	b.expectLog("status of 401")
	b.navigate(s.url + "/")
	b.waitFor(`byId("token-dialog").open`)
	b.click("#token-cancel")
	b.waitLoaded()
	if got := b.shown(); len(got) != 0 {
		t.Errorf("list: got %q, want none", got)
	}
	b.click("#older")
	b.enterToken(token)
	b.waitShown(3)
	b.open(s.url + "/")
	b.waitShown(3)
}

func deleteAsks(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	// The last request is for an ID that does not exist.
	b.expectLog("status of 401", "status of 404")
	b.open(s.url + "/")
	b.stopClock()
	b.click("#links li:nth-child(2) .delete")
	b.enterToken(token)
	b.waitShown(2)
	if got := s.storedURLs(); len(got) != 3 {
		t.Errorf("stored links: got %q, want 3", got)
	}
	b.click("#toast-undo")
	b.waitShown(3)
	if got := b.shown(); !slices.Equal(got, numbered(3)) {
		t.Errorf("list: got %q, want %q", got, numbered(3))
	}
}

func tokenWithSpaces(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 401")
	b.open(s.url + "/")
	b.fill("#link", "https://www.example.com/")
	b.press(kb.Enter)
	b.enterToken(s.token)
	b.waitText("#message", "Saved.")
}

// fillStorage fills the local storage.
func (b *tab) fillStorage() {
	b.t.Helper()
	eval[any](b, `for (let size = 8_000_000, n = 0; size >= 1; n++) {
		try { localStorage.setItem("fill" + n, "x".repeat(size)); } catch { size = Math.floor(size / 2); }
	}`)
}

func storageFull(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 401")
	b.open(s.url + "/")
	b.fillStorage()
	b.fill("#link", "https://www.example.com/")
	b.press(kb.Enter)
	b.enterToken(token)
	b.waitText("#message", "Saved.")
	if got := b.save("https://www.example.com/2"); got != "Saved." {
		t.Errorf("second message: got %q, want Saved.", got)
	}
	b.click("#tools-button")
	b.click("#remove-token")
	b.fill("#link", "https://www.example.com/3")
	b.press(kb.Enter)
	b.waitFor(`byId("token-dialog").open`)
}

func removeEverywhere(t *testing.T, _ *site, b *tab) {
	s := newSite(t, token, true)
	s.store(numbered(3)...)
	b.expectLog("status of 401")
	b.navigate(s.url + "/")
	b.enterToken(token)
	b.waitShown(3)
	other := b.another()
	other.expectLog("status of 401")
	other.open(s.url + "/")
	other.waitShown(3)
	other.save(numbered(3)[2])
	b.click("#tools-button")
	b.click("#remove-token")
	for _, each := range []*tab{b, other} {
		each.waitText("#list-message", "A token is required.")
		if got := eval[string](each, `document.body.innerText`); strings.Contains(got, "n1.example.com") {
			t.Errorf("the list is still visible:\n%s", got)
		}
		if eval[bool](each, `byId("token-dialog").open || byId("token-tool").checkVisibility()`) {
			t.Error("the token dialog or the token tool is visible")
		}
	}
	other.click("#older")
	other.waitFor(`byId("token-dialog").open`)
}

func clearedOnRevisit(t *testing.T, _ *site, b *tab) {
	s := newSite(t, token, true)
	s.store(numbered(3)...)
	b.expectLog("status of 401")
	b.navigate(s.url + "/")
	b.enterToken(token)
	b.waitShown(3)
	s.intercept(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	b.revisit()
	b.waitShown(0)
}
