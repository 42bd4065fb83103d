package api

import (
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"links/internal/link"
)

// appendLink appends the JSON of a link.
func appendLink(body []byte, l *link.Link, withAdded bool) []byte {
	body = append(body, `{"link_id":"`...)
	body = appendUUID(body, l.ID)
	body = append(body, `","link":`...)
	body = appendString(body, l.URL)
	if l.Title != "" {
		body = append(body, `,"title":`...)
		body = appendString(body, l.Title)
	}
	if l.Tags != "" {
		body = append(body, `,"tags":`...)
		body = appendTags(body, l.Tags)
	}
	if l.Note != "" {
		body = append(body, `,"note":`...)
		body = appendString(body, l.Note)
	}
	if withAdded {
		body = append(body, `,"added":"`...)
		body = l.Added.Time().AppendFormat(body, dateTimeLayout)
		body = append(body, '"')
	}
	return append(body, '}')
}

// appendTags appends the JSON array of the tags. In appendLink itself, the loop
// would move the variable body of every link to the heap.
func appendTags(body []byte, tags link.Tags) []byte {
	separator := byte('[')
	for tag := range tags.All() {
		body = appendString(append(body, separator), tag)
		separator = ','
	}
	return append(body, ']')
}

// appendIDs appends the JSON array of the links' IDs.
func appendIDs(body []byte, links []link.Link) []byte {
	body = append(body, '[')
	for i, l := range links {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendID(body, l.ID)
	}
	return append(body, ']')
}

func appendID(body []byte, id uuid.UUID) []byte {
	body = append(body, `{"link_id":"`...)
	body = appendUUID(body, id)
	return append(body, `"}`...)
}

// appendString appends a JSON string. Invalid UTF-8 becomes U+FFFD.
func appendString(body []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(body, '"'), s...), '"')
	}
	body, _ = jsontext.AppendQuote(body, s)
	return body
}

// isPlain reports whether s is printable ASCII without quotes and backslashes, so
// that JSON does not escape it. It takes an eighth of the time of AppendQuote.
func isPlain(s string) bool {
	// Eight bytes at a time: the highest bit of a byte that is not ASCII is set.
	// Subtracting a space sets that bit in a control character. Subtracting 1 from
	// the XOR with a quote or a backslash sets it if the two are equal.
	const each, highest = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		eight := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if (eight|(eight-each*' ')|(eight^each*'"'-each)|(eight^each*'\\'-each))&highest != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' || s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func appendUUID(body []byte, id uuid.UUID) []byte {
	start := 0
	for _, end := range []int{4, 6, 8, 10, 16} {
		if start > 0 {
			body = append(body, '-')
		}
		body = hex.AppendEncode(body, id[start:end])
		start = end
	}
	return body
}

// dateTimeLayout is the layout of "added" in responses, in UTC.
const dateTimeLayout = "2006-01-02T15:04:05.000Z"

// dateTimePattern matches an RFC 3339 date-time in upper case. The time package
// accepts more, such as "4:05" and "+24:00".
var dateTimePattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// parseDateTime parses an RFC 3339 date-time, in upper or lower case. Second 60 is
// accepted as a leap second, at the end of a month in UTC, and becomes the next
// second.
func parseDateTime(s string) (t time.Time, ok bool) {
	s = strings.ToUpper(s)
	if !dateTimePattern.MatchString(s) {
		return t, false
	}
	const second = len("2006-01-02T15:04:")
	rest, isLeap := strings.CutPrefix(s[second:], "60")
	if !isLeap {
		t, err := time.Parse(time.RFC3339, s)
		return t, err == nil
	}
	t, err := time.Parse(time.RFC3339, s[:second]+"59"+rest)
	t = t.UTC().Add(time.Second)
	return t, err == nil && t.Truncate(time.Second).Equal(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}
