// Package store says what a link is and what a store of links promises.
//
// The stores themselves are boltstore and dynamostore; storetest holds both to the sentences below.
package store

import (
	"context"
	"errors"
	"iter"

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
	// Title is what the link is called, as ParseTitle returned it: at most MaxTitleBytes of UTF-8. "" is none.
	Title string
	// Added is a UUID version 7 given when the link is stored, see Stamp: the moment, in milliseconds, and what settles a
	// tie. Compared as bytes, a later one is greater. On the way into Put it is uuid.Nil, or the link's date, see Date.
	Added uuid.UUID
}

// Position is the place of a link in the list, which need not exist any more. A list is sorted by Added, and links with
// one Added by ID, both in descending order. The zero Position is before the newest link.
type Position struct {
	Added uuid.UUID
	ID    uuid.UUID
}

// Position returns the link's place in the list.
func (l Link) Position() Position {
	return Position{Added: l.Added, ID: l.ID}
}

// A Store keeps links. All its methods may be called at once from many goroutines. A context that is done before a call
// begins makes the call fail and change nothing; one that ends during a call makes it return soon, and what a Put,
// SetTitle or Delete was about to change is then changed or not: calling again settles it.
type Store interface {
	// Put stores each link whose ID is not there yet. A link that is there keeps its URL and its Added, and is no error; it
	// keeps its Title too, or takes the given one where it has none. Of links with one ID the first is stored, with the
	// first Title given.
	//
	// A link whose Added is uuid.Nil gets the moment of storing; any other keeps the moment of its Added, unless that is
	// yet to come. Of links of one moment, what is stored later is newer. Within one Put the first link counts as stored
	// last, and so as the newest; and all of them as stored later than what any Put through this Store has stored that
	// finished before this one began.
	//
	// After an error some of the links may be stored, the last ones before the first but for those that were under way side
	// by side, and calling Put again completes the rest. When Put has returned nil, what it did survives the end of the process.
	Put(ctx context.Context, links ...Link) error

	// Get returns the link with the id, or ErrNotFound. It sees every Put, SetTitle and Delete that returned before it
	// began.
	Get(ctx context.Context, id uuid.UUID) (Link, error)

	// SetTitle gives the link with the id a title in place of what it had, none when title is "", and returns the link as
	// it is then, or ErrNotFound. The last of several counts. When it has returned nil, the change survives the end of the
	// process.
	SetTitle(ctx context.Context, id uuid.UUID, title string) (Link, error)

	// Delete removes the link with the id, its title too, or returns ErrNotFound. A link that is stored again is the newest.
	// When it has returned nil, the link stays away after the end of the process.
	Delete(ctx context.Context, id uuid.UUID) error

	// List yields at most limit links, newest first: those behind the position after. A link that is there from start to end
	// of a walk, each List going on after the last Position of the one before, is yielded exactly once whatever is written
	// meanwhile. What was
	// written before List began is seen, on DynamoDB after the delay of its index, a fraction of a second as a rule. It
	// reads little more than the caller consumes, and the caller may call the Store while it consumes. The sequence may
	// be ranged over again, and then reads again.
	//
	// An error is yielded last, with a zero Link: that of the context once it is done, ErrClosed once the store is closed.
	List(ctx context.Context, after Position, limit int) iter.Seq2[Link, error]

	// Ready returns nil when the store answers and can read what it keeps.
	Ready(ctx context.Context) error

	// Close waits for calls under way and frees what the store holds. Every later call returns ErrClosed. A List that its
	// caller is still consuming is no call under way but while it reads, and ends with ErrClosed when it wants to read on.
	Close() error
}
