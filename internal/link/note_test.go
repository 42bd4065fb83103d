package link

import (
	"strings"
	"testing"
)

func TestParseNote_ValidAndInvalidNotes(t *testing.T) {
	for note, want := range map[string]string{
		"":                                    "",
		" \t\r\n\f":                           "",
		" A note\n":                           "A note",
		"one\r\ntwo\rthree\n\rfour\r\r\nfive": "one\ntwo\nthree\n\nfour\n\nfive",
		"\n\tone\n\ttwo\t\n":                  "one\n\ttwo",
		"\u00a0A\u2028note\u0085":             "\u00a0A\u2028note\u0085",
		strings.Repeat("é", 2000):             strings.Repeat("é", 2000),
		strings.Repeat("x\r\n", 2000):         strings.Repeat("x\n", 1999) + "x", // 4,000 bytes after the change
		strings.Repeat(" ", 5000) + "x":       "x",
	} {
		if got, err := ParseNote(note); err != nil || got != want {
			t.Errorf("ParseNote(%.40q): got %.80q, %v, want %.80q", note, got, err, want)
		}
	}
	for note, hint := range map[string]string{
		"a\x00":                         "control characters",
		"a\vb":                          "control characters",
		"a\fb":                          "control characters",
		"\x1f":                          "control characters",
		"\x7f":                          "control characters",
		"a\xff":                         "UTF-8",
		strings.Repeat("é", 2000) + "x": "4000 bytes",
	} {
		if _, err := ParseNote(note); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("ParseNote(%.40q): got error %v, want one that contains %q", note, err, hint)
		}
	}
}

func FuzzParseNote(f *testing.F) {
	for _, note := range []string{
		"", " A note\r\n\tof\rthree lines\n", "\u00a0", "a\x00", strings.Repeat("é\r\n", 1334),
	} {
		f.Add(note)
	}
	f.Fuzz(func(t *testing.T, note string) {
		got, err := ParseNote(note)
		if err != nil {
			return
		}
		isInvalid := func(r rune) bool { return isControl(r) && r != '\n' && r != '\t' }
		if len(got) > MaxNoteBytes || strings.Trim(got, ASCIISpace) != got || strings.ContainsFunc(got, isInvalid) {
			t.Errorf("ParseNote(%q): got %q, want a trimmed, valid note", note, got)
		}
		if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(note, "\r\n", "\n"), "\r", "\n"), got) {
			t.Errorf("ParseNote(%q): got %q, want a part of it", note, got)
		}
		if again, err := ParseNote(got); err != nil || again != got {
			t.Errorf("ParseNote(%q): got %q, %v, want it unchanged (from %q)", got, again, err, note)
		}
	})
}
