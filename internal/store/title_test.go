package store

import (
	"strings"
	"testing"
)

func TestParseTitle(t *testing.T) {
	for title, want := range map[string]string{
		"":                           "",
		" \t\r\n\f":                  "",
		" A page\n":                  "A page",
		"\u00a0A\u00a0page\u2028":    "\u00a0A\u00a0page\u2028",
		strings.Repeat("é", 1000):    strings.Repeat("é", 1000),
		strings.Repeat(" ", 9) + "x": "x",
	} {
		if got, err := ParseTitle(title); err != nil || got != want {
			t.Errorf("ParseTitle(%.40q) = %q, %v, want %q", title, got, err, want)
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
			t.Errorf("ParseTitle(%.40q) = %v, want an error with %q", title, err, hint)
		}
	}
}
