package api

import (
	"context"
	"net/http"
	"time"
)

const (
	// maxBodyMemory is how many bytes the large request bodies in flight hold
	// together.
	maxBodyMemory = 16 << 20
	// maxBodyWait is how long a large body waits for memory. What has not been
	// read stays with the client.
	maxBodyWait = 5 * time.Second
)

var errNoBodyMemory = httpError{
	status:   http.StatusServiceUnavailable,
	sentence: "No memory is left for another large body; try again in a second, or send bodies of less than 32768 bytes.",
}

// A bodyMemory is the memory that large request bodies share. Bodies reserve it
// in blocks of smallBody bytes as they arrive. It is safe for concurrent use.
//
// If each of many bodies held some blocks and waited for more, none would ever
// be complete. Therefore one body at a time may continue without blocks.
type bodyMemory struct {
	blocks chan struct{} // contains one element for each reserved block
	last   chan struct{} // contains one element while a body continues without blocks
}

func newBodyMemory() bodyMemory {
	return bodyMemory{make(chan struct{}, (maxBodyMemory-maxBody)/smallBody), make(chan struct{}, 1)}
}

// A bodyReservation is what one body holds of a bodyMemory.
type bodyReservation struct {
	bodyMemory
	held   int  // blocks
	isLast bool // continues without blocks
}

// grow reserves memory for n more bytes. If it is not available within
// maxBodyWait, grow returns errNoBodyMemory.
func (r *bodyReservation) grow(ctx context.Context, n int) error {
	wait := time.NewTimer(maxBodyWait)
	defer wait.Stop()
	for ; n > 0 && !r.isLast; n -= smallBody {
		select {
		case r.blocks <- struct{}{}:
			r.held++
			continue
		default:
		}
		select {
		case r.blocks <- struct{}{}:
			r.held++
		case r.last <- struct{}{}:
			r.isLast = true
		case <-wait.C:
			return errNoBodyMemory
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (r *bodyReservation) release() {
	for range r.held {
		<-r.blocks
	}
	if r.isLast {
		<-r.last
	}
	r.held, r.isLast = 0, false
}
