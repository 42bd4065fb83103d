package webui_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func saveCases() []testCase {
	return []testCase{
		{name: "A second pasted URL is separated from the first", inFirefox: true, run: pasteTwice},
		{name: "Tags and a note are stored with each of several URLs", run: saveSeveralWithDetails},
		{name: "What is typed while a link is saved belongs to the next link", inFirefox: true, run: saveOverlapping},
		{name: "Pressing Enter twice stores a link once and reports that it exists", inFirefox: true, run: saveTwice},
		{name: "A link that could not be saved is named or filled in again", inFirefox: true, run: saveFails},
		{name: "A dropped link does not replace what is being typed", inFirefox: true, run: dropWhileTyping},
		{name: "A URL from the bookmarklet is not split at its commas", run: sharedCommas},
		{name: "Text before a URL is not a part of it", inFirefox: true, run: saveWithText},
	}
}

// pasteAtEnd pastes a text behind what is in the link field.
func (b *tab) pasteAtEnd(text string) {
	b.t.Helper()
	b.pasteAt("setSelectionRange(1000, 1000)", text)
}

// wantLinks expects the members of the stored links, newest first.
func (s *site) wantLinks(want ...string) {
	s.t.Helper()
	_, body := s.request(http.MethodGet, "/link", "")
	var got []string
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(body)), "[{"), "}]")
	for one := range strings.SplitSeq(text, "},{") {
		_, members, _ := strings.Cut(one, `,"link":`)
		got = append(got, members)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		s.t.Errorf("stored links: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func pasteTwice(_ *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.pasteInto("https://a.example/one")
	b.pasteAtEnd("https://b.example/two")
	b.waitText("#message", "2 addresses found.")
	b.press(kb.Enter)
	s.waitStored([]string{"https://a.example/one", "https://b.example/two"})
	// Text can be a part of a URL, and replace one.
	b.fill("#link", "https://c.example/")
	b.pasteAtEnd("page.html")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	b.fill("#link", "http://d.example/page")
	b.pasteAt("setSelectionRange(0, 7)", "https://")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	s.waitStored([]string{
		"https://d.example/page", "https://c.example/page.html", "https://a.example/one", "https://b.example/two",
	})
}

// enterDetails fills in a title, a tag and a note.
func (b *tab) enterDetails(title, tag, note string) {
	b.t.Helper()
	b.fill("#title", title)
	if !b.isVisible("#note") {
		b.click("#more")
	}
	b.fill("#tags", tag)
	b.fill("#note", note)
}

func saveSeveralWithDetails(_ *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.fill("#link", "https://a.example/")
	b.enterDetails("A", "x", "Note")
	b.fill("#link", "https://a.example/ https://b.example/")
	b.press(kb.Enter)
	b.waitText("#report", "Imported 2 links (2 new).")
	s.wantLinks(`"https://a.example/","title":"A","tags":["x"],"note":"Note"`,
		`"https://b.example/","tags":["x"],"note":"Note"`)
}

// hold holds requests that store a link that contains "held", until the returned function
// is called or the test ends. Then they fail with the status, or continue if it is 0.
func (s *site) hold(status int) (release func()) {
	released := make(chan struct{})
	release = sync.OnceFunc(func() { close(released) })
	s.t.Cleanup(release)
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "held") {
			<-released
			if status != 0 {
				http.Error(w, "{}", status)
			}
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	})
	return release
}

func saveOverlapping(_ *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	release := s.hold(0)
	b.fill("#link", "https://held.example/")
	b.enterDetails("A", "x", "Note")
	b.click("#add .primary")
	b.typeText("https://b.example/")
	release()
	b.waitFor(`document.querySelector("#links .name")?.textContent === "A"`)
	b.press(kb.Enter)
	s.waitStored([]string{"https://b.example/", "https://held.example/"})
	s.wantLinks(`"https://b.example/"`, `"https://held.example/","title":"A","tags":["x"],"note":"Note"`)
	// A response that arrives late does not replace a newer message.
	release = s.hold(0)
	b.fill("#link", "https://held.example/2")
	b.press(kb.Enter)
	b.fill("#link", "nothing")
	b.press(kb.Enter)
	b.waitFor(`byId("message").textContent.startsWith("This is not a web address.")`)
	release()
	b.waitFor(`byId("links").childElementCount === 3`)
	if got := b.text("#message"); !strings.HasPrefix(got, "This is not a web address.") {
		b.t.Errorf("message: got %q, want the reason", got)
	}
}

func saveTwice(_ *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	release := s.hold(0)
	b.fill("#link", "https://held.example/")
	b.press(kb.Enter, kb.Enter)
	release()
	b.waitText("#message", "Saved.")
	s.wantLinks(`"https://held.example/"`)
}

func saveFails(t *testing.T, s *site, b *tab) {
	s.store(numbered(1)...)
	b.expectLog("status of 503")
	b.open(s.url + "/")
	release := s.hold(http.StatusServiceUnavailable)
	b.fill("#link", "https://held.example/")
	b.enterDetails("A", "x", "Note")
	b.click("#add .primary")
	release()
	b.waitText("#message", "The service is unavailable.")
	got := eval[string](b, `["link", "title", "tags", "note"].map((id) => byId(id).value).join()`)
	if got != "https://held.example/,A,x,Note" || !b.isVisible("#note") {
		t.Errorf("fields: got %q, want what was entered", got)
	}
	release = s.hold(http.StatusServiceUnavailable)
	b.press(kb.Enter)
	b.fill("#link", "https://b.example/")
	release()
	b.waitText("#message", "“https://held.example/ A Note x” was not saved. The service is unavailable.")
	if got := eval[string](b, `byId("link").value`); got != "https://b.example/" {
		t.Errorf("field: got %q, want %q", got, "https://b.example/")
	}
	// What is typed elsewhere does not replace a link that is filled in again.
	release = s.hold(http.StatusServiceUnavailable)
	b.fill("#link", "https://held.example/2")
	b.press(kb.Enter)
	b.fill("#query", "abc")
	release()
	b.waitText("#message", "The service is unavailable.")
	b.typeText("def")
	got = eval[string](b, `byId("link").value + " " + byId("query").value`)
	if got != "https://held.example/2 abcdef" {
		t.Errorf("fields: got %q, want %q", got, "https://held.example/2 abcdef")
	}
}

func dropWhileTyping(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.fill("#link", "https://a.example/")
	b.enterDetails("A", "x", "Note")
	b.drop("body", `dataTransfer.setData("text/uri-list", "https://dropped.example/")`)
	b.waitText("#message", "Saved.")
	if got := eval[string](b, `document.activeElement.id`); got != "note" {
		t.Errorf("focus: got %q, want note", got)
	}
	b.click("#add .primary")
	s.waitStored([]string{"https://a.example/", "https://dropped.example/"})
	s.wantLinks(`"https://a.example/","title":"A","tags":["x"],"note":"Note"`, `"https://dropped.example/"`)
}

func sharedCommas(_ *testing.T, s *site, b *tab) {
	const image = "https://x.example/cdn/width=80,https://b.example/p.png"
	b.open(s.url + "/#add=" + image + "&title=A&note=Note")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	b.open(s.url + "/?url=" + image + "2&title=B")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	s.wantLinks(`"`+image+`2","title":"B"`, `"`+image+`","title":"A","note":"Note"`)
	b.open(s.url + "/?url=c.example/1,2")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	s.waitStored([]string{"https://c.example/1,2", image + "2", image})
}

func saveWithText(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.fill("#link", "see ")
	b.pasteAtEnd("https://a.example/")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	s.waitStored([]string{"https://a.example/"})
	// Without a scheme, a host with a path is a URL in a text.
	for text, want := range map[string]string{
		"b.example/page is great":           "https://b.example/page",
		"look at c.example/page, please":    "https://c.example/page",
		"d.example/1 and e.example/2":       "https://d.example/1 https://e.example/2",
		"List:\nf.example/1\n12.05/13.05\n": "https://f.example/1",
		"(„bücher.example/x“, v1.2/v1.3)":   "https://bücher.example/x",
		"i.example/1,2,j.example/3":         "https://i.example/1,2 https://j.example/3",
		"k.example/1, https://l.example and m.example:8080/?a,n.example/x.": "https://k.example/1 https://l.example " +
			"https://m.example:8080/?a,n.example/x",
	} {
		b.pasteInto(text)
		if got := eval[string](b, `byId("link").value`); got != want {
			t.Errorf("%q: field: got %q, want %q", text, got, want)
		}
		b.fill("#link", text) // typed
		b.press(kb.Enter)
		b.waitFor(`byId("message").textContent === "Saved." || byId("report").textContent.startsWith("Imported")`)
		if got := strings.Join(s.storedURLs(), " "); !strings.HasPrefix(got, want) {
			t.Errorf("%q: stored links: got %q, want first %q", text, got, want)
		}
		b.open(s.url + "/")
	}
	b.save("https://o.example/ My title")
	b.save("Another title https://p.example/")
	b.fill("#link", "see https://q.example/ and www.r.example")
	b.press(kb.Enter)
	b.waitFor(`byId("report").textContent.startsWith("Imported 2")`)
	if title := s.links()[1].Title; title != "" {
		t.Errorf("title of one of two links: got %q, want none", title)
	}
	if links := s.links(); links[2].Title != "Another title" || links[3].Title != "My title" {
		t.Errorf("titles: got %q and %q, want Another title and My title", links[2].Title, links[3].Title)
	}
	b.save("g.example is great")
	if got := b.text("#message"); !strings.HasPrefix(got, "This is not a web address.") {
		t.Errorf("message: got %q, want the reason", got)
	}
}
