// Package store says what a link is and what a store of links promises.
//
// The stores themselves are boltstore and dynamostore; storetest holds both to the sentences below.
package store

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"
)

// The errors that callers tell apart, with errors.Is. A passed deadline or a cancelled context comes back as
// context.DeadlineExceeded or context.Canceled; anything else is a fault.
var (
	// ErrNotFound says that no link has the id.
	ErrNotFound = errors.New("store: link not found")
	// ErrUnavailable says that the store is throttled or out of reach: the same call may succeed later.
	ErrUnavailable = errors.New("store: unavailable")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store: closed")
)

// A Link is an address that somebody keeps. Parse makes one; storing it sets Added.
type Link struct {
	// ID is the UUID version 5 of the URL's canonical form.
	ID uuid.UUID
	// URL is the address as it was first stored: at most MaxURLBytes of UTF-8.
	URL string
	// Added is a UUID version 7 given when the link is stored: the moment, in milliseconds, and what settles a tie.
	// Compared as bytes, a later one is greater.
	Added uuid.UUID
}

// AddedAt is the moment when the link was stored, to the millisecond.
func (l Link) AddedAt() time.Time {
	sec, nsec := l.Added.Time().UnixTime()
	return time.Unix(sec, nsec).UTC()
}

// A Store keeps links. All its methods may be called at once from many goroutines. A context that is done before a call
// begins makes the call fail and change nothing; one that ends during a call makes it return soon, and what a Put or
// Delete was about to change is then changed or not: calling again settles it.
type Store interface {
	// Put stores each link whose ID is not there yet. A link that is there keeps its URL and its Added, and is no error.
	// Of links with one ID the first is stored. The first link counts as the newest, and all of them as newer than what
	// any finished Put through this Store has stored. After an error some of them may be stored, and calling Put again
	// completes the rest. When Put has returned nil, the links survive the end of the process. Added is ignored.
	Put(ctx context.Context, links ...Link) error

	// Get returns the link with the id, or ErrNotFound. It sees every Put and Delete that returned before it began.
	Get(ctx context.Context, id uuid.UUID) (Link, error)

	// Delete removes the link with the id, or returns ErrNotFound. A link that is stored again is the newest.
	Delete(ctx context.Context, id uuid.UUID) error

	// List yields at most limit links, newest first: those with an Added less than after, or from the newest on when
	// after is uuid.Nil. No link needs to have that Added. A link that is there from start to end of a walk, each List
	// going on after the last Added of the one before, is yielded exactly once whatever is written meanwhile. An error is
	// yielded last, with a zero Link. It reads little more than the caller consumes.
	List(ctx context.Context, after uuid.UUID, limit int) iter.Seq2[Link, error]

	// Ready returns nil when the store answers.
	Ready(ctx context.Context) error

	// Close waits for calls under way and frees what the store holds. Every later call returns ErrClosed.
	Close() error
}

// Stamp readies links for storing: it leaves out repeats of an ID and gives each link that stays an Added, the first the
// greatest. The links passed in stay as they are.
func Stamp(links []Link) []Link {
	seen := make(map[uuid.UUID]bool, len(links))
	stamped := make([]Link, 0, len(links))
	for _, l := range links {
		if !seen[l.ID] {
			seen[l.ID] = true
			stamped = append(stamped, l)
		}
	}
	for i := len(stamped) - 1; i >= 0; i-- {
		// NewV7 gives ascending values within a process; it fails only without a source of randomness.
		stamped[i].Added = uuid.Must(uuid.NewV7())
	}
	return stamped
}
