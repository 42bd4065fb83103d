package webui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func editingCases() []testCase {
	return []testCase{
		{name: "If editing is off, the buttons are hidden and a hint is shown", inFirefox: true, run: editingOff},
		{name: "In local mode editing and deleting need no token", inFirefox: true, run: editingLocal},
		{
			name:  "If a token is configured, the buttons are shown before it is entered",
			token: token,
			run:   editingWithToken,
		},
	}
}

// visibleButtons returns the visible buttons of the first row.
func (b *tab) visibleButtons() string {
	b.t.Helper()
	return eval[string](b, `["edit", "copy", "delete"]
		.filter((name) => document.querySelector("#links ." + name).checkVisibility()).join(" ")`)
}

// forceEditing shows the buttons, as in a document loaded before the service was
// restarted without its token.
func (b *tab) forceEditing() {
	b.t.Helper()
	b.run(`document.documentElement.dataset.edit = "on"`)
}

const howToEdit = "To edit and delete links, set LINKS_TOKEN_SHA256."

func editingOff(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.open(s.url + "/")
	if got := b.visibleButtons(); got != "copy" {
		t.Errorf("visible buttons: got %q, want copy", got)
	}
	if got := eval[string](b, `document.body.innerText`); strings.Count(got, howToEdit) != 1 {
		t.Errorf("want the hint %q once in:\n%s", howToEdit, got)
	}
	b.save("https://www.example.com/")
	if got := b.visibleButtons(); got != "copy" {
		t.Errorf("visible buttons of a new row: got %q, want copy", got)
	}
	b.press(kb.Escape, "x")
	b.run(`byId("select-all").focus()`)
	b.press(kb.Enter)
	if got := b.focused(); got != "Copy" {
		t.Errorf("focus after all were selected: got %q, want Copy", got)
	}
	b.run(`byId("keys-button").click()`)
	if got := b.text("#keys"); strings.Contains(got, "Edit") || strings.Contains(got, "Delete") {
		t.Errorf("keyboard shortcuts: got %q, want none that edit or delete", got)
	}
}

func editingWithToken(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	b.open(s.url + "/")
	if got := b.visibleButtons(); got != "edit copy delete" || b.text("#no-edit") != "" {
		t.Errorf("visible buttons: got %q, want all; hint %q", got, b.text("#no-edit"))
	}
}

func editingLocal(t *testing.T, _ *site, b *tab) {
	s := newLocalSite(t)
	b.expectLog("status of 404") // the request that checks whether editing is allowed
	for _, host := range []string{"127.0.0.1", "localhost"} {
		s.store(numbered(3)...)
		b.open(strings.Replace(s.url, "127.0.0.1", host, 1) + "/")
		if got := b.visibleButtons(); got != "edit copy delete" || b.text("#no-edit") != "" {
			t.Errorf("visible buttons: got %q, want all; hint %q", got, b.text("#no-edit"))
		}
		b.edit(1)
		b.insert("A title from " + host)
		b.press(kb.Enter)
		b.waitText("#links li:nth-child(1) .name", "A title from "+host)
		b.remove(2)
		b.click("#tools-button")
		b.click("#export-json") // sends the pending deletion
		b.waitText("#report", "Exported 2 links.")
		if got := s.links(); len(got) != 2 || got[0].Title != "A title from "+host || got[1].Link != numbered(3)[2] {
			t.Errorf("stored links at %s: got %v, want the edited link and the last one", host, got)
		}
		b.save("https://www.example.com/" + host)
		if got := s.storedURLs()[0]; got != "https://www.example.com/"+host {
			t.Errorf("newest link: got %q, want %q", got, "https://www.example.com/"+host)
		}
		for _, l := range s.links() {
			s.request(http.MethodDelete, "/link/"+l.ID, "")
		}
	}
}

// attacks are requests that a document can send to a service of another origin. Each
// is a promise of the response that it can read, or "". SERVICE and ID stand for the
// service's URL and the ID of a link, and EVIL for the body of a POST.
var attacks = map[string]string{
	"read":              `fetch("SERVICE/link").then((r) => r.text(), () => "")`,
	"read one":          `fetch("SERVICE/link/ID").then((r) => r.text(), () => "")`,
	"read without CORS": `fetch("SERVICE/link", { mode: "no-cors" }).then((r) => r.text(), () => "")`,
	"read as a script": `new Promise((resolve) => {
		const script = document.createElement("script");
		script.onload = () => resolve("ran");
		script.onerror = () => resolve("");
		script.src = "SERVICE/link";
		document.head.append(script);
	})`,
	"store": `fetch("SERVICE/link", { method: "POST", body: EVIL }).then((r) => r.text(), () => "")`,
	"store without CORS": `fetch("SERVICE/link", { method: "POST", mode: "no-cors", body: EVIL })
		.then((r) => r.text(), () => "")`,
	"store as JSON": `fetch("SERVICE/link", {
		method: "POST", headers: { "Content-Type": "application/json" }, body: EVIL,
	}).then((r) => r.text(), () => "")`,
	"store by a beacon": `(navigator.sendBeacon("SERVICE/link", EVIL),
		new Promise((resolve) => setTimeout(() => resolve(""), 300)))`,
	"store by a form": `new Promise((resolve) => {
		const frame = document.createElement("iframe");
		frame.name = "f";
		document.body.append(frame);
		const form = document.createElement("form");
		Object.assign(form, { method: "post", enctype: "text/plain", action: "SERVICE/link", target: "f" });
		const field = document.createElement("input");
		field.name = '{"link": "https://evil.example/", "x": "';
		field.value = '"}';
		form.append(field);
		document.body.append(form);
		frame.onload = () => {
			try { resolve(frame.contentDocument?.body.innerText ?? ""); } catch { resolve(""); }
		};
		form.submit();
	})`,
	"change": `fetch("SERVICE/link/ID", { method: "PATCH", body: '{"title": "evil"}' })
		.then((r) => r.text(), () => "")`,
	"delete": `fetch("SERVICE/link/ID", { method: "DELETE" }).then((r) => r.text(), () => "")`,
	"delete without CORS": `fetch("SERVICE/link/ID", { method: "DELETE", mode: "no-cors" })
		.then((r) => r.text(), () => "")`,
	"frame the web UI": `new Promise((resolve) => {
		const frame = document.createElement("iframe");
		frame.src = "SERVICE/";
		frame.onload = () => {
			try { resolve(frame.contentDocument?.body.innerText ?? ""); } catch { resolve(""); }
		};
		document.body.append(frame);
	})`,
}

// serveForeign serves a document for any host name and returns its URL.
func serveForeign(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>Another origin</title><body>")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestLocal_ForeignOrigins opens documents of other origins that attack a service in
// local mode.
func TestLocal_ForeignOrigins(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	foreign := serveForeign(t)
	s := newLocalSite(t)
	s.store("https://www.example.com/")
	before := s.links()
	const evil = `'{"link": "https://evil.example/"}'`
	for _, host := range []string{"127.0.0.1", "localhost", "app.localhost", "evil.example"} {
		b := newForeignTab(t, browser)
		b.navigate(strings.Replace(foreign, "127.0.0.1", host, 1) + "/")
		if got := eval[string](b, `document.title`); got != "Another origin" {
			t.Fatalf("title of the document of %s: got %q, want %q", host, got, "Another origin")
		}
		for name, attack := range attacks {
			attack = strings.NewReplacer("SERVICE", s.url, "ID", before[0].ID, "EVIL", evil).Replace(attack)
			if got := eval[string](b, attack); got != "" {
				t.Errorf("%s from %s: got the response %q, want none", name, host, got)
			}
			if after := s.links(); !slices.Equal(after, before) {
				t.Fatalf("%s from %s: stored links: got %v, want %v", name, host, after, before)
			}
		}
	}
}

// TestLocal_ForeignOriginsCannotProbe opens a document of another origin that embeds
// a stored link and a link that is not stored. The browser must not show it any
// difference.
func TestLocal_ForeignOriginsCannotProbe(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	foreign := serveForeign(t)
	s := newLocalSite(t)
	s.store("https://www.example.com/")
	b := newForeignTab(t, browser)
	b.navigate(strings.Replace(foreign, "127.0.0.1", "evil.example", 1) + "/")
	for _, e := range []struct{ tag, url, properties string }{
		{"object", "data", "{}"}, {"script", "src", "{}"}, {"img", "src", "{}"},
		{"link", "href", `{ rel: "prefetch" }`}, {"link", "href", `{ rel: "stylesheet" }`},
	} {
		event := func(id string) string {
			return eval[string](b, fmt.Sprintf(`new Promise((resolve) => {
				const element = Object.assign(document.createElement(%q), %s);
				element.onload = element.onerror = (event) => resolve(event.type);
				element[%q] = %q;
				document.body.append(element);
			})`, e.tag, e.properties, e.url, s.url+"/link/"+id))
		}
		stored, missing := event(s.links()[0].ID), event("00000000-0000-0000-0000-000000000000")
		if stored != missing {
			t.Errorf("%s %s: event of a stored link: %q, of another: %q", e.tag, e.properties, stored, missing)
		}
	}
}

// TestLocal_DNSRebinding opens the service by a foreign name that resolves to this
// machine, as DNS rebinding does.
func TestLocal_DNSRebinding(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	s := newLocalSite(t)
	s.store("https://www.example.com/")
	before := s.links()
	b := newForeignTab(t, browser)
	b.navigate(strings.Replace(s.url, "127.0.0.1", "evil.example", 1) + "/")
	if got := eval[string](b, `document.body.innerText`); !strings.Contains(got, "Local mode") {
		t.Errorf("document: got %q, want an error about local mode", got)
	}
	for name, request := range map[string]string{
		"read":   `fetch("/link")`,
		"store":  `fetch("/link", { method: "POST", body: '{"link": "https://evil.example/"}' })`,
		"delete": `fetch("/link/` + before[0].ID + `", { method: "DELETE" })`,
	} {
		if got := eval[int](b, request+`.then((r) => r.status)`); got != http.StatusMisdirectedRequest {
			t.Errorf("%s: status %d, want 421", name, got)
		}
	}
	if after := s.links(); !slices.Equal(after, before) {
		t.Errorf("stored links: got %v, want %v", after, before)
	}
}
