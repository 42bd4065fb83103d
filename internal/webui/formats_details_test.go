package webui_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestFormats_Details parses the less usual parts of files.
func TestFormats_Details(t *testing.T) {
	t.Parallel()
	b := newFormatTab(t)
	bookmarks := func(content string) string { return "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n" + content }
	const page = "https://example.com/"
	for _, c := range []struct {
		name, content string
		want          parsed
	}{
		{
			"Root folders of browsers do not become tags, except further down",
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
			"Only the outermost folders of Safari can be root folders",
			bookmarks(`<DT><H3 FOLDED>Bookmarks Menu</H3><DL><p><DT><H3 FOLDED>Unsorted</H3><DL><p>
				<DT><A HREF="https://example.com/">1</A></DL><p></DL><p>
				<DT><H3 FOLDED>News</H3><DL><p><DT><H3 FOLDED>Favorites</H3><DL><p>
				<DT><A HREF="https://example.com/2">2</A></DL><p></DL><p>`),
			parsed{Links: []portable{{page, "1", "Unsorted", "", ""}, {page + "2", "2", "News/Favorites", "", ""}}},
		},
		{
			"Different notes of the same link are joined",
			bookmarks(`<DL><DT><A HREF="https://example.com/">1</A><DD>One<DT><A HREF="https://example.com/">1</A>
				<DD>Two<DT><A HREF="https://example.com/">1</A><DD>One</DL>`),
			parsed{Links: []portable{{page, "1", "", "One\n\nTwo", ""}}, Duplicates: 2},
		},
		{
			"A link in two folders gets the tags of both",
			bookmarks(`<DL><DT><H3>A</H3><DL><DT><A HREF="https://example.com/" TAGS="x,a">1</A></DL>
				<DT><H3>B</H3><DL><DT><A HREF="https://EXAMPLE.com">2</A><DD>Note</DL></DL>`),
			parsed{Links: []portable{{page, "1", "A,x,B", "Note", ""}}, Duplicates: 1, Lost: "different title: 1"},
		},
		{
			"The description of a folder or a feed is not the note of a link",
			bookmarks(`<DL><DT><A HREF="https://example.com/">1</A><DT><H3>A</H3><DD>About A<DL></DL>
				<DT><A HREF="https://example.com/">1</A><DT><A FEEDURL="https://example.com/">2</A><DD>Feed</DL>`),
			parsed{Links: []portable{{page, "1", "", "", ""}}, Duplicates: 1},
		},
		{
			"A note has several lines, and a title one",
			bookmarks("<DL><DT><A HREF='https://example.com/'>\n a <b>b</b>\t c </A><DD>1\r\n2<br>3\n<DT></DL>"),
			parsed{Links: []portable{{page, "a b c", "", "1\n2\n3", ""}}},
		},
		{
			"The elements of a note become lines, and line breaks in a title are collapsed",
			bookmarks("<DL><DT><A HREF='https://example.com/'>a&#13;&#10; b</A><DD>1<ul><li>2<li>3</ul><p>4<DT></DL>"),
			parsed{Links: []portable{{page, "a b", "", "1\n2\n3\n4", ""}}},
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
			"A folder of the user in a JSON backup counts, whatever its name",
			`{"roots": {"bookmark_bar": {"name": "Bookmarks bar", "children": [{"name": "Unsorted", "children": [
				{"name": "1", "url": "https://example.com/"}]}]}}}`,
			parsed{Links: []portable{{page, "1", "Unsorted", "", ""}}},
		},
		{
			"The URLs in a single column of CSV may contain commas",
			"URL\n" + page + "1,2\n\"" + page + "3,4\"\n",
			parsed{Links: []portable{{Link: page + "1,2"}, {Link: page + "3,4"}}},
		},
		{
			"Empty rows of CSV are ignored, and a row without a URL is reported by its title",
			"url;title\r\n;\r\n" + page + ";1\r\n;2\r\n\r\n;\r\n",
			parsed{Links: []portable{{page, "1", "", "", ""}}, Skipped: []string{"2: not a web address"}},
		},
		{
			"Dates that do not exist are ignored",
			`[{"url": "https://example.com/", "created": "2023-02-29"},
				{"url": "https://example.com/2", "created": "2024-04-31T12:34:56Z"},
				{"url": "https://example.com/3", "created": "2024-13-01T12:34:56Z"}]`,
			parsed{Links: []portable{{Link: page}, {Link: page + "2"}, {Link: page + "3"}}},
		},
		{
			"A line of a list can contain several URLs, and text in quotes",
			"https://example.com/1,https://example.com/2,3\r\n\"https://example.com/4\",\"A title\"\r\n",
			parsed{Links: []portable{
				{Link: page + "1"}, {Link: page + "2,3"}, {Link: page + "4"},
			}},
		},
		{
			"The text around the only URL in a line of a list is its title",
			"https://example.com/1 | One | Example\n- [Two](https://example.com/2)\nThree – https://example.com/3\n" +
				"4. https://example.com/4\n* [ ] [Five](https://example.com/5)\n2. Six: https://example.com/6\n" +
				"\"https://example.com/7\",\"Seven\"\nURL=https://example.com/8\n" +
				"https://example.com/9 | About example.com/nine.pdf\nhttps://example.com/10\texample.com/11\n",
			parsed{Links: []portable{
				{page + "1", "One | Example", "", "", ""}, {page + "2", "Two", "", "", ""},
				{page + "3", "Three", "", "", ""}, {page + "4", "", "", "", ""}, {page + "5", "Five", "", "", ""},
				{page + "6", "Six", "", "", ""}, {page + "7", "", "", "", ""}, {page + "8", "", "", "", ""},
				{page + "9", "About example.com/nine.pdf", "", "", ""}, {Link: page + "10"}, {Link: page + "11"},
			}},
		},
		{
			"A list that starts with a bracket is not JSON",
			"[ ] https://example.com/1\n[x] Two https://example.com/2\n",
			parsed{Links: []portable{{Link: page + "1"}, {page + "2", "Two", "", "", ""}}},
		},
		{
			"URLs in CSV may be without a scheme",
			"Title,URL\nOne,example.com/1\n",
			parsed{Links: []portable{{page + "1", "One", "", "", ""}}},
		},
		{
			"Empty rows above the names of columns are ignored",
			",,\n \n url ,title,\nhttps://example.com/1,One,\n",
			parsed{Links: []portable{{page + "1", "One", "", "", ""}}},
		},
		{
			"The line with which Excel names the separator is ignored",
			"sep=;\r\nurl;title\r\nhttps://example.com/1;One\r\n",
			parsed{Links: []portable{{page + "1", "One", "", "", ""}}},
		},
		{
			"The column of URLs may be the last of many",
			strings.Repeat("another column,", 200) + "url\n" + strings.Repeat(",", 200) + "https://example.com/1\n",
			parsed{Links: []portable{{Link: page + "1"}}},
		},
		{
			"Deleted bookmarks of Vivaldi are not imported",
			`{"roots": {"bookmark_bar": {"children": [{"name": "One", "url": "https://example.com/1"}]},
				"trash": {"children": [{"name": "Two", "url": "https://example.com/2"}]}}}`,
			parsed{Links: []portable{{page + "1", "One", "", "", ""}}},
		},
		{
			"JSON without objects can contain URLs",
			"[\n\"https://example.com/1\",\n\"https://example.com/2\"\n]",
			parsed{Links: []portable{{Link: page + "1"}, {Link: page + "2"}}},
		},
		{
			"A CSV file whose last row is too short is incomplete",
			"url,title,tags\n" + page + ",1,x\n" + page + "2",
			parsed{Links: []portable{{page, "1", "x", "", ""}, {Link: page + "2"}}, IsTruncated: true},
		},
		{
			"A CSV file whose rows are all short is complete",
			"url,title,tags,\n" + page + ",1,x\n" + page + "2,2,x\n",
			parsed{Links: []portable{{page, "1", "x", "", ""}, {page + "2", "2", "x", "", ""}}},
		},
		{
			"The children of an object with a URL are links, too",
			`{"url": "https://example.com/", "title": "1", "children": [{"url": "https://example.com/2"}]}`,
			parsed{Links: []portable{{page, "1", "", "", ""}, {Link: page + "2"}}},
		},
		{
			"All white space in a title is collapsed",
			bookmarks(`<DL><DT><A HREF="https://example.com/">&nbsp; a&nbsp;&nbsp;b</A></DL>`),
			parsed{Links: []portable{{page, "a b", "", "", ""}}},
		},
		{
			"A CSV file that ends in a quoted field is incomplete",
			"url,title\n" + page + ",1\n" + page + "2,\"2\nhttps://exam",
			parsed{
				Links:       []portable{{page, "1", "", "", ""}, {page + "2", "2 https://exam", "", "", ""}},
				IsTruncated: true,
			},
		},
		{
			"A folder in CSV is one of the user, whatever its name",
			"url,folder\n" + page + ",Favorites\n",
			parsed{Links: []portable{{page, "", "Favorites", "", ""}}},
		},
		{
			"Empty members are ignored",
			`[{"url": "https://example.com/", "title": "", "name": "A", "notes": null, "highlights": [],
				"archived": false}]`,
			parsed{Links: []portable{{page, "A", "", "", ""}}},
		},
		{
			"A CSV file may separate tags by semicolons or bars",
			"URL;Title;Tags\r\n" +
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
