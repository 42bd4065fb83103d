package api

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"links/internal/link"
)

func TestSearch_Matches(t *testing.T) {
	l := link.Link{
		URL:   "https://example.com/A+B/caf%C3%A9%20noir?x=%2541",
		Title: "Zwei Bücher, ein STRASSENNAME", Tags: "Recipes/Soups,Kitchen,To read",
		Note: "First line\nſecond line, 20\u212a",
	}
	for _, c := range []struct {
		name, query string
		want        bool
	}{
		{"a word of the URL", "q=EXAMPLE.com", true},
		{"a word of the URL as stored", "q=caf%25c3%25a9", true},
		{"a word of the decoded URL", "q=CAF%C3%89", true},
		{"a plus of the URL", "q=a%2Bb/caf%C3%A9", true},
		{"a space for a plus of the URL", "q=a+b/caf", true}, // two words
		{"the URL decoded twice", "q=x%3DA", false},
		{"the URL decoded once", "q=x%3D%2541", true},
		{"a word that contains a decoded space", "q=%C3%A9%20noir", true}, // two words
		{"a word across the URL and its decoded form", "q=%2541https", false},
		{"a word of the title", "q=b%C3%9Ccher,", true},
		{"no full case folding", "q=stra%C3%9Fe", false},
		{"no accents are removed", "q=bucher", false},
		{"a word of a tag", "q=soup", true},
		{"a word across two tags", "q=soups,kitchen", false},
		{"a word across two tags without the comma", "q=soupskitchen", false},
		{"two words of one tag with a space", "q=to+read", true},
		{"a word of the note", "q=Second", true},
		{"a letter whose case variant is not ASCII", "q=20k", true},
		{"a word across two lines of the note", "q=linesecond", false},
		{"words in different places", "q=%20example%09soups%0A%0D%0Cline+b%C3%BCcher+", true},
		{"one word that does not occur", "q=example+soups+zebra", false},
		{"a tag", "tag=KITCHEN", true},
		{"a tag with white space", "tag=%20kitchen%09", true},
		{"a tag above", "tag=recipes", true},
		{"a tag below", "tag=recipes/soups/hot", false},
		{"the start of a tag", "tag=recipe", false},
		{"the end of a tag", "tag=soups", false},
		{"a level without a slash", "tag=recipes/", false},
		{"several tags", "tag=recipes&tag=to+read&tag=kitchen", true},
		{"several tags of which one is missing", "tag=recipes&tag=to", false},
		{"no tags", "tag=", false},
		{"no tags and a tag", "tag=&tag=kitchen", false},
		{"a word and a tag", "q=zwei&tag=kitchen", true},
		{"a word that does not occur and a tag", "q=zebra&tag=kitchen", false},
		{"a word and a tag that is missing", "q=zwei&tag=garden", false},
	} {
		if got := newSearch(t, c.query).matches(l); got != c.want {
			t.Errorf("matches, %s (%s): got %t, want %t", c.name, c.query, got, c.want)
		}
	}
	if s := newSearch(t, "tag="); !s.matches(link.Link{URL: "https://example.com/"}) {
		t.Error("matches, no tags, of a link without tags: got false, want true")
	}
}

// newSearch returns the search of a valid query.
func newSearch(t *testing.T, query string) *search {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseSearch(values)
	if err != nil || s == nil {
		t.Fatalf("parseSearch(%q): got %v, %v, want a search", query, s, err)
	}
	return s
}

// Payload format 1.0 contains decoded parameters, in which a gateway replaces
// invalid UTF-8.
func TestSearch_InvalidUTF8(t *testing.T) {
	for _, name := range []string{"q", "tag"} {
		for _, value := range []string{"\xff", "soup\xc3", "\xed\xa0\x80"} {
			_, err := parseSearch(url.Values{name: {value}})
			var failure httpError
			if !errors.As(err, &failure) || failure.status != http.StatusBadRequest || failure.field != name {
				t.Errorf("parseSearch, %s %q: got %v, want a 400 of the field %s", name, value, err, name)
			}
		}
	}
}

func TestSearch_RandomLinks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	characters := []string{
		"a", "A", "s", "S", "ſ", "k", "\u212a", "é", "É", "Ⱥ", "ⱥ", "%", "%", "4", "1", "%41", "%C3%A9", "%c3", "%2C",
		"%0A", "/", "/", ",", ",", " ", "+",
	}
	text := func(maxLength int) string {
		var b strings.Builder
		for range random.IntN(maxLength + 1) {
			b.WriteString(characters[random.IntN(len(characters))])
		}
		return b.String()
	}
	matched := 0
	for range 50_000 {
		if checkSearch(t, text(12), text(5), text(6), text(5), text(2), text(2)) {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("links that match: got %d, want at least 1,000", matched)
	}
}

func FuzzSearch(f *testing.F) {
	f.Add("https://example.com/A%20B", "A title", "Recipes/Soups,To read", "A note", "a b", "recipes")
	f.Add("https://example.com/%C3%A9%FF", "ſ", "\u212aitchen", "1\n2", "É", "KITCHEN")
	f.Add("https://example.com/%C3%A9%", "ⱥ", "", "", "%C3", "")
	f.Fuzz(func(t *testing.T, rawURL, title, tags, note, q, tag string) {
		if len(rawURL)+len(title)+len(tags)+len(note) > 1000 {
			t.Skip("the oracle takes too long")
		}
		checkSearch(t, rawURL, title, tags, note, q, tag)
	})
}

// checkSearch compares the search for q, if it is not empty, and tag with an oracle
// and returns the result. It does nothing if an argument is not valid.
func checkSearch(t *testing.T, rawURL, title, tags, note, q, tag string) bool {
	t.Helper()
	var errs [4]error
	l := link.Link{URL: strings.TrimSpace(rawURL)}
	l.Title, errs[0] = link.ParseTitle(title)
	l.Tags, errs[1] = link.ParseTags(strings.Split(tags, ","))
	if tags == "" {
		errs[1] = nil
	}
	l.Note, errs[2] = link.ParseNote(note)
	var s *search
	values := url.Values{"q": {q}, "tag": {tag}}
	if q == "" {
		values.Del("q")
	}
	s, errs[3] = parseSearch(values)
	for _, err := range errs {
		if err != nil {
			return false
		}
	}
	if !utf8.ValidString(l.URL) || strings.ContainsFunc(l.URL, unicode.IsControl) {
		return false
	}
	got, want := s.matches(l), oracleMatches(l, q, tag)
	if got != want {
		t.Errorf("matches(%q) with q %q and tag %q: got %t, want %t", l, q, tag, got, want)
	}
	return got
}

// oracleMatches reports whether the link matches q and tag. It implements the
// contract as simply as possible.
func oracleMatches(l link.Link, q, tag string) bool {
	tags := []string{}
	if l.Tags != "" {
		tags = strings.Split(string(l.Tags), ",")
	}
	places := append([]string{l.URL, l.Title, l.Note}, tags...)
	if decoded, err := url.PathUnescape(l.URL); err == nil && utf8.ValidString(decoded) {
		places = append(places, decoded)
	}
	isSpace := func(r rune) bool { return strings.ContainsRune(link.ASCIISpace, r) }
	for _, word := range strings.FieldsFunc(q, isSpace) {
		found := false
		for _, place := range places {
			found = found || containsFold(place, word)
		}
		if !found {
			return false
		}
	}
	if tag == "" {
		return len(tags) == 0
	}
	tag = strings.Trim(tag, link.ASCIISpace)
	for _, other := range tags {
		if strings.EqualFold(other, tag) {
			return true
		}
		for i, c := range other {
			if c == '/' && strings.EqualFold(other[:i], tag) {
				return true
			}
		}
	}
	return false
}

// containsFold reports whether the text contains the word, regardless of case.
func containsFold(text, word string) bool {
	for start := range text {
		for end := range text[start:] {
			if strings.EqualFold(text[start:start+end], word) {
				return true
			}
		}
		if strings.EqualFold(text[start:], word) {
			return true
		}
	}
	return false
}
