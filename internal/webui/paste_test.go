package webui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func pasteCases() []testCase {
	return []testCase{
		{name: "Several pasted URLs are imported", inFirefox: true, run: pastedSeveral},
		{name: "1,200 pasted URLs are imported, with a report of others", inFirefox: true, run: pastedMany},
		{name: "Text around a pasted URL becomes the title", inFirefox: true, run: pastedOne},
		{name: "URLs are found in Markdown, mail and lists as they were copied", inFirefox: true, run: pastedForms},
		{name: "A link or a file can be dropped anywhere", inFirefox: true, run: dropped},
	}
}

// pasteInto replaces the content of the link field by a pasted text.
func (b *tab) pasteInto(text string) {
	b.t.Helper()
	b.pasteAt("select()", text)
}

// pasteAt pastes a text after the given call of a method of the link field.
func (b *tab) pasteAt(selecting, text string) {
	b.t.Helper()
	b.run(`byId("link").focus(); byId("link").` + selecting)
	b.must(b.driver.paste(text))
}

func pastedSeveral(t *testing.T, _ *site, b *tab) {
	s := newLocalSite(t)
	b.open(s.url + "/")
	for _, c := range []struct {
		text string
		want []string
	}{
		{"https://a.example/\r\nhttps://b.example/\n", []string{"https://a.example/", "https://b.example/"}},
		{"https://a.example/,https://b.example/1,2", []string{"https://a.example/", "https://b.example/1,2"}},
		{"a.example/1, b.example", []string{"https://a.example/1", "https://b.example"}},
		{
			`See <https://a.example/x_(y)> (or https://b.example/). Not node.js; "HTTP://c.example", ` +
				`e.g.https://d.example/.`,
			[]string{"https://a.example/x_(y)", "https://b.example/", "HTTP://c.example", "https://d.example/"},
		},
	} {
		b.pasteInto(c.text)
		b.waitText("#message", fmt.Sprintf("%d addresses found.", len(c.want)))
		if b.isVisible("#title") {
			t.Errorf("%q: the title field is visible", c.text)
		}
		b.press(kb.Enter)
		n := len(c.want)
		b.waitText("#report", fmt.Sprintf("Imported %d links (%d new).", n, n))
		if b.isVisible("#tools") {
			t.Error("the tools are open")
		}
		b.click("#job-cancel") // Close
		if b.isVisible("#report") {
			t.Error("the report is not closed")
		}
		if got := s.storedURLs(); !slices.Equal(got, c.want) {
			t.Errorf("%q: stored links: got %q, want %q", c.text, got, c.want)
		}
		if got := eval[string](b, `byId("link").value + byId("message").textContent`); got != "" {
			t.Errorf("%q: field and message: got %q, want nothing", c.text, got)
		}
		for _, l := range s.links() {
			s.request(http.MethodDelete, "/link/"+l.ID, "")
		}
	}
}

func pastedMany(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	others := []string{"https://[/", "http://", numbered(1)[0], "(ftp://files.example/)"}
	b.pasteInto(strings.Join(append(numbered(1200), others...), "\n"))
	b.waitText("#message", "1,204 addresses found.")
	b.press(kb.Enter)
	b.waitText("#report", "Imported 1,200 links (1,200 new).")
	if got := len(s.storedURLs()); got != 1200 {
		t.Errorf("stored links: got %d, want 1200", got)
	}
	got := eval[string](b, `byId("report-notes").textContent + byId("skipped").textContent`)
	for _, want := range []string{
		"1 duplicate", "https://[/: ", "http://: ", "ftp://files.example/: not a web address",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("report: got %q, want it to contain %q", got, want)
		}
	}
}

func pastedOne(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.pasteInto("Look at this: https://www.example.com/page.")
	got := eval[string](b, `byId("link").value + " " + byId("title").value`)
	if got != "https://www.example.com/page Look at this" {
		t.Errorf("fields: got %q, want %q", got, "https://www.example.com/page Look at this")
	}
}

func pastedForms(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	const x, y = "https://example.com/x", "https://example.com/y_(z)"
	for _, c := range []struct{ text, links, title string }{
		// A URL is stored as it was copied.
		{"https://en.wikipedia.org/wiki/Apple_Inc.", "https://en.wikipedia.org/wiki/Apple_Inc.", ""},
		{"https://en.wikipedia.org/wiki/Yahoo!\n" + x, "https://en.wikipedia.org/wiki/Yahoo! " + x, ""},
		{"https://example.com/?a[0][b]=1", "https://example.com/?a[0][b]=1", ""},
		// Lists.
		{"a.example,b.example/1,c.example", "https://a.example https://b.example/1 https://c.example", ""},
		{x + ";" + y + ";", x + " " + y, ""},
		{x + "|" + y, x + " " + y, ""},
		{`["` + x + `","` + y + `"]`, x + " " + y, ""},
		{"['" + x + "', '" + y + "']", x + " " + y, ""},
		{"- " + x, x, ""},
		// Markdown.
		{"[A title](" + x + ")", x, "A title"},
		{"[" + x + "](" + x + ")", x, ""},
		{"[example.com](" + x + ")", x, "example.com"},
		{"[example.com/x](" + x + ")", x, "example.com/x"},
		{"[www.example.com/lo...](" + x + ")", x, "www.example.com/lo..."},
		{"next.js/package.json at canary\n" + x, x, "next.js/package.json at canary"},
		{"[A](" + x + "),[B](" + y + ")", x + " " + y, ""},
		{"[" + x + "]", x, ""},
		{"**" + x + "**", x, ""},
		{"`" + x + "`", x, ""},
		// Text and mail.
		{"<" + x + ">", x, ""},
		{`<a href="` + x + `">example.com/x</a>`, x, ""},
		{"See www.example.com or example.org.", "https://www.example.com", ""},
		{"en.example/wiki/Washington,D.C.", "https://en.example/wiki/Washington,D.C.", ""},
		{x + " — A title", x, "A title"},
		{"Archived: https://archive.example/" + x + " of " + x, "https://archive.example/" + x + " " + x, ""},
		{"> " + x, x, ""},
		{"Look (" + y + ").", y, "Look"},
		{"„" + x + "“", x, ""},
		{"看" + x + "。", x, "看"},
	} {
		b.fill("#link", "-")
		b.pasteInto(c.text)
		got := eval[string](b, `byId("link").value + "; " + byId("title").value`)
		if want := c.links + "; " + c.title; got != want {
			t.Errorf("%q: fields: got %q, want %q", c.text, got, want)
		}
	}
}

// drop drops what the code adds to dataTransfer on an element.
func (b *tab) drop(target, code string) {
	b.t.Helper()
	b.run(`{
		const dataTransfer = new DataTransfer();
		` + code + `;
		for (const type of ["dragover", "drop"]) {
			const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
			const target = document.querySelector(` + quote(target) + `);
			if (target.dispatchEvent(event)) throw new Error(type + " was not accepted");
		}
	}`)
}

func dropped(t *testing.T, s *site, b *tab) {
	b.open(s.url + "/")
	b.drop("#query", `dataTransfer.setData("text/uri-list", "https://www.example.com/dropped")`)
	b.waitText("#message", "Saved.")
	b.drop("#links", `dataTransfer.items.add(new File(["https://a.example/\nhttps://b.example/"], "urls.txt"))`)
	b.waitText("#report", "Imported 2 links (2 new).")
	if got := len(s.storedURLs()); got != 3 {
		t.Errorf("stored links: got %q, want 3", s.storedURLs())
	}
	b.drop("header", `for (const name of ["a.txt", "b.txt"]) dataTransfer.items.add(new File([name], name))`)
	b.waitText("#message", "Drop one file at a time.")
	// A picture of a web page is dropped as a file and as a link.
	b.drop("header", `dataTransfer.setData("text/uri-list", "https://www.example.com/picture.png");
		dataTransfer.items.add(new File(["\x89PNG"], "picture.png"))`)
	s.waitStored([]string{
		"https://www.example.com/picture.png", "https://a.example/", "https://b.example/",
		"https://www.example.com/dropped",
	})
	// A link of the list that is dropped is not stored again.
	if !eval[bool](b, `{
		document.querySelector("#links a").dispatchEvent(new DragEvent("dragstart", { bubbles: true }));
		const dataTransfer = new DataTransfer();
		dataTransfer.setData("text/uri-list", "https://own.example/");
		document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
	}`) {
		t.Error("a link of the list is accepted")
	}
}
