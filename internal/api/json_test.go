package api

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func FuzzParseDateTime(f *testing.F) {
	for _, s := range []string{
		"2026-11-24T06:20:43.123Z", "1970-01-01t00:00:00z", "2016-12-31T23:59:60Z", "2026-02-30T00:00:00Z",
		"2026-11-24T06:20:43+24:00", "2026-11-24 06:20:43Z",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseDateTime(s)
		if !ok || strings.Contains(s, ":60") {
			return
		}
		want, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
		if err != nil || !got.Equal(want) {
			t.Errorf("parseDateTime(%q): got %v, want %v, %v", s, got, want, err)
		}
		if got.Year() <= 0 || got.UTC().Year() >= 10000 {
			return
		}
		again, ok := parseDateTime(got.UTC().Format(dateTimeLayout))
		if !ok || !again.Equal(got.Truncate(time.Millisecond)) {
			t.Errorf("parseDateTime(%q): got %v, and after formatting and parsing %v, %v", s, got, again, ok)
		}
	})
}

func TestAppendString_AnyByteAnywhere(t *testing.T) {
	for b := range 256 {
		for length := range 18 {
			for at := range length {
				s := strings.Repeat("~", at) + string([]byte{byte(b)}) + strings.Repeat(" ", length-at-1)
				want, _ := jsontext.AppendQuote(nil, s)
				if got := appendString(nil, s); string(got) != string(want) {
					t.Fatalf("appendString(%q): got %s, want %s", s, got, want)
				}
			}
		}
	}
}
