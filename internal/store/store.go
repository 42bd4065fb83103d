// Package store defines the interface of a store of links and its errors.
//
// Package boltstore and package dynamostore implement it. Package storetest
// tests every statement of the interface's documentation on both.
package store

import (
	"context"
	"errors"
	"iter"

	"github.com/google/uuid"

	"links/internal/link"
)

// Errors that callers distinguish with errors.Is. If the context is done, an
// error is context.DeadlineExceeded or context.Canceled. Any other error is
// internal.
var (
	// ErrNotFound means that no link has the ID.
	ErrNotFound = errors.New("store: link not found")
	// ErrUnavailable means that the store is throttled, out of disk space or
	// unreachable. A retry may succeed later.
	ErrUnavailable = errors.New("store: unavailable")
	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("store: closed")
)

// A Store stores links. It is safe for concurrent use.
//
// A call whose context is already done fails without side effects. If the
// context ends during a Put, Update or Delete, the call returns promptly, and
// the write may or may not have been applied. Retrying is safe.
type Store interface {
	// Put inserts the links that do not exist yet. An existing link keeps its
	// URL and Added, and is filled in from the given one: see Link.FillIn.
	// Concurrent calls lose no tags. Existing links are not an error. If several
	// links have the same ID, they are merged first: see link.Merge.
	//
	// A zero Added is set to the current time. Otherwise the time in Added is
	// kept, unless it is in the future, in which case it is also set to the
	// current time. Of links with the same time, the one stored later is newer.
	// Within one Put the first link is the newest, and all of them are newer
	// than the links of any Put on this Store that returned before this one was
	// called.
	//
	// Put is not atomic. If it returns an error, any subset of the links may
	// have been stored, roughly from the last to the first; retrying the same
	// Put stores the rest. Once Put returns nil, the links are durable.
	Put(ctx context.Context, links ...link.Link) error

	// Get returns the link with the ID, or ErrNotFound. It sees every Put,
	// Update and Delete that returned before it was called.
	Get(ctx context.Context, id uuid.UUID) (link.Link, error)

	// Update applies all changes to the link with the ID, atomically, and
	// returns the changed link, or ErrNotFound. Of concurrent calls the last
	// one wins, for each member that they change. Once Update returns nil, the
	// changes are durable.
	Update(ctx context.Context, id uuid.UUID, changes link.Changes) (link.Link, error)

	// Delete removes the link with the ID, or returns ErrNotFound. A link that
	// is stored again afterwards is the newest. Once Delete returns nil, the
	// change is durable.
	Delete(ctx context.Context, id uuid.UUID) error

	// List yields at most limit links after the given position, newest first.
	// The zero Position starts with the newest link. No link needs to exist at
	// the position.
	//
	// If each call passes the Position of the last link yielded, every link
	// that exists throughout is yielded exactly once, regardless of concurrent
	// writes. List sees every write that returned before it was called; on
	// DynamoDB after the delay of the index, usually a fraction of a second.
	//
	// List reads little more than the caller consumes. The caller may call the
	// Store during the iteration. Iterating again reads again.
	//
	// An error is yielded last, with a zero Link: the error of the context once
	// it is done, or ErrClosed once the store is closed.
	List(ctx context.Context, after link.Position, limit int) iter.Seq2[link.Link, error]

	// Ready returns nil if the store responds and can read its data.
	Ready(ctx context.Context) error

	// Close waits for calls in flight and releases all resources. Every later
	// call returns ErrClosed. Close does not wait for callers that are
	// iterating over a List; their next read yields ErrClosed.
	Close() error
}
