package api

import (
	"bytes"
	"sync"

	"links/internal/link"

	"golang.org/x/sync/semaphore"
)

// listBody is the body of a list while it grows.
type listBody struct {
	buffer
	element   []byte // the link that is being added
	hash      listHash
	withAdded bool
	escaped   int // length of the body as escaped into a JSON string, with the closing bracket
	max       int // of escaped
}

// newListBodies returns a pool of *listBody that share memory, in bytes.
func newListBodies(memory *semaphore.Weighted) *sync.Pool {
	return &sync.Pool{New: func() any { return &listBody{buffer: buffer{memory: memory}} }}
}

// begin makes it the body of an empty list.
func (b *listBody) begin(max int, withAdded bool) {
	b.hash.begin()
	b.withAdded, b.escaped, b.max = withAdded, len(`"]"`), max
}

// add appends the link, unless the list would be larger than it may.
func (b *listBody) add(l link.Link) (fits bool, err error) {
	separator := byte(',')
	if len(b.chunks) == 0 {
		separator = '['
	}
	b.element = appendLink(append(b.element[:0], separator), l, b.withAdded)
	escaped := b.escaped + escapedLen(b.element)
	if escaped > b.max {
		return false, nil
	}
	b.escaped = escaped
	if err := b.write(b.element); err != nil {
		return false, err
	}
	b.hash.add(l)
	return true, nil
}

// end completes the body.
func (b *listBody) end() error {
	if len(b.chunks) == 0 {
		return b.write([]byte("[]"))
	}
	return b.write([]byte("]"))
}

// escapedLen is the length that the text, itself JSON, has inside a JSON string. Encoders write the quotes, backslashes
// and the line separators U+2028 and U+2029 as escapes; JSON has no raw control characters.
func escapedLen(text []byte) int {
	length := len(text) + bytes.Count(text, []byte{'"'}) + bytes.Count(text, []byte{'\\'})
	if bytes.IndexByte(text, "\u2028"[0]) >= 0 {
		length += 3*bytes.Count(text, []byte("\u2028")) + 3*bytes.Count(text, []byte("\u2029"))
	}
	return length
}
