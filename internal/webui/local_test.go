package webui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func editingCases() []testCase {
	return []testCase{
		{name: "Where editing is off, the buttons are hidden and one sentence says how to turn it on", run: editingOff},
		{name: "In local mode links are edited and deleted without a token", run: editingLocal},
		{name: "With a token the buttons are shown before the token is given", token: token, run: editingWithToken},
	}
}

// editable reports which of the buttons edit, copy and delete the first row shows.
func (b *tab) editable() string {
	b.t.Helper()
	return eval[string](b, `["edit", "copy", "delete"].filter((name) => document.querySelector("#links ." + name).checkVisibility()).join(" ")`)
}

// editingWasOn gives the page the state of one that was loaded before the service
// was restarted without its token.
func (b *tab) editingWasOn() {
	b.t.Helper()
	eval[chromedp.Void](b, `document.documentElement.dataset.edit = "on"`)
}

const howToEdit = "To edit and delete links, set LINKS_TOKEN_SHA256."

func editingOff(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.open(s.url + "/")
	if got := b.editable(); got != "copy" {
		t.Errorf("the row shows the buttons %q", got)
	}
	if got := eval[string](b, `document.body.innerText`); strings.Count(got, howToEdit) != 1 {
		t.Errorf("the page does not show once how to turn editing on:\n%s", got)
	}
	b.save("https://www.example.com/")
	if got := b.editable(); got != "copy" {
		t.Errorf("a new row shows the buttons %q", got)
	}
}

func editingWithToken(t *testing.T, s *site, b *tab) {
	s.keep(numbered(3)...)
	b.open(s.url + "/")
	if got := b.editable(); got != "edit copy delete" || b.text("#no-edit") != "" {
		t.Errorf("the row shows the buttons %q, the page %q", got, b.text("#no-edit"))
	}
}

func editingLocal(t *testing.T, _ *site, b *tab) {
	s := newLocalSite(t)
	b.provokes("status of 404") // the page asks whether editing is permitted, about an ID that no link has
	for _, host := range []string{"127.0.0.1", "localhost"} {
		s.keep(numbered(3)...)
		b.open(strings.Replace(s.url, "127.0.0.1", host, 1) + "/")
		if got := b.editable(); got != "edit copy delete" || b.text("#no-edit") != "" {
			t.Errorf("the row shows the buttons %q, the page %q", got, b.text("#no-edit"))
		}
		b.click("#links li:nth-child(1) .edit")
		b.waitFor(`document.activeElement.className === "new-title"`)
		b.paste("A title from " + host)
		b.press(kb.Enter)
		b.waitText("#links li:nth-child(1) .name", "A title from "+host)
		b.click("#links li:nth-child(2) .delete")
		b.waitFor(`document.activeElement.className === "undo"`)
		b.click("#more")
		b.click("#export-json") // which ends the time for undo
		b.waitText("#report", "2 links exported.")
		if got := s.links(); len(got) != 2 || got[0].Title != "A title from "+host || got[1].Link != numbered(3)[2] {
			t.Errorf("at %s the service stores %v", host, got)
		}
		b.save("https://www.example.com/" + host)
		if got := s.kept()[0]; got != "https://www.example.com/"+host {
			t.Errorf("the newest link is %q", got)
		}
		for _, l := range s.links() {
			s.request(http.MethodDelete, "/link/"+l.ID, "")
		}
	}
}

// attacks are what a page can do with a service of another origin. Each is a
// promise of what the page got to read, "" for nothing; SERVICE and ID stand for
// the service's URL and the ID of a link.
var attacks = map[string]string{
	"read":                `fetch("SERVICE/link").then((r) => r.text(), () => "")`,
	"read one":            `fetch("SERVICE/link/ID").then((r) => r.text(), () => "")`,
	"read without CORS":   `fetch("SERVICE/link", { mode: "no-cors" }).then((r) => r.text(), () => "")`,
	"read as a script":    `new Promise((resolve) => { const s = document.createElement("script"); s.onload = () => resolve("ran"); s.onerror = () => resolve(""); s.src = "SERVICE/link"; document.head.append(s); })`,
	"store":               `fetch("SERVICE/link", { method: "POST", body: '{"link": "https://evil.example/"}' }).then((r) => r.text(), () => "")`,
	"store without CORS":  `fetch("SERVICE/link", { method: "POST", mode: "no-cors", body: '{"link": "https://evil.example/"}' }).then((r) => r.text(), () => "")`,
	"store as JSON":       `fetch("SERVICE/link", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"link": "https://evil.example/"}' }).then((r) => r.text(), () => "")`,
	"store by a beacon":   `(navigator.sendBeacon("SERVICE/link", '{"link": "https://evil.example/"}'), new Promise((resolve) => setTimeout(() => resolve(""), 300)))`,
	"store by a form":     `new Promise((resolve) => { const frame = document.createElement("iframe"); frame.name = "f"; document.body.append(frame); const form = document.createElement("form"); Object.assign(form, { method: "post", enctype: "text/plain", action: "SERVICE/link", target: "f" }); const field = document.createElement("input"); field.name = '{"link": "https://evil.example/", "x": "'; field.value = '"}'; form.append(field); document.body.append(form); frame.onload = () => { try { resolve(frame.contentDocument?.body.innerText ?? ""); } catch { resolve(""); } }; form.submit(); })`,
	"change":              `fetch("SERVICE/link/ID", { method: "PATCH", body: '{"title": "evil"}' }).then((r) => r.text(), () => "")`,
	"delete":              `fetch("SERVICE/link/ID", { method: "DELETE" }).then((r) => r.text(), () => "")`,
	"delete without CORS": `fetch("SERVICE/link/ID", { method: "DELETE", mode: "no-cors" }).then((r) => r.text(), () => "")`,
	"frame the web UI":    `new Promise((resolve) => { const frame = document.createElement("iframe"); frame.src = "SERVICE/"; frame.onload = () => { try { resolve(frame.contentDocument?.body.innerText ?? ""); } catch { resolve(""); } }; document.body.append(frame); })`,
}

// TestLocal_ForeignOrigins has Chromium open pages of other origins that attack a
// service in local mode.
func TestLocal_ForeignOrigins(t *testing.T) {
	browser := startBrowser(t)
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>Another origin</title><body>")
	}))
	defer foreign.Close()
	s := newLocalSite(t)
	s.keep("https://www.example.com/")
	before := s.links()
	for _, host := range []string{"127.0.0.1", "localhost", "app.localhost", "evil.example"} {
		b := newForeignTab(t, browser)
		b.do(chromedp.Navigate(strings.Replace(foreign.URL, "127.0.0.1", host, 1) + "/"))
		if got := eval[string](b, `document.title`); got != "Another origin" {
			t.Fatalf("the page of %s is %q", host, got)
		}
		for name, attack := range attacks {
			attack = strings.NewReplacer("SERVICE", s.url, "ID", before[0].ID).Replace(attack)
			if got := eval[string](b, attack); got != "" {
				t.Errorf("a page of %s can %s: it gets %q", host, name, got)
			}
			if after := s.links(); !slices.Equal(after, before) {
				t.Fatalf("a page of %s can %s: the service stores %v", host, name, after)
			}
		}
	}
}

// TestLocal_DNSRebinding has Chromium open the service by a foreign name that
// resolves to this machine, as at the end of DNS rebinding.
func TestLocal_DNSRebinding(t *testing.T) {
	browser := startBrowser(t)
	s := newLocalSite(t)
	s.keep("https://www.example.com/")
	before := s.links()
	b := newForeignTab(t, browser)
	b.do(chromedp.Navigate(strings.Replace(s.url, "127.0.0.1", "evil.example", 1) + "/"))
	if got := eval[string](b, `document.body.innerText`); !strings.Contains(got, "local mode") {
		t.Errorf("the page is %q", got)
	}
	for name, request := range map[string]string{
		"read":   `fetch("/link")`,
		"store":  `fetch("/link", { method: "POST", body: '{"link": "https://evil.example/"}' })`,
		"delete": `fetch("/link/` + before[0].ID + `", { method: "DELETE" })`,
	} {
		if got := eval[int](b, request+`.then((r) => r.status)`); got != http.StatusMisdirectedRequest {
			t.Errorf("%s is answered %d, want 421", name, got)
		}
	}
	if after := s.links(); !slices.Equal(after, before) {
		t.Errorf("the service stores %v", after)
	}
}
