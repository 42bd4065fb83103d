package api

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"sync"

	"golang.org/x/sync/semaphore"

	"links/internal/link"
)

const (
	// maxListMemory is how many bytes the large lists in flight hold together.
	// Without a limit, each client that reads slowly could hold DefaultMaxResponse.
	maxListMemory = 64_000_000
	// smallList is how many bytes of each list are not counted. Small lists are
	// therefore always served. A page of 50 links is usually half as large.
	smallList = 32 << 10
	maxChunk  = 64 << 10 // bytes
)

// listETagVersion is part of the ETag of every list. It must change when the JSON
// of lists changes.
const listETagVersion = "1"

// A listWriter encodes a list into chunks, so it grows without copying them, and
// computes the ETag of the list. It can be used again after release.
type listWriter struct {
	chunks   [][]byte
	first    []byte              // the first chunk of the previous use, or nil
	memory   *semaphore.Weighted // of which all chunks except the first are reserved
	reserved int64               // bytes of memory

	links      int // number of links
	withAdded  bool
	element    []byte // the JSON of the current link
	escaped    int    // size of the list as escaped into a JSON string, with the closing bracket
	maxEscaped int

	hash       hash.Hash
	hashedLink []byte // what is hashed of the current link
}

// newListWriters returns a pool of *listWriter that share memory, in bytes.
func newListWriters(memory *semaphore.Weighted) *sync.Pool {
	return &sync.Pool{New: func() any { return &listWriter{memory: memory, hash: sha256.New()} }}
}

// begin begins a list of at most maxEscaped bytes as escaped into a JSON string.
func (w *listWriter) begin(maxEscaped int, withAdded bool) {
	w.hash.Reset()
	w.links, w.withAdded, w.escaped, w.maxEscaped = 0, withAdded, len(`"]"`), maxEscaped
}

// add appends the link and reports whether it fits. A link that does not fit is
// not appended. If no memory is left, add returns errNoListMemory.
func (w *listWriter) add(l *link.Link) (fits bool, err error) {
	separator := byte(',')
	if w.links == 0 {
		separator = '['
	}
	w.element = appendLink(append(w.element[:0], separator), l, w.withAdded)
	escaped := w.escaped + escapedLen(w.element)
	if escaped > w.maxEscaped {
		return false, nil
	}
	w.escaped = escaped
	if err := w.write(w.element); err != nil {
		return false, err
	}
	w.hashedLink = appendHashed(w.hashedLink[:0], l)
	w.hash.Write(w.hashedLink)
	w.links++
	return true, nil
}

// appendHashed appends what is hashed of a link. Storing a link gives it a new
// Added, and later only its title, tags and note can change. Together they
// determine the JSON of the link, of which they are a third if only the title is
// set.
//
// Different links are never hashed as the same bytes, because neither the title
// nor the tags contain control characters, and the note does not contain NUL.
func appendHashed(to []byte, l *link.Link) []byte {
	to = append(append(to, l.Added[:]...), l.Title...)
	if l.Tags != "" || l.Note != "" {
		to = append(append(to, 0), l.Tags...)
		to = append(append(to, 0), l.Note...)
		to = append(to, 0)
	}
	return append(to, '\n')
}

// end completes the list.
func (w *listWriter) end() error {
	if w.links == 0 {
		return w.write([]byte("[]"))
	}
	return w.write([]byte("]"))
}

// entityTag returns a strong ETag of the list and of its Link header.
func (w *listWriter) entityTag(linkHeader string) string {
	fmt.Fprintf(w.hash, "%s %t %s", listETagVersion, w.withAdded, linkHeader)
	return quoteTag(w.hash.Sum(nil))
}

func (w *listWriter) write(p []byte) error {
	for len(p) > 0 {
		last := len(w.chunks) - 1
		if last < 0 || len(w.chunks[last]) == cap(w.chunks[last]) {
			if err := w.grow(); err != nil {
				return err
			}
			last++
		}
		chunk := w.chunks[last]
		n := min(len(p), cap(chunk)-len(chunk))
		w.chunks[last], p = append(chunk, p[:n]...), p[n:]
	}
	return nil
}

func (w *listWriter) grow() error {
	if len(w.chunks) == 0 {
		if w.first == nil {
			w.first = make([]byte, 0, smallList)
		}
		w.chunks = append(w.chunks, w.first)
		return nil
	}
	if !w.memory.TryAcquire(maxChunk) {
		return errNoListMemory
	}
	w.reserved += maxChunk
	w.chunks = append(w.chunks, make([]byte, 0, maxChunk))
	return nil
}

// release releases all chunks except the first.
func (w *listWriter) release() {
	w.chunks = nil
	w.memory.Release(w.reserved)
	w.reserved = 0
}

// escapedLen returns the size of JSON as escaped into a JSON string. Encoders
// escape quotes, backslashes and the line separators U+2028 and U+2029. JSON
// contains no control characters.
func escapedLen(text []byte) int {
	length := len(text) + bytes.Count(text, []byte{'"'}) + bytes.Count(text, []byte{'\\'})
	if bytes.IndexByte(text, "\u2028"[0]) >= 0 {
		length += 3*bytes.Count(text, []byte("\u2028")) + 3*bytes.Count(text, []byte("\u2029"))
	}
	return length
}
