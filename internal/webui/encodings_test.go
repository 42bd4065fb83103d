package webui_test

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

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
		{
			"UTF-8 with a byte order mark and another declaration",
			"\ufeff<META CHARSET=windows-1252>\n" + utf8Bookmark, "Café – naïve 本 🙂",
		},
		{
			"UTF-8 with a declaration in a title in JSON",
			`[{"url": "https://example.com/", "title": "<meta charset=windows-1252>, é"}]`,
			"<meta charset=windows-1252>, é",
		},
		{"an unknown declared encoding", "<meta charset=klingon>\n" + utf8Bookmark, "Café – naïve 本 🙂"},
		{"a declared UTF-16 that it is not", "<meta charset=utf-16>\n" + utf8Bookmark, "Café – naïve 本 🙂"},
		{"a declared Unicode that it is not", "<meta charset=unicode>\n" + utf8Bookmark, "Café – naïve 本 🙂"},
	} {
		cases = append(cases, formatCase{
			"A file is read in " + c.encoding, c.content,
			parsed{Links: []portable{{Link: "https://example.com/", Title: c.title}}},
		})
	}
	return cases
}

func TestFormats_Encodings(t *testing.T) {
	t.Parallel()
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
	t.Run("An invalid byte changes its word only", func(t *testing.T) {
		content := strings.Replace(utf8Bookmark, "Café", "Café Stra\xc3", 1)
		wantParsed(t, b.parse(content), parsed{Links: []portable{
			{Link: "https://example.com/", Title: "Café StraÃ – naïve 本 🙂"},
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
	t.Run("A large CSV file is read in parts", func(t *testing.T) {
		const number = 2500
		var file strings.Builder
		file.WriteString("title,url,note\r\n")
		note := strings.Repeat("A \"\"line\"\",\r\n", 100)
		for i := range number {
			fmt.Fprintf(&file, "%d,https://example.com/%d,\"%s\"\r\n", i, i, note)
		}
		got := b.parse(file.String())
		if len(got.Links) != number || got.IsTruncated {
			t.Fatalf("links: got %d, want %d; %+v", len(got.Links), number, got.Error)
		}
		for i, link := range got.Links {
			n := strconv.Itoa(i)
			want := strings.TrimSpace(strings.Repeat("A \"line\",\n", 100))
			if link != (portable{"https://example.com/" + n, n, "", want, ""}) {
				t.Fatalf("link %d: got %+v, want the note %.20q…", i, link, want)
			}
		}
		if got := b.parse(strings.TrimSuffix(file.String(), "\"\r\n")); !got.IsTruncated {
			t.Error("the file ends within quotes: got a complete one")
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
				t.Fatalf("title: got %q, want %q", link.Title, strings.Repeat("本", 300))
			}
		}
	})
}

func TestFormats_OtherFiles(t *testing.T) {
	t.Parallel()
	b := newFormatTab(t)
	const none = "No links found in this file."
	const browserFile = "This file is for a browser only. Export bookmarks as HTML instead."
	for _, c := range []struct{ name, content, want string }{
		{"A PDF", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "This is a PDF."},
		{"A ZIP archive", "PK\x03\x04\x14\x00", "This is a compressed file. Extract it first."},
		{"A gzip file", "\x1f\x8b\x08\x00", "This is a compressed file. Extract it first."},
		{
			"An automatic backup of Firefox", "mozLz40\x00\xb5\x00\x00",
			browserFile,
		},
		{"A database", "SQLite format 3\x00\x10", browserFile},
		{"A property list", "bplist00\xd4", browserFile},
		{"A picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is not a text file."},
		{"An empty file", "", "This file is empty."},
		{"A program", "\x7fELF\x02\x01\x01\x00\x00\x00", "This is not a text file."},
		{"JSON that ends early", `[{"link": "https://example.com/"`, "This JSON file is damaged or incomplete."},
		{"JSON without URLs", `{"a": [1, null, {"b": "c"}]}`, none},
		{"A document without links", "<p>No links here.", none},
		{"A text without links", "One\ntwo and three\n", none},
		{"CSV without rows", "Name;Link\n", none},
		{"White space", " \n ", none},
		{"A byte order mark only", "\xef\xbb\xbf", none},
	} {
		t.Run(c.name+" is rejected with a reason", func(t *testing.T) {
			wantParsed(t, b.parse(c.content), parsed{Error: c.want})
		})
	}
	t.Run("Reading is canceled", func(t *testing.T) {
		got := eval[string](b, `formats.parse(new Blob(["https://example.com/"]), AbortSignal.abort("canceled"))
			.then(() => "not canceled", String)`)
		if got != "canceled" {
			t.Errorf("parse: got %q, want canceled", got)
		}
	})
}
