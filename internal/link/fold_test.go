package link

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
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

func TestFold_AllASCII(t *testing.T) {
	var all []byte
	for c := range byte(0x80) {
		all = append(all, c)
	}
	for offset := range 16 { // within the eight bytes that Fold processes together
		text := strings.Repeat("語", offset) + string(all)
		if got, want := string(Fold([]byte(text))), strings.ToLower(text); got != want {
			t.Errorf("Fold(%q): got %q, want %q", text, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, text := range []string{"", "ABCDEFGHabcdefgh", "ABCDEFGHé\xffſ\u212aÄÖ", "Ⱥⱥ@[`{"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want []byte
		for i := 0; i < len(text); { // one character at a time
			_, size := utf8.DecodeRuneInString(text[i:])
			want = AppendFold(want, text[i:i+size])
			i += size
		}
		if got := string(Fold([]byte(text))); got != string(want) {
			t.Errorf("Fold(%q): got %q, want %q", text, got, want)
		}
	})
}

func FuzzAppendFold_EqualFold(f *testing.F) {
	f.Add("Straße", "STRAẞE")
	f.Add("k\u212aK", "KKK")
	f.Add("ſ", "ss")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip("EqualFold treats all invalid bytes as equal")
		}
		folded, otherFolded := string(AppendFold(nil, a)), string(AppendFold(nil, b))
		if got, want := folded == otherFolded, strings.EqualFold(a, b); got != want {
			t.Errorf("AppendFold(%q) == AppendFold(%q): got %t, want %t", a, b, got, want)
		}
		if again := string(AppendFold(nil, folded)); again != folded {
			t.Errorf("AppendFold(%q): got %q, want it unchanged", folded, again)
		}
	})
}
