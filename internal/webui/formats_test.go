package webui_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A portable is a link as an import sends it. The tags are joined by commas.
type portable struct{ Link, Title, Tags, Note, Added string }

// A parsed is the result of parsing a file. Lost and Cut are joined by "; ".
type parsed struct {
	Links       []portable
	Skipped     []string
	Lost, Cut   string
	Duplicates  int
	IsTruncated bool
	Error       string
}

// parse parses a file in the browser and prepares its links for an import. It needs
// loadScripts.
func (b *tab) parse(content string) parsed {
	b.t.Helper()
	return eval[parsed](b, parseExpression(content))
}

// parseExpression returns a JavaScript expression, a promise of a parsed.
func parseExpression(content string) string {
	return fmt.Sprintf(`(async () => {
		const bytes = Uint8Array.from(atob(%q), (character) => character.charCodeAt(0));
		try {
			const { entries, isTruncated = false } = await formats.parse(new Blob([bytes]));
			const { links, skipped, lost, duplicates } = await transfer.prepare(entries);
			const cut = [];
			const cleaned = [...links.values()].map((entry) => transfer.clean(entry, (why) => cut.push(why)));
			return {
				Links: cleaned.map((link) => ({ ...link, tags: link.tags?.join() ?? "" })),
				Skipped: skipped.map(({ link, why }) => link + ": " + why),
				Lost: Object.entries(lost).map((pair) => pair.join(": ")).join("; "),
				Cut: cut.join("; "),
				Duplicates: duplicates,
				IsTruncated: isTruncated,
			};
		} catch (error) {
			return { Error: error.message };
		}
	})()`, base64.StdEncoding.EncodeToString([]byte(content)))
}

// newFormatTab opens the web UI of an empty service and loads what parse needs.
func newFormatTab(t *testing.T) *tab {
	t.Helper()
	b := newTab(t, startChromium(t))
	b.open(newSite(t, "", false).url + "/")
	b.loadScripts()
	return b
}

// loadScripts defines the functions that process text and files, because those in the
// script of the document are local to it.
func (b *tab) loadScripts() {
	b.t.Helper()
	for _, name := range []string{"dom", "formats", "netscape", "reading", "urls", "transfer"} {
		script, err := os.ReadFile(filepath.Join("web", name+".js"))
		b.must(err)
		b.run(string(script))
	}
}

const (
	leapDay = "2024-02-29T12:34:56.000Z"
	july    = "2013-07-01T00:00:00.000Z"
	july1   = "2013-07-01T00:00:01.000Z"
	june59  = "2013-06-30T23:59:59.000Z"
	june58  = "2013-06-30T23:59:58.000Z"
)

// A formatCase is a file and the result of parsing it.
type formatCase struct {
	name, content string
	want          parsed
}

// exporterCases returns files as their exporters write them.
func exporterCases(t *testing.T) []formatCase {
	t.Helper()
	cases := []formatCase{ // content is the name of the file
		{"Bookmarks of Chromium", "chromium.html", parsed{Links: []portable{
			{"https://example.org/first-of-its-second", "First of its second", "", "", july},
			{"https://example.org/second-of-its-second", "Second of its second", "", "", july},
			{
				"https://xn--bcher-kva.example/Stra%C3%9Fe", "Bücher – 本 🙂", "Reading & more", "",
				"2023-11-14T22:13:20.000Z",
			},
			{
				`https://example.com/?a=1&amp=2&b="3"`, `Fish & chips <b>"bold"</b> & 'more' &amp;`,
				"Reading & more", "", leapDay,
			},
			{"https://example.com/", "", "", "", "2024-02-29T12:34:57.000Z"},
		}, Skipped: []string{"javascript:void%200: not a web address"}}},
		{"Bookmarks of Firefox", "firefox.html", parsed{Links: []portable{
			{"https://example.com/a?b=c&d=e", "Tools <for> “work” & play", "Work", "", leapDay},
			{"https://example.com/tagged", "With tags", "Work,go,http,reading", "", july},
			{"https://example.com/described", "With a description", "", "What it says about itself", july1},
		}, Skipped: []string{"place:sort=8&maxResults=10: not a web address"}, Lost: "keyword: 1"}},
		{"Bookmarks of Safari", "safari.html", parsed{Links: []portable{
			{"https://example.com/favorite", "A favorite", "", "", ""},
			{"https://example.com/news?a=1&b=2", "News & weather", "News", "", ""},
			{"https://example.com/menu", "In the menu", "", "", ""},
			{"https://example.com/loose", "Without a folder", "", "", ""},
			{"https://example.com/later", "To read", "Reading List", "", ""},
		}}},
		{"Bookmarks of linkding", "linkding.html", parsed{Links: []portable{
			{
				"https://example.com/a?b=1&c=2", "It's a page", "go,web-dev",
				"A description & more\n\n# Notes\n\n* in Markdown", leapDay,
			},
			{"https://example.com/plain", "Plain", "", "", july1},
			{"https://example.com/notes", "Notes only", "linkding:bookmarks.archived", "Only <notes>", july},
		}, Lost: "read state: 1; privacy: 2"}},
		{"CSV of Pocket", "pocket.csv", parsed{Links: []portable{
			{"https://example.com/1", "A page", "go,web dev", "", leapDay},
			{"https://example.com/2", "", "", "", july},
			{"https://example.com/3?a=1&b=2", `Commas, quotes "and" more`, "reading", "", june59},
		}, Lost: "read state: 1"}},
		{"HTML of Pocket", "pocket.html", parsed{Links: []portable{
			{"https://example.com/1", "A page", "go,web dev", "", leapDay},
			{"https://example.com/bars", "Bars & tags", "one,two", "", "2024-02-29T12:34:55.000Z"},
			{"https://example.com/2", "", "", "", july},
		}, Lost: "read state: 1"}},
		{"CSV of Raindrop", "raindrop.csv", parsed{Links: []portable{
			{
				"https://example.com/?q=a", `One, "two" and three`, "Work/Go,a,b",
				"My note,\nof two lines\n\nAn excerpt", "2024-02-29T12:34:56.789Z",
			},
			{"https://example.com/b", "Plain", "b", "", july1},
			{"https://example.com/c", "Nested", "Recipes/Soups", "Same", july},
		}, Lost: "highlights: 1; favorite: 1"}},
		{"CSV of Instapaper", "instapaper.csv", parsed{Links: []portable{
			{"https://example.com/a,b", "A, B", "read,later on", `What I selected, with "quotes"`, leapDay},
			{"https://example.com/untitled", "", "", "", july1},
			{"https://example.com/starred", "Starred", "", "", july},
			{"https://example.com/folder", "In a folder", "Recipes,Süß,soup", "", june59},
		}, Lost: "read state: 1; favorite: 1"}},
		{"JSON of Pinboard", "pinboard.json", parsed{Links: []portable{
			{"https://example.com/pin", "A page – with a dash", "go,web-dev", "What I think\nof it", leapDay},
			{"https://example.com/later", "", "", "", july},
		}, Lost: "read state: 1; privacy: 1"}},
		{"Any JSON with url or href", "generic.json", parsed{Links: []portable{
			{"https://example.com/1", "A page", "go,web dev", "What it is about", leapDay},
			{"https://example.com/2", "By href", "one,two", "", july},
		}, Lost: "read state: 1"}},
		{"JSON backup of Chrome", "chrome.json", parsed{Links: []portable{
			{"https://example.com/bar", "On the bar", "", "", leapDay},
			{"https://example.com/leek", "Leek soup", "Recipes/Soups", "", july},
			{"https://example.com/other", "Among the others", "", "", june59},
		}}},
		{"JSON backup of Firefox", "firefox.json", parsed{Links: []portable{
			{"https://example.com/tagged", "With tags", "Work,go,web dev", "", "2024-02-29T12:34:56.789Z"},
			{"https://example.com/described", "Described", "", "What it says", july1},
			{"https://example.com/phone", "On the phone", "", "", june58},
		}, Skipped: []string{"place:type=6&sort=14&maxResults=10: not a web address"}, Lost: "keyword: 1"}},
		{"CSV with semicolons", "semicolons.csv", parsed{Links: []portable{
			{"https://example.com/1", "Ein; Titel", "eins,zwei", "Eine Notiz", leapDay},
			{"https://example.com/2", "Name", "", "", ""},
		}}},
		{"CSV with tabs", "tabs.tsv", parsed{Links: []portable{
			{"https://example.com/1", "A", "Recipes/Soups", "", ""},
			{"https://example.com/2", "B", "", "", ""},
		}}},
		{"A list of URLs", "urls.txt", parsed{Links: []portable{
			{Link: "https://example.com/1"}, {Link: "https://example.com/2"},
			{Link: "https://example.com/3"}, {Link: "https://example.com/4"},
		}, Skipped: []string{"ftp://example.com/5: not a web address"}}},
	}
	cases = append(cases, serviceCases()...)
	for i := range cases {
		cases[i].content = testdata(t, cases[i].content)
	}
	return cases
}

// serviceCases returns more files. The content of a case is the name of its file.
func serviceCases() []formatCase {
	const (
		page1 = "https://example.com/1"
		page2 = "https://example.com/2"
	)
	return []formatCase{
		{"Bookmarks of Safari in German", "safari-german.html", parsed{Links: []portable{
			{page1, "Favorit", "", "", ""},
			{page2, "Suppe", "Rezepte", "", ""},
			{"https://example.com/3", "Im Menü", "", "", ""},
			{"https://example.com/4", "Später", "Leseliste", "", ""},
		}}},
		{"Bookmarks of Edge in German", "edge-german.html", parsed{Links: []portable{
			{page1, "Eins", "", "", leapDay},
			{page2, "Zwei", "", "", leapDay},
			{"https://example.com/3", "Drei", "Rezepte", "", leapDay},
		}}},
		{"JSON backup of Opera", "opera.json", parsed{Links: []portable{
			{page1, "Bar", "", "", leapDay},
			{page2, "Dial", "Speed dials", "", leapDay},
			{"https://example.com/3", "Deep", "Speed dials/Rezepte", "", leapDay},
			{"https://example.com/4", "Loose", "Unsorted bookmarks", "", leapDay},
		}}},
		{"HTML of Pinboard", "pinboard.html", parsed{Links: []portable{
			{page1, `A "page"`, "go,web-dev", "What I think\nof it", leapDay},
			{page2, "B", "x", "", july},
		}, Lost: "read state: 1; privacy: 1"}},
		{"HTML of Raindrop", "raindrop.html", parsed{Links: []portable{
			{page1, "One", "a,b c", "An excerpt", leapDay},
			{page2, "Two", "Recipes/Soups", "", july},
		}, Lost: "favorite: 1"}},
		{"HTML of Shaarli", "shaarli.html", parsed{Links: []portable{
			{page1, "A & B", "go,web-dev", "Line 1\nLine <b>2</b> with https://other.example/", leapDay},
			{page2, "B", "", "", july},
		}, Lost: "privacy: 1"}},
		{"HTML of Buku", "buku.html", parsed{Links: []portable{{page1, "A", "go,web dev", "A description", leapDay}}}},
		{"JSON of Karakeep", "karakeep.json", parsed{Links: []portable{
			{page1, "A page", "go,web dev", "My note", leapDay},
			{page2, "", "", "", july1},
		}, Lost: "read state: 1"}},
		{"JSON of Linkwarden", "linkwarden.json", parsed{Links: []portable{
			{"https://example.com/soup", "Soup", "Recipes,leek,hot spicy", "A soup", leapDay},
			{"https://example.com/loose", "Loose", "", "", july1},
		}, Cut: "comma removed from the tag “hot spicy”", Duplicates: 1}},
		{"JSON of wallabag", "wallabag.json", parsed{Links: []portable{
			{page1, "A page", "go,web dev", "", leapDay},
			{page2, "B", "", "", july},
		}, Lost: "read state: 1; favorite: 1; highlights: 1"}},
		{"JSON of Omnivore", "omnivore.json", parsed{Links: []portable{
			{page1, "A page", "go,web dev", "About", leapDay},
		}, Lost: "read state: 1"}},
	}
}

func TestFormats_Exporters(t *testing.T) {
	t.Parallel()
	b := newFormatTab(t)
	for _, c := range exporterCases(t) {
		t.Run(c.name, func(t *testing.T) {
			wantParsed(t, b.parse(c.content), c.want)
		})
	}
}

// wantParsed compares the result of parsing a file.
func wantParsed(t *testing.T, got, want parsed) {
	t.Helper()
	if !slices.Equal(got.Links, want.Links) {
		t.Errorf("links: got\n%s\nwant\n%s", lines(got.Links), lines(want.Links))
	}
	if !slices.Equal(got.Skipped, want.Skipped) {
		t.Errorf("skipped: got %q, want %q", got.Skipped, want.Skipped)
	}
	got.Links, want.Links, got.Skipped, want.Skipped = nil, nil, nil, nil
	if quote(got) != quote(want) {
		t.Errorf("report: got %s, want %s", quote(got), quote(want))
	}
}

func lines[T any](values []T) string {
	var b strings.Builder
	for _, value := range values {
		fmt.Fprintf(&b, "%.300s\n", quote(value))
	}
	return b.String()
}
