package webui_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func phoneCases() []testCase {
	var cases []testCase
	for _, mount := range []string{"/", "/prod", "/prod/"} {
		cases = append(cases, testCase{
			name: "Data shared by a phone is filled in at " + mount,
			run:  func(t *testing.T, s *site, b *tab) { shared(t, s, b, mount) },
		})
	}
	return cases
}

func shared(t *testing.T, s *site, b *tab, mount string) {
	for _, c := range []struct{ query, link, title, note string }{
		{
			query: "title=A+page&text=&url=https%3A%2F%2Fexample.com%2F1%3Fa%3D1%26b%232",
			link:  "https://example.com/1?a=1&b#2", title: "A page",
		},
		{query: "title=A+page&text=https%3A%2F%2Fexample.com%2F2", link: "https://example.com/2", title: "A page"},
		{
			query: "text=Look+at+this:+https%3A%2F%2Fexample.com%2F3.",
			link:  "https://example.com/3", title: "Look at this",
		},
		{
			query: "title=A+page&text=Look+(https%3A%2F%2Fexample.com%2F4)+at%0Athis",
			link:  "https://example.com/4", title: "A page", note: "Look at this",
		},
		{
			query: "add=https%3A%2F%2Fexample.com%2F5&title=A+page&note=Selected",
			link:  "https://example.com/5", title: "A page", note: "Selected",
		},
		{query: "text=https%3A%2F%2Fexample.com%2Fa_(b)", link: "https://example.com/a_(b)"},
		{
			query: "title=https%3A%2F%2Fexample.com%2F6&text=https%3A%2F%2Fexample.com%2F6",
			link:  "https://example.com/6",
		},
		{query: "text=a+b%09c%0Ad", link: "a b c d"},
		{
			query: "text=web.example%2Fweb%2Fhttps%3A%2F%2Fexample.com%2F7",
			link:  "web.example/web/https://example.com/7",
		},
		{
			query: "title=" + strings.Repeat("%C3%A4", 1001) + "&url=https://example.com/8",
			link:  "https://example.com/8", title: strings.Repeat("ä", 1000),
		},
		{
			query: "title=A+page&text=Selected+%26+copied&url=https%3A%2F%2Fexample.com%2F9",
			link:  "https://example.com/9", title: "A page", note: "Selected & copied",
		},
	} {
		b.open(s.url + mount + "?" + c.query)
		if got := eval[string](b, `byId("link").value`); got != c.link {
			t.Errorf("%s: field: got %q, want %q", c.query, got, c.link)
		}
		isVisible := eval[bool](b, `byId("title").checkVisibility()`)
		got := eval[string](b, `byId("title").value`)
		if got != c.title || isVisible != strings.Contains(c.link, "/") {
			t.Errorf("%s: title: got %q, want %q", c.query, got, c.title)
		}
		if got := eval[string](b, `byId("note").value`); got != c.note || b.isVisible("#note") != (c.note != "") {
			t.Errorf("%s: note: got %q, want %q, visible unless empty", c.query, got, c.note)
		}
		if got := eval[string](b, `location.href`); got != s.url+strings.TrimSuffix(mount, "/")+"/" {
			t.Errorf("%s: location: got %s, want %s", c.query, got, s.url+strings.TrimSuffix(mount, "/")+"/")
		}
	}
	s.wantNothingStored()
	b.open(s.url + mount + "?title=A+page&text=Selected&url=https%3A%2F%2Fexample.com%2F1")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	b.waitText("#links .name", "A page")
	b.waitText("#links .note", "Selected")
	got := s.portables()
	got[0].Added = ""
	want := []portable{{Link: "https://example.com/1", Title: "A page", Note: "Selected"}}
	if !slices.Equal(got, want) {
		t.Errorf("stored links: got %v, want %v", got, want)
	}
	if eval[bool](b, `byId("title").checkVisibility() || byId("title").value !== ""`) {
		t.Error("the title field is visible or not empty")
	}
}

// TestManifest_Installable uses a window that is not private, because Chromium
// installs nothing from a private one.
func TestManifest_Installable(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	for _, mount := range []string{"/", "/prod", "/prod/"} {
		s, b := newSite(t, "", false), openTab(t, browser)
		b.open(s.url + mount)
		found, err := chromedp.Call(b.devTools(), page.GetAppManifest, page.GetAppManifestParams{})
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range found.Errors {
			t.Errorf("%s: manifest: %s", mount, problem.Message)
		}
		base := s.url + strings.TrimSuffix(mount, "/") + "/"
		if found.URL != base+"manifest.webmanifest" {
			t.Errorf("%s: URL of the manifest: got %q, want %q", mount, found.URL, base+"manifest.webmanifest")
		}
		var manifest struct {
			Name, Start_URL, Scope, Display string
			Icons                           []struct{ Src, Sizes, Type, Purpose string }
			Share_Target                    struct {
				Action, Method string
				Params         struct{ Title, Text, URL string }
			}
		}
		if err := json.Unmarshal([]byte(found.Data), &manifest); err != nil {
			t.Fatal(err)
		}
		resolved, err := url.Parse(found.URL)
		if err != nil {
			t.Fatal(err)
		}
		for name, reference := range map[string]string{
			"start_url":           manifest.Start_URL,
			"scope":               manifest.Scope,
			"share_target.action": manifest.Share_Target.Action,
		} {
			if got, err := resolved.Parse(reference); err != nil || got.String() != base {
				t.Errorf("%s: %s: got %v, %v, want %s", mount, name, got, err, base)
			}
		}
		share := manifest.Share_Target
		if manifest.Display != "standalone" || share.Method != http.MethodGet ||
			share.Params.Title != "title" || share.Params.Text != "text" || share.Params.URL != "url" {
			t.Errorf("%s: manifest: got %s, want a standalone app with a share target by GET", mount, found.Data)
		}
		problems, err := chromedp.Call(b.devTools(), page.GetInstallabilityErrors, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range problems.InstallabilityErrors {
			t.Errorf("%s: not installable: %s %v", mount, problem.ErrorID, problem.ErrorArguments)
		}
		isManifest := func(request string) bool { return strings.HasSuffix(request, "/manifest.webmanifest") }
		if !slices.ContainsFunc(s.allRequests(), isManifest) {
			t.Errorf("%s: requests: got %q, want the manifest", mount, s.allRequests())
		}
	}
}
