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
		cases = append(cases,
			testCase{name: "What a phone shares is filled in at " + mount, run: func(t *testing.T, s *site, b *tab) { shared(t, s, b, mount) }})
	}
	return cases
}

func shared(t *testing.T, s *site, b *tab, mount string) {
	for _, c := range []struct{ query, link, title string }{
		{"title=A+page&text=&url=https%3A%2F%2Fexample.com%2F1%3Fa%3D1%26b%232", "https://example.com/1?a=1&b#2", "A page"},
		{"title=A+page&text=https%3A%2F%2Fexample.com%2F2", "https://example.com/2", "A page"},
		{"text=Look+at+this:+https%3A%2F%2Fexample.com%2F3.", "https://example.com/3", "Look at this:"},
		{"title=A+page&text=Look+(https%3A%2F%2Fexample.com%2F4)+at%0Athis", "https://example.com/4", "A page"},
		{"text=https%3A%2F%2Fexample.com%2Fa_(b)", "https://example.com/a_(b)", ""},
		{"title=https%3A%2F%2Fexample.com%2F6&text=https%3A%2F%2Fexample.com%2F6", "https://example.com/6", ""},
		{"text=a+b%09c%0Ad", "a b c d", ""},
		{"title=" + strings.Repeat("%C3%A4", 1001) + "&url=https://example.com/8", "https://example.com/8", strings.Repeat("ä", 1000)},
	} {
		b.open(s.url + mount + "?" + c.query)
		if got := eval[string](b, `document.querySelector("#link").value`); got != c.link {
			t.Errorf("%s: the field holds %q, want %q", c.query, got, c.link)
		}
		if got := eval[string](b, `document.querySelector("#title").value`); got != c.title || eval[bool](b, `document.querySelector("#title").checkVisibility()`) != (c.title != "") {
			t.Errorf("%s: the title is %q, want %q", c.query, got, c.title)
		}
		if got := eval[string](b, `location.href`); got != s.url+strings.TrimSuffix(mount, "/")+"/" {
			t.Errorf("%s: the address bar holds %s", c.query, got)
		}
	}
	if got := s.kept(); len(got) != 0 {
		t.Errorf("opening the page stored %q", got)
	}
	b.open(s.url + mount + "?title=A+page&url=https%3A%2F%2Fexample.com%2F1")
	b.press(kb.Enter)
	b.waitText("#message", "Saved.")
	b.waitText("#links .name", "A page")
	if got := s.links(); len(got) != 1 || got[0].Title != "A page" || got[0].Link != "https://example.com/1" {
		t.Errorf("the service holds %v", got)
	}
	if eval[bool](b, `document.querySelector("#title").checkVisibility() || document.querySelector("#title").value !== ""`) {
		t.Error("the title is still there")
	}
}

// TestPageIsInstallable asks Chromium, in a window that is not private: there nothing can be installed.
func TestPageIsInstallable(t *testing.T) {
	browser := startBrowser(t)
	for _, mount := range []string{"/", "/prod", "/prod/"} {
		s, b := newSite(t, "", false), openTab(t, browser)
		b.open(s.url + mount)
		found, err := chromedp.Call(b.ctx, page.GetAppManifest, page.GetAppManifestParams{})
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range found.Errors {
			t.Errorf("%s: Chromium says of the manifest: %s", mount, problem.Message)
		}
		base := s.url + strings.TrimSuffix(mount, "/") + "/"
		if found.URL != base+"manifest.webmanifest" {
			t.Errorf("%s: the manifest is at %q", mount, found.URL)
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
		for name, reference := range map[string]string{"start_url": manifest.Start_URL, "scope": manifest.Scope, "share_target.action": manifest.Share_Target.Action} {
			if got, err := resolved.Parse(reference); err != nil || got.String() != base {
				t.Errorf("%s: %s is %v, %v", mount, name, got, err)
			}
		}
		share := manifest.Share_Target
		if manifest.Display != "standalone" || share.Method != http.MethodGet || share.Params.Title != "title" || share.Params.Text != "text" || share.Params.URL != "url" {
			t.Errorf("%s: the manifest is %s", mount, found.Data)
		}
		problems, err := chromedp.Call(b.ctx, page.GetInstallabilityErrors, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range problems.InstallabilityErrors {
			t.Errorf("%s: Chromium would not install the page: %s %v", mount, problem.ErrorID, problem.ErrorArguments)
		}
		if !slices.ContainsFunc(s.all(), func(request string) bool { return strings.HasSuffix(request, "/manifest.webmanifest") }) {
			t.Errorf("%s: the browser asked for %q", mount, s.all())
		}
	}
}
