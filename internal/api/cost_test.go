package api

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"links/internal/link"
)

// maxCostRatio is how many times longer any body may take to decode, for each byte,
// than a body of typical links. Letters that expand into six take up to 9 times as long,
// depending on the processor.
const maxCostRatio = 16

// FuzzDecodeCost searches for links that cost much more than others, which would let
// one client keep a processor busy with few bytes.
func FuzzDecodeCost(f *testing.F) {
	// Punycode compares each different letter with all others.
	different := func(count int) string {
		letters := make([]rune, count)
		for i := range letters {
			letters[i] = rune(0x4e00 + i)
		}
		return string(letters)
	}
	label := different(60)
	for _, seed := range []struct {
		before, middle string
		count          uint16
		after          string
	}{
		{"https://", label, 1, ".example/"},
		{"https://", different(2600), 1, ".example/"},
		{"https://", label + ".", 4, "a/"},
		{"https://", different(630) + ".", 4, "example/"},
		{"https://", "%C3%A9", 10, ".example/"},
		{"https://", "\ufdfa", 62, ".example/"},
		{"https://", "\u3316", 62, ".example/"},
		{"https://", "\u00e9.", 120, "example/"},
		{"https://xn--", "a", 50, ".example/"},
		{"https://", "xn--9ca.", 30, "example/"},
		{"https://", "a.", 3900, "example:80/"},
		{"https://example.com", "/", 990, ""},
		{"https://example.com", "/<", 990, ""},
		{"https://example.com", "/ ", 990, "x"},
		{"https://example.com", `\`, 990, ""},
		{"https://example.com", "/aaaaaaa", 990, ""},
		{"https://example.com/", "../", 990, ""},
		{"https://example.com/" + strings.Repeat("aaa/", 500), "%2e%2e/", 490, ""},
		{"https://", "/", 7900, "example.com/"},
		{"https://", "@", 7900, "example.com/"},
		{"https://", "a:", 3900, "@example.com/"},
		{"https://", "1.", 3900, "example.com/"},
		{"https://", "1.", 3900, ""},
		{"https://[", "1:", 3900, "]/"},
		{"https://[1:2:3:4:5:6:7:8]", "/", 1, ""},
		{"https://example.com/?", "%", 7900, ""},
		{"https://example.com/?", "\u00e9&", 2000, ""},
		{"https://example.com/#", "`", 7900, ""},
		{"https://example.com/", "<", 1, ""},
		{"https://example.com/", "\u0344", 3900, ""},
		{"http:", "a", 1, ""},
		{"http:", "1", 1, ""},
	} {
		f.Add(seed.before, seed.middle, seed.count, seed.after)
	}
	f.Fuzz(func(t *testing.T, before, middle string, count uint16, after string) {
		if len(before)+int(count)*len(middle)+len(after) > link.MaxURLBytes {
			t.Skip("larger than a link may be")
		}
		link := before + strings.Repeat(middle, int(count)) + after
		if !utf8.ValidString(link) {
			t.Skip("not JSON")
		}
		wantTypicalCost(t, bodyOf(link))
	})
}

// FuzzDecodeCost_Body searches for bodies with costly tags and notes.
func FuzzDecodeCost_Body(f *testing.F) {
	different := func(count int, format string) string {
		var tags strings.Builder
		for i := range count {
			fmt.Fprintf(&tags, format+`,`, i)
		}
		return tags.String()
	}
	const withTags, withNote = `{"link":"https://a.b","tags":[`, `{"link":"https://a.b","note":"`
	tagged := withTags + different(49, `"%d"`) + `"x"]},`
	for _, seed := range []struct {
		before, middle string
		count          uint16
		after          string
	}{
		{withTags, `"a",`, 10_000, `"a"]}`},
		{withTags, `"\u00e9",`, 10_000, `"a"]}`},
		{withTags, `"É",`, 10_000, `"a"]}`},
		{withTags, `" a ",`, 10_000, `"a"]}`},
		{withTags, `"",`, 10_000, `"a"]}`},
		{withTags, `1,`, 10_000, `"a"]}`},
		{withTags, `[`, 9_000, ``},
		{withTags + `"`, `,`, 50_000, `"]}`},
		{withTags, different(50, `"É%d"`), 100, `"É1"]}`},
		{withTags, different(10_000, `"%d"`), 1, `"a"]}`},
		{withTags, `"` + strings.Repeat("É", 50) + `",`, 500, `"a"]}`},
		{withTags + different(20, `"`+strings.Repeat("É", 48)+`%d"`), `"a",`, 1000, `"a"]}`},
		{"[", tagged, 150, tagged[:len(tagged)-1] + "]"},
		{withNote, `\r`, 30_000, `"}`},
		{withNote, `\r\n`, 15_000, `"}`},
		{withNote, `x\r`, 1000, `"}`},
		{withNote, `\n`, 4000, `x"}`},
		{withNote, `é`, 2000, `"}`},
		{withNote, `\u00e9`, 2000, `"}`},
		{withNote, " ", 60_000, `"}`},
		{withNote, "😀", 15_000, `"}`},
		{`{"link":"https://a.b"`, `,"tags":["a"]`, 4000, `}`},
		{`{"link":"https://a.b"`, `,"note":"a"`, 4000, `}`},
	} {
		f.Add(seed.before, seed.middle, seed.count, seed.after)
	}
	f.Fuzz(func(t *testing.T, before, middle string, count uint16, after string) {
		if len(before)+int(count)*len(middle)+len(after) > 100_000 {
			t.Skip("the cost is measured by the byte")
		}
		wantTypicalCost(t, []byte(before+strings.Repeat(middle, int(count))+after))
	})
}

// wantTypicalCost expects decoding a body to take at most maxCostRatio times as
// long as typical links, for each byte.
func wantTypicalCost(t *testing.T, body []byte) {
	t.Helper()
	typical := bodyOf("https://example.com/articles")
	// Other work on the machine can only make a measurement too long.
	least, leastTypical := time.Hour, time.Hour
	for round := range 500 {
		least, leastTypical = min(least, costOf(body)), min(leastTypical, costOf(typical))
		if round >= 20 && least <= maxCostRatio*leastTypical {
			return
		}
	}
	t.Errorf("1,000 bytes of %.300q: got %v, want at most %d times the %v of typical links",
		body, least, maxCostRatio, leastTypical)
}

// bodyOf returns an array of about 1,000 bytes that contains the addr repeatedly, or
// once if it is invalid, since the rest would not be decoded.
func bodyOf(addr string) []byte {
	quoted, _ := jsontext.AppendQuote([]byte(`{"link":`), addr)
	element := string(quoted) + "}"
	n := 1
	if _, err := link.Parse(addr); err == nil {
		n = max(1, 1000/len(element))
	}
	return []byte("[" + strings.Repeat(element+",", n-1) + element + "]")
}

// costOf measures how long decoding takes for 1,000 bytes of a body.
func costOf(body []byte) time.Duration {
	start := time.Now()
	_, _, _ = decodeLinks(context.Background(), body)
	return time.Since(start) * 1000 / time.Duration(max(1, len(body)))
}
