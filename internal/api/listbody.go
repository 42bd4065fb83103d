package api

import (
	"bytes"

	"links/internal/store"
)

// listBody is the body of a list while it grows.
type listBody struct {
	body      []byte
	withAdded bool
	escaped   int // length of body as escaped into a JSON string, with the closing bracket
	max       int // of escaped
}

func newListBody(max int, withAdded bool) *listBody {
	return &listBody{body: []byte{'['}, withAdded: withAdded, escaped: len(`"[]"`), max: max}
}

// add appends the link, unless the list would be larger than it may.
func (b *listBody) add(l store.Link) bool {
	length := len(b.body)
	if length > 1 {
		b.body = append(b.body, ',')
	}
	b.body = appendLink(b.body, l, b.withAdded)
	grown := b.escaped + escapedLen(b.body[length:])
	if grown > b.max {
		b.body = b.body[:length]
		return false
	}
	b.escaped = grown
	return true
}

func (b *listBody) bytes() []byte { return append(b.body, ']') }

// escapedLen is the length that the text, itself JSON, has inside a JSON string. Encoders write the quotes, backslashes
// and the line separators U+2028 and U+2029 as escapes; JSON has no raw control characters.
func escapedLen(text []byte) int {
	return len(text) + bytes.Count(text, []byte{'"'}) + bytes.Count(text, []byte{'\\'}) +
		3*bytes.Count(text, []byte("\u2028")) + 3*bytes.Count(text, []byte("\u2029"))
}
