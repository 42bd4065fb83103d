package api

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"links/internal/link"

	"github.com/go-json-experiment/json/jsontext"
)

// maxCostRatio is how many times longer any body may take to decode, for each byte,
// than a body of typical links.
const maxCostRatio = 8

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
		body, typical := bodyOf(link), bodyOf("https://example.com/articles")
		// Other work on the machine can only make a measurement too long.
		least, leastTypical := time.Hour, time.Hour
		for round := range 500 {
			least, leastTypical = min(least, costOf(body)), min(leastTypical, costOf(typical))
			if round >= 20 && least <= maxCostRatio*leastTypical {
				return
			}
		}
		t.Errorf("1,000 bytes of %q, %d times %q and %q: got %v, want at most %d times the %v of typical links",
			before, count, middle, after, least, maxCostRatio, leastTypical)
	})
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
	return time.Since(start) * 1000 / time.Duration(len(body))
}
