package api

import (
	"strings"
	"testing"
	"time"
)

func FuzzParseDateTime(f *testing.F) {
	for _, s := range []string{"2026-11-24T06:20:43.123Z", "1970-01-01t00:00:00z", "2016-12-31T23:59:60Z", "2026-02-30T00:00:00Z", "2026-11-24T06:20:43+24:00", "2026-11-24 06:20:43Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseDateTime(s)
		if !ok || strings.Contains(s, ":60") {
			return
		}
		want, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
		if err != nil || !got.Equal(want) {
			t.Errorf("parseDateTime(%q) = %v, want %v, %v", s, got, want, err)
		}
		if again, ok := parseDateTime(got.UTC().Format(dateTimeLayout)); got.Year() > 0 && got.UTC().Year() < 10000 && (!ok || !again.Equal(got.Truncate(time.Millisecond))) {
			t.Errorf("parseDateTime(%q) = %v, shown and read again it is %v, %v", s, got, again, ok)
		}
	})
}
