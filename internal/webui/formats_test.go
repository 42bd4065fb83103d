package webui_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
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

// parse parses a file in the browser and prepares its links for an import.
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
			const { links, skipped, lost, cut, duplicates } = await transfer.prepare(entries);
			return {
				Links: [...links.values()].map((link) => ({ ...link, tags: link.tags?.join() ?? "" })),
				Skipped: skipped.map(({ link, why }) => link + ": " + why),
				Lost: [...lost].map((pair) => pair.join(": ")).join("; "),
				Cut: cut.map(({ why }) => why).join("; "),
				Duplicates: duplicates,
				IsTruncated: isTruncated,
			};
		} catch (error) {
			return { Error: error.message };
		}
	})()`, base64.StdEncoding.EncodeToString([]byte(content)))
}

// newFormatTab opens the web UI of an empty service.
func newFormatTab(t *testing.T) *tab {
	t.Helper()
	b := newTab(t, startBrowser(t))
	b.open(newSite(t, "", false).url + "/")
	return b
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
		}, Skipped: []string{"javascript:void%200: javascript: is not http or https"}}},
		{"Bookmarks of Firefox", "firefox.html", parsed{Links: []portable{
			{"https://example.com/a?b=c&d=e", "Tools <for> “work” & play", "Work", "", leapDay},
			{"https://example.com/tagged", "With tags", "Work,go,http,reading", "", july},
			{"https://example.com/described", "With a description", "", "What it says about itself", july1},
		}, Skipped: []string{"place:sort=8&maxResults=10: place: is not http or https"}, Lost: "keyword: 1"}},
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
		}, Lost: "read state: 3"}},
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
		}, Skipped: []string{"place:type=6&sort=14&maxResults=10: place: is not http or https"}, Lost: "keyword: 1"}},
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
		}, Skipped: []string{"ftp://example.com/5: ftp: is not http or https"}}},
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
		}, Lost: "read state: 1; lists: 1"}},
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

// TestFormats_Details parses the less usual parts of files.
func TestFormats_Details(t *testing.T) {
	b := newFormatTab(t)
	bookmarks := func(content string) string { return "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n" + content }
	const page = "https://example.com/"
	for _, c := range []struct {
		name, content string
		want          parsed
	}{
		{
			"Root folders of browsers are no tags, but the same names further down are",
			bookmarks(`<DL><p><DT><H3 PERSONAL_TOOLBAR_FOLDER="true">Lesezeichenleiste</H3><DL><p>
				<DT><A HREF="https://example.com/">1</A>
				<DT><H3>A &amp; B</H3><DL><p><DT><H3>Bookmarks bar</H3><DL><p>
				<DT><A HREF="https://example.com/2">2</A></DL><p></DL><p></DL><p>
				<DT><H3>Other bookmarks</H3><DL><p><DT><A HREF="https://example.com/3">3</A></DL><p></DL><p>`),
			parsed{Links: []portable{
				{page, "1", "", "", ""}, {page + "2", "2", "A & B/Bookmarks bar", "", ""},
				{page + "3", "3", "", "", ""},
			}},
		},
		{
			"A link in two folders gets the tags of both",
			bookmarks(`<DL><DT><H3>A</H3><DL><DT><A HREF="https://example.com/" TAGS="x,a">1</A></DL>
				<DT><H3>B</H3><DL><DT><A HREF="https://EXAMPLE.com">2</A><DD>Note</DL></DL>`),
			parsed{Links: []portable{{page, "1", "A,x,B", "Note", ""}}, Duplicates: 1},
		},
		{
			"The description of a folder is not the note of a link",
			bookmarks(`<DL><DT><A HREF="https://example.com/">1</A><DT><H3>A</H3><DD>About A<DL></DL></DL>`),
			parsed{Links: []portable{{page, "1", "", "", ""}}},
		},
		{
			"A note has several lines, and a title one",
			bookmarks("<DL><DT><A HREF='https://example.com/'>\n a <b>b</b>\t c </A><DD>1\r\n2<br>3\n<DT></DL>"),
			parsed{Links: []portable{{page, "a b c", "", "1\n2\n3", ""}}},
		},
		{
			"Attributes without quotes and character references are read",
			bookmarks(`<dl><dt><a add_date=1709210096 href=https://example.com/?a&copy=1>&#x1F642; &eacute;&#150;` +
				`&#55357;&#56898; &nosuch; &amp;lt;</a></dl>`),
			parsed{Links: []portable{{page + "?a&copy=1", "🙂 é–🙂 &nosuch; &lt;", "", "", leapDay}}},
		},
		{
			"A file whose end is missing is reported",
			bookmarks(`<DL><p><DT><A HREF="https://example.com/">1</A><DT><A HREF="https://exam`),
			parsed{
				Links:   []portable{{page, "1", "", "", ""}},
				Skipped: []string{`"https://exam: not a web address`}, IsTruncated: true,
			},
		},
		{
			"Commas are removed from tags, and long tags are shortened",
			bookmarks(`<DL><DT><H3>Food, drinks ,and more</H3><DL><DT><A HREF="https://example.com/" TAGS="` +
				strings.Repeat("ä", 60) + `">1</A></DL></DL>`),
			parsed{
				Links: []portable{{page, "1", "Food drinks and more," + strings.Repeat("ä", 50), "", ""}},
				Cut: "comma removed from the tag “Food drinks and more”; " +
					"tag “" + strings.Repeat("ä", 50) + "” shortened to 100 bytes",
			},
		},
		{
			"Of too many tags, the first are imported",
			`[{"url": "https://example.com/", "tags": ["a", "A", "` + strings.Join(numberedTags(60), `", "`) + `"]}]`,
			parsed{
				Links: []portable{{page, "", "a," + strings.Join(numberedTags(49), ","), "", ""}},
				Cut:   "11 tags left out: too many",
			},
		},
		{
			"A long note and a long title are shortened",
			`[{"url": "https://example.com/", "title": "` + strings.Repeat("a", 2001) + `", "note": "` +
				strings.Repeat("ä", 2001) + `"}]`,
			parsed{
				Links: []portable{{page, strings.Repeat("a", 2000), "", strings.Repeat("ä", 2000), ""}},
				Cut:   "title shortened to 2,000 bytes; note shortened to 4,000 bytes",
			},
		},
		{
			"Dates are read as seconds with fractions, with a zone and with spaces",
			`[{"url": "https://example.com/", "created": 1709210096.5},
				{"url": "https://example.com/2", "created": "2024-02-29T13:34:56+0100"},
				{"url": "https://example.com/3", "created": "2024-02-29 12:34:56 UTC"}]`,
			parsed{Links: []portable{
				{page, "", "", "", "2024-02-29T12:34:56.500Z"}, {page + "2", "", "", "", leapDay},
				{page + "3", "", "", "", leapDay},
			}},
		},
		{
			"An empty member is no value, and no state",
			`[{"url": "https://example.com/", "title": "", "name": "A", "notes": null, "highlights": [], "archived": false}]`,
			parsed{Links: []portable{{page, "A", "", "", ""}}},
		},
		{
			"A CSV file may name its separator, and separate tags by semicolons or bars",
			"sep=;\r\nURL;Title;Tags\r\n" +
				"https://example.com/;\"1; \"\"one\"\"\";\"a; b\"\r\nhttps://example.com/2;2;c|d\r\n",
			parsed{Links: []portable{{page, `1; "one"`, "a,b", "", ""}, {page + "2", "2", "c,d", "", ""}}},
		},
		{
			"Half characters and control characters are not imported",
			`[{"url": "https://example.com/", "title": "a\ud83d b\u0000", "note": "\u0001c\ud83d\r\nd\te",
				"tags": ["\ud83df\n"]}]`,
			parsed{Links: []portable{{page, "a b", "f", "c\nd\te", ""}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantParsed(t, b.parse(c.content), c.want)
		})
	}
}

// numberedTags returns n different tags.
func numberedTags(n int) []string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf("t%d", i)
	}
	return tags
}

const (
	utf8Bookmark        = `<DL><DT><A HREF="https://example.com/">Café – naïve 本 🙂</A></DL>`
	windows1252Bookmark = "<DL>\n<DT><A HREF=\"https://example.com/\">Caf\xe9 \x96 na\xefve</A></DL>"
)

// encodingCases returns the same bookmark in several encodings.
func encodingCases() []formatCase {
	utf16Of := func(order binary.AppendByteOrder, text string) string {
		var encoded []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			encoded = order.AppendUint16(encoded, unit)
		}
		return string(encoded)
	}
	cases := []formatCase{}
	for _, c := range []struct{ encoding, content, title string }{
		{"UTF-8", utf8Bookmark, "Café – naïve 本 🙂"},
		{"UTF-8 with a byte order mark", "\ufeff" + utf8Bookmark, "Café – naïve 本 🙂"},
		{"UTF-16, little-endian", utf16Of(binary.LittleEndian, "\ufeff"+utf8Bookmark), "Café – naïve 本 🙂"},
		{"UTF-16, big-endian", utf16Of(binary.BigEndian, "\ufeff"+utf8Bookmark), "Café – naïve 本 🙂"},
		{"UTF-16 without a byte order mark", utf16Of(binary.LittleEndian, utf8Bookmark), "Café – naïve 本 🙂"},
		{"Windows-1252", windows1252Bookmark, "Café – naïve"},
		{"Windows-1252 declared as UTF-8", `<META CHARSET="utf-8">` + windows1252Bookmark, "Café – naïve"},
		{
			"Windows-1251 with a declaration",
			"<META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=windows-1251\">\n" +
				"<A HREF=\"https://example.com/\">\xcf\xf0\xe8\xe2\xe5\xf2</A>",
			"Привет",
		},
		{
			"Shift JIS with a declaration",
			"<meta charset=shift_jis>\n<A HREF=https://example.com/>\x93\xfa\x96\x7b</A>", "日本",
		},
		{"an unknown declared encoding", "<meta charset=klingon>\n" + utf8Bookmark, "Café – naïve 本 🙂"},
		{"a declared UTF-16 that it is not", "<meta charset=utf-16>\n" + utf8Bookmark, "Café – naïve 本 🙂"},
	} {
		cases = append(cases, formatCase{
			"A file is read in " + c.encoding, c.content,
			parsed{Links: []portable{{Link: "https://example.com/", Title: c.title}}},
		})
	}
	return cases
}

func TestFormats_Encodings(t *testing.T) {
	b := newFormatTab(t)
	for _, c := range encodingCases() {
		t.Run(c.name, func(t *testing.T) {
			wantParsed(t, b.parse(c.content), c.want)
		})
	}
	t.Run("Lines in UTF-8 and in Windows-1252 are both read", func(t *testing.T) {
		second := strings.Replace(windows1252Bookmark, "example.com/", "example.com/2", 1)
		wantParsed(t, b.parse(utf8Bookmark+"\n"+second), parsed{Links: []portable{
			{Link: "https://example.com/", Title: "Café – naïve 本 🙂"},
			{Link: "https://example.com/2", Title: "Café – naïve"},
		}})
	})
	t.Run("A large bookmarks file is read in parts", func(t *testing.T) {
		const number = 2500
		var file strings.Builder
		file.WriteString("<DL><p>\n")
		for i := range number {
			fmt.Fprintf(&file, "<DT><H3>Folder %d</H3>\n<DL><p><DT><A HREF=\"https://example.com/%d\" ICON=\"%s\">"+
				"%d</A>\n<DD>Note %d</DL><p>\n", i, i, strings.Repeat("A", 1000), i, i)
		}
		got := b.parse(file.String() + "</DL><p>\n")
		if len(got.Links) != number || got.IsTruncated {
			t.Fatalf("links: got %d, want %d; %+v", len(got.Links), number, got.Error)
		}
		for i, link := range got.Links {
			n := strconv.Itoa(i)
			want := portable{"https://example.com/" + n, n, "Folder " + n, "Note " + n, ""}
			if link != want {
				t.Fatalf("link %d: got %+v, want %+v", i, link, want)
			}
		}
	})
	t.Run("No character of a large file of one line is split", func(t *testing.T) {
		const number = 2500
		var file strings.Builder
		for i := range number {
			fmt.Fprintf(&file, `{"url":"https://example.com/%d","title":%q},`, i, strings.Repeat("本", 300))
		}
		got := b.parse("[" + strings.TrimSuffix(file.String(), ",") + "]")
		if len(got.Links) != number {
			t.Fatalf("links: got %d, want %d; %s", len(got.Links), number, got.Error)
		}
		for _, link := range got.Links {
			if link.Title != strings.Repeat("本", 300) {
				t.Fatalf("title: got %q", link.Title)
			}
		}
	})
}

func TestFormats_OtherFiles(t *testing.T) {
	b := newFormatTab(t)
	const none = "No links found in this file."
	for _, c := range []struct{ name, content, want string }{
		{"A PDF", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "This is a PDF."},
		{"A ZIP archive", "PK\x03\x04\x14\x00", "This is a ZIP archive. Extract it and choose a file in it."},
		{"A gzip file", "\x1f\x8b\x08\x00", "This is a compressed file. Decompress it first."},
		{
			"An automatic backup of Firefox", "mozLz40\x00\xb5\x00\x00",
			"This is a compressed Firefox backup. Export bookmarks as HTML instead.",
		},
		{"A database", "SQLite format 3\x00\x10", "This is a database. Export bookmarks from the browser instead."},
		{"A property list", "bplist00\xd4", "This is a property list. In Safari, choose Export Bookmarks instead."},
		{"A picture", "\x89PNG\r\n\x1a\n", "This is a picture, audio or video file."},
		{"An empty file", "", "This file is empty."},
		{"A program", "\x7fELF\x02\x01\x01\x00\x00\x00", "This is not a text file."},
		{"JSON that ends early", `[{"link": "https://example.com/"`, "This JSON file is damaged or incomplete."},
		{"JSON without URLs", `{"a": [1, null, {"b": "c"}]}`, none},
		{"A document without links", "<p>No links here.", none},
		{"A text without links", "One\ntwo and three\n", none},
		{"CSV without rows", "Name;Link\n", none},
		{"White space", " \n ", none},
	} {
		t.Run(c.name+" is rejected with a reason", func(t *testing.T) {
			wantParsed(t, b.parse(c.content), parsed{Error: c.want})
		})
	}
}
