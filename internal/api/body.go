package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxBody = 1 << 20 // bytes of a request body
	// smallBody is the size, in bytes, from which a request body is large. The
	// largest link with all its members is half as large, unless it is escaped, so
	// storing one link and changing one need no shared memory.
	smallBody = 32 << 10
	// maxBodyStall is how long each further smallBody bytes of a large body may
	// take to arrive.
	maxBodyStall = 5 * time.Second
	// maxBodyMemory is how many bytes the large request bodies in flight hold
	// together.
	maxBodyMemory = 16 << 20
	// maxBodyWait is how long a large body waits for memory. The part that has not
	// been read stays with the client.
	maxBodyWait = 5 * time.Second
)

// readBody reads the complete body of a request. The caller calls release, which
// is never nil, when it no longer needs the body.
func (a *api) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	reserved := &bodyReservation{bodyMemory: a.bodyMemory}
	from := &bodyReader{body: http.MaxBytesReader(w, r.Body, maxBody), connection: http.NewResponseController(w)}
	if r.ContentLength > maxBody {
		if r.Header.Get("Expect") == "" { // else the client sends the body only after a 100 Continue
			_ = discard(from)
		}
		return nil, reserved.release, &http.MaxBytesError{Limit: maxBody}
	}
	body = make([]byte, 0, 512)
	for {
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF:
			return body, reserved.release, nil
		case err != nil:
			return nil, reserved.release, err
		case len(body) < cap(body):
			continue
		}
		grown := min(2*cap(body), maxBody+1) // one byte more, to read io.EOF
		if grown > smallBody {
			if err := reserved.grow(r.Context(), grown-cap(body)); err != nil {
				reserved.release()
				return nil, reserved.release, cmp.Or(discard(from), err)
			}
		}
		body = append(make([]byte, 0, grown), body...)
	}
}

// discard reads the rest of a body, because many clients read the response only
// when they have sent the complete request.
func discard(body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

// A bodyReader reads a request body. A small body has the time that the server
// gives a request. A large body may take longer as long as it makes progress.
type bodyReader struct {
	body       io.Reader
	connection *http.ResponseController
	arrived    int // bytes
	due        int // bytes that must arrive before the deadline moves; 0 means smallBody
}

// Read returns a *http.MaxBytesError if the body is too large, and an httpError if
// it is truncated or late.
func (b *bodyReader) Read(p []byte) (int, error) {
	if b.due = cmp.Or(b.due, smallBody); b.arrived >= b.due {
		b.due = b.arrived + smallBody
		_ = b.connection.SetReadDeadline(time.Now().Add(maxBodyStall)) // not supported on Lambda
	}
	n, err := b.body.Read(p)
	b.arrived += n
	if err != nil && err != io.EOF && !errors.As(err, new(*http.MaxBytesError)) {
		err = badRequest("The request body is truncated or arrived too slowly; send it again.")
	}
	return n, err
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

// A bodyReservation is the part of a bodyMemory that one body holds.
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
