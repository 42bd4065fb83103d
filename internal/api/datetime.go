package api

import (
	"regexp"
	"strings"
	"time"
)

// showAdded is how the moment of storing a link is shown, in UTC.
const showAdded = "2006-01-02T15:04:05.000Z"

// dateTimeForm is date-time of RFC 3339, section 5.6, in upper case. The time package takes more: "4:05" and "+24:00".
var dateTimeForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// parseDateTime reads a date-time of RFC 3339, in which "t" and "z" may be in lower case. Second 60, at the end of a
// month by UTC, is a leap second and becomes the second after it.
func parseDateTime(s string) (t time.Time, ok bool) {
	s = strings.ToUpper(s)
	if !dateTimeForm.MatchString(s) {
		return t, false
	}
	const second = len("2006-01-02T15:04:")
	behind, isLeap := strings.CutPrefix(s[second:], "60")
	if !isLeap {
		t, err := time.Parse(time.RFC3339, s)
		return t, err == nil
	}
	t, err := time.Parse(time.RFC3339, s[:second]+"59"+behind)
	t = t.UTC().Add(time.Second)
	return t, err == nil && t.Truncate(time.Second).Equal(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}
