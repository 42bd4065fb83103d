package page_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots writes the pictures of the page that the documentation shows, into the directory that SCREENSHOTS
// names.
func TestScreenshots(t *testing.T) {
	directory := os.Getenv("SCREENSHOTS")
	if directory == "" {
		t.Skip("SCREENSHOTS does not name a directory to write to")
	}
	browser := startBrowser(t)
	full := []string{
		"https://en.wikipedia.org/wiki/Uniform_Resource_Identifier",
		"https://www.rfc-editor.org/rfc/rfc9562.html#name-uuid-version-5",
		"https://url.spec.whatwg.org/#concept-url-serializer",
		"https://bücher.example/neu?sprache=de&umschlag=hart",
		"https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html",
		"https://news.ycombinator.com/",
		"https://go.dev/blog/routing-enhancements",
		"https://www.openstreetmap.org/#map=15/48.8566/2.3522",
	}
	for _, picture := range []struct {
		name, scheme  string
		width, height int64
		links         []string
	}{
		{"light.png", "light", 900, 760, full},
		{"dark.png", "dark", 900, 760, full},
		{"narrow.png", "light", 360, 760, full},
		{"empty.png", "light", 900, 480, nil},
	} {
		s, b := newSite(t, "", false), newTab(t, browser)
		s.keep(picture.links...)
		b.prefers(picture.scheme)
		b.do(chromedp.EmulateViewport(picture.width, picture.height))
		b.open(s.url + "/")
		if picture.links != nil {
			b.save("https://www.google.com")
		}
		image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, picture.name), image, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
