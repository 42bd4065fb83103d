package store

import (
	"strings"
	"testing"
	"time"
)

// maxCostRatio is how many times the time of a plain link any other link of its length may take.
const maxCostRatio = 8

// FuzzParseCost looks for links that cost much more than others, which would let one client keep a processor busy with
// few bytes. The middle is repeated until the link is as long as a link may be.
func FuzzParseCost(f *testing.F) {
	// 60 different letters: to find each one's place, Punycode looks at all of them.
	var letters strings.Builder
	for i := range 60 {
		letters.WriteRune(rune(0x4e00 + i))
	}
	label := letters.String()
	for _, seed := range [][3]string{
		{"https://", label, ".example/"},
		{"https://", label + ".", "example/"},
		{"https://", "%C3%A9", ".example/"},
		{"https://xn--", "a", ".example/"},
		{"https://" + label + "." + label + "." + label + "." + label[:120] + "/", "a", ""},
		{"https://example.com", "/", ""},
		{"https://example.com", `\`, ""},
		{"https://example.com", "/aaaaaaa", ""},
		{"https://example.com/", "../", ""},
		{"https://example.com/", "%2e%2e/", ""},
		{"https://", "/", "example.com/"},
		{"https://", "@", "example.com/"},
		{"https://", "a:", "@example.com/"},
		{"https://", "1.", "example.com/"},
		{"https://", "1.", ""},
		{"https://[", "1:", "]/"},
		{"https://example.com/?", "%", ""},
		{"https://example.com/?", "é&", ""},
		{"https://example.com/#", "`", ""},
		{"https://example.com/", "\u0344", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, before, middle, after string) {
		room := MaxURLBytes - len(before) - len(after)
		if len(middle) == 0 || room < len(middle) {
			t.Skip("nothing to repeat")
		}
		address := before + strings.Repeat(middle, room/len(middle)) + after
		plain := "https://example.com/" + strings.Repeat("a", len(address)-len("https://example.com/"))
		// Other work on the machine can only make a measurement too long, so one good pair is enough.
		var took, allowed time.Duration
		for range 50 {
			allowed = maxCostRatio * timeToParse(plain)
			if took = timeToParse(address); took <= allowed {
				return
			}
		}
		t.Errorf("%q, %q repeated, %q takes %v, more than the %v of %d plain links", before, middle, after, took, allowed, maxCostRatio)
	})
}

func timeToParse(address string) time.Duration {
	start := time.Now()
	_, _ = Parse(address)
	return time.Since(start)
}
