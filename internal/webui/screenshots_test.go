package webui_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots writes the screenshots of the documentation to the directory
// SCREENSHOTS.
func TestScreenshots(t *testing.T) {
	directory := os.Getenv("SCREENSHOTS")
	if directory == "" {
		t.Skip("SCREENSHOTS is not set")
	}
	browser := startChromium(t)
	full := []fullLink{
		{
			Link: "https://en.wikipedia.org/wiki/Uniform_Resource_Identifier", Title: "Uniform Resource Identifier",
			Tags: []string{"Reference", "web"}, Added: "2026-11-23T08:15:00Z",
		},
		{
			Link:  "https://www.rfc-editor.org/rfc/rfc9562.html#name-uuid-version-5",
			Title: "RFC 9562: Universally Unique IDentifiers (UUIDs)",
			Tags:  []string{"Reference", "Standards/RFC"},
			Note:  "Section 5.5 describes version 5: the SHA-1 of a namespace and a name.",
			Added: "2026-11-23T07:40:00Z",
		},
		{Link: "https://url.spec.whatwg.org/#concept-url-serializer", Added: "2026-11-20T09:05:00Z"},
		{
			Link: "https://bücher.example/neu?sprache=de&umschlag=hart", Title: "Neue Bücher: gebunden, auf Deutsch",
			Tags: []string{"Bücher"}, Added: "2026-11-20T08:30:00Z",
		},
		{
			Link:  "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html",
			Title: "Using Global Secondary Indexes in DynamoDB", Tags: []string{"AWS", "Databases"},
			Added: "2026-10-30T11:00:00Z",
		},
		{
			Link: "https://soup.example/tomato", Title: "Tomato soup", Tags: []string{"Recipes/Soups"},
			Note: "Half the salt. Basil from the balcony.", Added: "2026-10-30T10:20:00Z",
		},
		{Link: "https://news.ycombinator.com/", Added: "2026-10-30T06:20:00Z"},
		{
			Link: "https://go.dev/blog/routing-enhancements", Title: "Routing Enhancements for Go 1.22",
			Tags: []string{"Go", "web"}, Added: "2024-02-13T12:00:00Z",
		},
		{
			Link: "https://www.openstreetmap.org/#map=15/48.8566/2.3522", Title: "OpenStreetMap",
			Tags: []string{"Travel"}, Added: "2013-07-01T00:00:00Z",
		},
	}
	for _, picture := range []struct {
		name, scheme  string
		width, height int64
		links         []fullLink
	}{
		{"light.png", "light", 900, 760, full},
		{"dark.png", "dark", 900, 760, full},
		{"narrow.png", "light", 360, 760, full},
		{"empty.png", "light", 900, 480, nil},
	} {
		s, b := newLocalSite(t), newTab(t, browser)
		if picture.links != nil {
			s.request(http.MethodPost, "/link", quote(picture.links))
		}
		b.setColorScheme(picture.scheme)
		b.resize(picture.width, picture.height)
		b.open(s.url + "/")
		if picture.links != nil {
			b.save("https://www.google.com")
		}
		image, err := chromedp.Run(b.devTools(), chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, picture.name), image, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
