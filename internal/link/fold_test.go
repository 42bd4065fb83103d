package link

import (
	"strings"
	"testing"
	"unicode"
)

func TestAppendFold_EveryRune(t *testing.T) {
	fold := func(s string) string { return string(AppendFold(nil, s)) }
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if 0xd800 <= r && r < 0xe000 { // surrogates
			continue
		}
		want := fold(string(r))
		for variant := unicode.SimpleFold(r); variant != r; variant = unicode.SimpleFold(variant) {
			if got := fold(string(variant)); got != want {
				t.Errorf("AppendFold(%q): got %q, want %q, as of %q", variant, got, want, r)
			}
		}
		if !strings.EqualFold(want, string(r)) {
			t.Errorf("AppendFold(%q): got %q, which EqualFold distinguishes from it", r, want)
		}
	}
	if got := fold("Ab\xffſ\u212a"); got != "ab\xffsk" {
		t.Errorf("AppendFold: got %q, want %q", got, "ab\xffsk")
	}
}
