package api

import (
	"net/http"

	"golang.org/x/sync/semaphore"
)

// maxListMemory is how many bytes the large lists in flight hold together.
// Without a limit, each client that reads slowly could hold DefaultMaxResponse.
const maxListMemory = 64_000_000

const (
	// smallList is how many bytes of each list are not counted. Small lists are
	// therefore always served. A page of 50 links is usually half as large.
	smallList = 32 << 10
	maxChunk  = 64 << 10
)

var errNoListMemory = httpError{
	status:   http.StatusServiceUnavailable,
	sentence: "No memory is left for another large list; try again in a second, or ask for smaller pages.",
}

// A buffer collects bytes in chunks, so it grows without copying them.
type buffer struct {
	chunks [][]byte
	first  []byte              // the first chunk of the previous use of the buffer, or nil
	memory *semaphore.Weighted // of which all chunks except the first are reserved
	taken  int64               // bytes of memory
}

// write appends p. If no memory is left, write returns errNoListMemory.
func (b *buffer) write(p []byte) error {
	for len(p) > 0 {
		last := len(b.chunks) - 1
		if last < 0 || len(b.chunks[last]) == cap(b.chunks[last]) {
			if err := b.grow(); err != nil {
				return err
			}
			last++
		}
		chunk := b.chunks[last]
		n := min(len(p), cap(chunk)-len(chunk))
		b.chunks[last], p = append(chunk, p[:n]...), p[n:]
	}
	return nil
}

func (b *buffer) grow() error {
	if len(b.chunks) == 0 {
		if b.first == nil {
			b.first = make([]byte, 0, smallList)
		}
		b.chunks = append(b.chunks, b.first)
		return nil
	}
	if !b.memory.TryAcquire(maxChunk) {
		return errNoListMemory
	}
	b.taken += maxChunk
	b.chunks = append(b.chunks, make([]byte, 0, maxChunk))
	return nil
}

// release empties the buffer and releases all chunks except the first.
func (b *buffer) release() {
	b.chunks = nil
	b.memory.Release(b.taken)
	b.taken = 0
}
