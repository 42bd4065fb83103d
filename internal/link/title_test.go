package link

import (
	"strings"
	"testing"
)

func TestParseTitle_ValidAndInvalidTitles(t *testing.T) {
	for title, want := range map[string]string{
		"":                           "",
		" \t\r\n\f":                  "",
		" A page\n":                  "A page",
		"\u00a0A\u00a0page\u2028":    "\u00a0A\u00a0page\u2028",
		strings.Repeat("é", 1000):    strings.Repeat("é", 1000),
		strings.Repeat(" ", 9) + "x": "x",
	} {
		if got, err := ParseTitle(title); err != nil || got != want {
			t.Errorf("ParseTitle(%.40q): got %q, %v, want %q", title, got, err, want)
		}
	}
	for title, hint := range map[string]string{
		"a\tb":                          "control characters",
		"a\x00":                         "control characters",
		"\x7f":                          "control characters",
		"\vA page":                      "control characters",
		"a\xff":                         "UTF-8",
		strings.Repeat("é", 1000) + "x": "2000 bytes",
	} {
		if _, err := ParseTitle(title); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("ParseTitle(%.40q): got error %v, want one that contains %q", title, err, hint)
		}
	}
}

func FuzzParseTitle(f *testing.F) {
	for _, title := range []string{"", " A page\n", "\u00a0", "a\x00", strings.Repeat("é", 1001)} {
		f.Add(title)
	}
	f.Fuzz(func(t *testing.T, title string) {
		got, err := ParseTitle(title)
		if err != nil {
			return
		}
		if !strings.Contains(title, got) || len(got) > MaxTitleBytes || strings.ContainsFunc(got, isControl) {
			t.Errorf("ParseTitle(%q): got %q, want a trimmed, valid title", title, got)
		}
		if again, err := ParseTitle(got); err != nil || again != got {
			t.Errorf("ParseTitle(%q): got %q, %v, want it unchanged (from %q)", got, again, err, title)
		}
	})
}
