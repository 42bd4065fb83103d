package store

import (
	"context"
	"sync"
)

// Calls counts the calls of a Store that are under way, so that Close can wait for them. The zero value is ready.
type Calls struct {
	underWay sync.RWMutex // held for reading by each call, for writing by Close
	closed   bool         // guarded by underWay
}

// Do calls f, unless Close was called before, which is ErrClosed, or ctx is done.
func (c *Calls) Do(ctx context.Context, f func() error) error {
	c.underWay.RLock()
	defer c.underWay.RUnlock()
	if c.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f()
}

// Close waits for calls under way and then calls free, once: after that it is ErrClosed.
func (c *Calls) Close(free func() error) error {
	c.underWay.Lock()
	defer c.underWay.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.closed = true
	return free()
}
