package webui_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func interruptedCases() []testCase {
	return []testCase{
		{name: "Pasted links that are not saved stay in the field", run: pasteFails},
		{name: "A link saved during a search does not count as a match", run: saveDuringSearch},
		{name: "A refresh that a search overtakes preserves Undo", token: token, run: refreshOvertaken},
		{name: "A refresh that replaces the list preserves Undo", token: token, run: refreshReplaces},
		{name: "A failed deletion is reported if the link is not shown", token: token, run: deleteFailsUnseen},
		{name: "Removing the token sends all pending deletions", token: token, run: removeTokenAfterDeletes},
		{name: "Canceling an import ends its retries", run: cancelBeforeRetry},
		{name: "A failed edit is reported after Escape", token: token, run: editFailsLate},
		{name: "A message never contains half of an emoji", token: token, run: emojiInToast},
		{name: "Copying from the tools is confirmed", run: copyFromTools},
	}
}

func pasteFails(_ *testing.T, s *site, b *tab) {
	b.expectLog("net::ERR")
	b.open(s.url + "/")
	const pasted = "https://a.example/ https://b.example/"
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			abort(w, r)
		}
	})
	b.fill("#link", pasted)
	b.press(kb.Enter)
	b.waitFor(`byId("report").textContent && !byId("file").disabled`)
	b.waitText("#message", "Not all links were saved.")
	b.waitFor(`byId("link").value === ` + quote(pasted))
	s.intercept(nil)
	b.press(kb.Enter)
	s.waitStored([]string{"https://a.example/", "https://b.example/"})
	b.waitFor(`byId("link").value === ""`)
}

func saveDuringSearch(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.open(s.url + "/")
	b.search("n1.")
	b.waitText("#summary", "1 match")
	if got := b.save("https://other.example/"); got != "Saved." {
		t.Errorf("message: got %q, want Saved.", got)
	}
	b.waitText("#summary", "1 match")
	if got := b.url("#found .link"); got != "https://other.example/" {
		t.Errorf("link above the list: got %q, want https://other.example/", got)
	}
}

// refreshOvertaken refreshes a list of which no link is in the first page any more.
func refreshOvertaken(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.openWithToken(s, token)
	s.store(numbered(120)[60:]...)
	received, goOn := make(chan struct{}), make(chan struct{})
	s.intercept(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Query().Get("limit") != "" && !r.URL.Query().Has("q") {
			close(received)
			select {
			case <-goOn:
			case <-r.Context().Done():
			}
		}
	})
	b.run(`void (window.refreshed = ` + settled(revisiting) + `)`)
	<-received
	b.search("n1.")
	b.remove(1)
	close(goOn)
	b.run(`refreshed`)
	if !b.isVisible("#toast-undo") || s.countRequests("DELETE") > 0 {
		t.Error("the refresh of another view ends Undo")
	}
}

func refreshReplaces(t *testing.T, s *site, b *tab) {
	s.store(numbered(60)...)
	b.openWithToken(s, token)
	b.remove(1)
	s.store(numbered(120)[60:]...)
	b.revisit()
	b.waitFor(`document.querySelector("#links .name").innerText.startsWith("n60.")`)
	if !b.isVisible("#toast-undo") || s.countRequests("DELETE") > 0 {
		t.Error("a refresh ends Undo")
	}
	b.undo()
	if got := len(s.links()); got != 120 {
		t.Errorf("stored links after undo: got %d, want 120", got)
	}
}

func deleteFailsUnseen(_ *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.expectLog("net::ERR")
	b.openWithToken(s, token)
	b.remove(1)
	b.search("n2.")
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			abort(w, r)
		}
	})
	b.click("#toast-close")
	b.waitFor(`byId("toast-text").textContent.startsWith("“n0.example.com/page?number=0” was not deleted. Can’t")`)
}

func removeTokenAfterDeletes(t *testing.T, s *site, b *tab) {
	s.store(numbered(9)...)
	b.openWithToken(s, token)
	b.press(kb.Escape, "x")
	b.click("#select-all")
	b.press(kb.Delete)
	b.waitShown(0)
	b.click("#tools-button")
	b.click("#remove-token")
	s.waitStored([]string{})
	if b.isVisible("#token-dialog") {
		t.Error("a deletion asks for the token that was removed")
	}
}

func cancelBeforeRetry(t *testing.T, s *site, b *tab) {
	b.expectLog("status of 503")
	b.open(s.url + "/")
	received, canceled := make(chan struct{}), make(chan struct{})
	posts := 0
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		if posts++; posts == 1 {
			close(received)
			<-canceled
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	b.startImport("bookmarks.html", bookmarksFile(numbered(10)))
	<-received
	b.click("#job-cancel")
	close(canceled)
	b.waitFor(`byId("report").textContent && !byId("file").disabled`)
	if got := b.text("#report"); !strings.HasPrefix(got, "Canceled.") {
		t.Errorf("report: got %q, want Canceled.", got)
	}
	if got := s.storedURLs(); len(got) > 0 {
		t.Errorf("stored after Cancel: got %q, want nothing", got)
	}
}

func editFailsLate(t *testing.T, s *site, b *tab) {
	s.store(numbered(1)...)
	b.expectLog("net::ERR")
	b.openWithToken(s, token)
	received, escaped := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch { // Chromium may send it again.
			once.Do(func() { close(received) })
			<-escaped
			abort(w, r)
		}
	})
	b.edit(1)
	b.insert("New title")
	b.press(kb.Enter)
	<-received
	b.insert("No")
	if got := eval[string](b, `document.querySelector(".editor").elements.title.value`); got != "New title" {
		t.Errorf("title during the request: got %q, want what is being saved", got)
	}
	b.press(kb.Escape)
	close(escaped)
	b.waitFor(`document.querySelector(".row-error").textContent.startsWith("Can’t reach the service.")`)
}

func emojiInToast(t *testing.T, s *site, b *tab) {
	s.storeLinks(link{Link: "https://a.example/", Title: "x" + strings.Repeat("😀", 300)})
	b.openWithToken(s, token)
	texts := eval[[]string](b, `Array.from(document.querySelectorAll(".item button"), (e) => e.ariaLabel)`)
	b.remove(1)
	for _, text := range append(texts, b.text("#toast-text")) {
		if strings.ContainsRune(text, '\uFFFD') {
			t.Errorf("half an emoji in %q", text)
		}
	}
}

func copyFromTools(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.run(`window.copied = []; navigator.clipboard.writeText = async (text) => { copied.push(text); }`)
	b.click("#tools-button")
	for _, button := range []string{"#curl-copy", "#bookmarklet", "#bookmarklet-close"} {
		b.click(button)
		b.waitText("#toast-text", "Copied.")
		b.click("#toast-close")
	}
	got := eval[[]string](b, `copied.map((text) => text.slice(0, 5))`)
	if want := []string{"curl ", "javas", "javas"}; !slices.Equal(got, want) {
		t.Errorf("copied: got %q, want texts that start with %q", got, want)
	}
}
