// Package inflight lets a store wait for its calls in flight before it closes.
package inflight

import (
	"context"
	"sync"

	"links/internal/store"
)

// Calls tracks the calls in flight of one store. The zero value is ready for
// use. Calls is safe for concurrent use.
type Calls struct {
	mu     sync.RWMutex // read-locked by each call, locked by Close
	closed bool         // guarded by mu
}

// Do calls f. It returns store.ErrClosed after Close, or the error of ctx if it
// is done, without calling f.
func (c *Calls) Do(ctx context.Context, f func() error) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f()
}

// Close waits for the calls in flight and then calls release. A second Close
// returns store.ErrClosed.
func (c *Calls) Close(release func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return store.ErrClosed
	}
	c.closed = true
	return release()
}
