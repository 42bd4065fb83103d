package api

import (
	"net/http"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// maxListMemory is how many bytes the bodies of long lists take together. Without a bound, clients that ask for the whole
// list and read slowly make the server hold a body of up to DefaultMaxAnswer for each of them.
const maxListMemory = 64_000_000

const (
	firstChunk = 16 << 10 // bytes: a page of 50 links as a rule
	maxChunk   = 256 << 10
)

var errNoRoom = httpError{http.StatusServiceUnavailable, "There is no room for another long list now; try again in a second, or ask for pages of at most 50 links."}

// buffer collects bytes in chunks, each twice as large as the one before: so it grows without being copied, and takes
// little more memory than it has bytes.
type buffer struct {
	chunks [][]byte
	first  []byte              // the first chunk of the buffer's last use; nil: none
	memory *semaphore.Weighted // what its chunks are taken from; nil: not counted
	taken  int64               // from memory
}

// write appends p, or fails with errNoRoom.
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
	size := firstChunk
	if n := len(b.chunks); n > 0 {
		size = min(2*cap(b.chunks[n-1]), maxChunk)
	}
	if b.memory != nil {
		if !b.memory.TryAcquire(int64(size)) {
			return errNoRoom
		}
		b.taken += int64(size)
		runtime.Gosched() // as in decoder.array: a whole list takes some 20 ms
	}
	chunk := b.first
	if chunk == nil || len(b.chunks) > 0 {
		chunk = make([]byte, 0, size)
	}
	b.chunks = append(b.chunks, chunk)
	return nil
}

// release empties the buffer and gives back all but its first chunk.
func (b *buffer) release() {
	if len(b.chunks) > 0 {
		b.first = b.chunks[0][:0]
	}
	clear(b.chunks)
	b.chunks = b.chunks[:0]
	if b.memory != nil {
		b.memory.Release(b.taken)
	}
	b.memory, b.taken = nil, 0
}
