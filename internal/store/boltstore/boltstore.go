// Package boltstore keeps links in one file, with go.etcd.io/bbolt. One process at a time has the file open.
package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/inflight"
)

// The buckets of the file. In meta, formatKey has the number of the format. A UUID is its 16 bytes, so keys sort as the UUIDs do. An address is there once, though a second
// copy would spare Get a look-up of some microseconds: what has been read of the file is mapped and counts as resident,
// and a process that has read all of 300,000 links of 75 bytes measured 110 MB with two copies, 75 MB with one.
const (
	metaBucket    = "meta"
	linksBucket   = "links"    // ID -> Added
	byAddedBucket = "by_added" // Added -> ID, URL, and where there is a title a line feed, which no URL has, and the title
)

const idBytes = len(uuid.UUID{})

// A List copies at most so much out of the file at a time. A page of the API is one such chunk.
const (
	chunkLinks = 128
	chunkBytes = 64 << 10
)

// A Store is a store.Store in one file. Open makes one.
type Store struct {
	db      *bbolt.DB
	file    *os.File      // of db
	queue   chan *request // to the committer
	stopped chan struct{} // closed when the committer has ended

	onCommit func(links int, took time.Duration) // may be nil
	log      *slog.Logger

	calls   inflight.Calls
	broken  atomic.Pointer[error] // once a commit has panicked: what every write returns from then on
	damaged atomic.Pointer[error] // once a read has met a damaged page: what Ready returns from then on
	unknown bool                  // the committer's: a commit failed that may be in the file and not on disk
	stamps  link.Clock            // the committer's
}

var _ store.Store = (*Store)(nil)

// Put implements store.Store. It returns ErrUnavailable when the disk is full.
func (s *Store) Put(ctx context.Context, links ...link.Link) error {
	// A copy: when ctx ends the caller has its slice again, and the committer may still read this one.
	links = link.Merge(links)
	return s.calls.Do(ctx, func() error {
		for {
			part := links[max(0, len(links)-maxCommitLinks):]
			if err := s.write(ctx, len(part), func(tx *transaction) error { return tx.put(part) }); err != nil {
				return err
			}
			if links = links[:len(links)-len(part)]; len(links) == 0 {
				return nil
			}
		}
	})
}

// SetTitle implements store.Store. It returns ErrUnavailable when the disk is full.
func (s *Store) SetTitle(ctx context.Context, id uuid.UUID, title string) (link.Link, error) {
	// The committer may still change changed when ctx has ended.
	changed := new(link.Link)
	err := s.calls.Do(ctx, func() error {
		return s.write(ctx, 1, func(tx *transaction) (err error) {
			*changed, err = tx.setTitle(id, title)
			return err
		})
	})
	if err != nil {
		return link.Link{}, err
	}
	return *changed, nil
}

// Delete implements store.Store. It returns ErrUnavailable when the disk is full.
func (s *Store) Delete(ctx context.Context, id uuid.UUID) error {
	return s.calls.Do(ctx, func() error {
		return s.write(ctx, 1, func(tx *transaction) error { return tx.delete(id) })
	})
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, id uuid.UUID) (l link.Link, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		added := tx.Bucket([]byte(linksBucket)).Get(id[:])
		if added == nil {
			return store.ErrNotFound
		}
		l = decode(added, tx.Bucket([]byte(byAddedBucket)).Get(added))
		return nil
	})
	return l, err
}

// List implements store.Store. No transaction is open while the caller has a link, so a slow caller holds nothing up and
// may write to the store. A walk that is under way when the store is closed ends with ErrClosed.
func (s *Store) List(ctx context.Context, after link.Position, limit int) iter.Seq2[link.Link, error] {
	return func(yield func(link.Link, error) bool) {
		after, left := after.Added, limit // no two links have one Added
		for left > 0 {
			chunk, err := s.chunk(ctx, after, min(left, chunkLinks))
			if err != nil {
				yield(link.Link{}, err)
				return
			}
			if len(chunk) == 0 {
				return
			}
			for _, l := range chunk {
				if err := ctx.Err(); err != nil {
					yield(link.Link{}, err)
					return
				}
				if !yield(l, nil) {
					return
				}
			}
			left -= len(chunk)
			after = chunk[len(chunk)-1].Added
		}
	}
}

// chunk copies what List yields next: at least one link if there is one, at most limit.
func (s *Store) chunk(ctx context.Context, after link.Timestamp, limit int) ([]link.Link, error) {
	links := make([]link.Link, 0, limit)
	err := s.read(ctx, func(tx *bbolt.Tx) error {
		values, size := make([][]byte, 0, chunkLinks), 0
		cursor := tx.Bucket([]byte(byAddedBucket)).Cursor()
		key, value := before(cursor, after)
		for ; key != nil && len(links) < limit && size < chunkBytes; key, value = cursor.Prev() {
			links = append(links, link.Link{ID: uuid.UUID(value[:idBytes]), Added: link.Timestamp(key)})
			values, size = append(values, value), size+len(value)-idBytes
		}
		var texts strings.Builder // one string for all, so that no link costs an allocation of its own
		texts.Grow(size)
		for i, value := range values {
			start := texts.Len()
			texts.Write(value[idBytes:])
			links[i].URL, links[i].Title = cutTitle(texts.String()[start:])
		}
		return nil
	})
	return links, err
}

// decode copies an entry of by_added.
func decode(key, value []byte) link.Link {
	url, title := cutTitle(string(value[idBytes:]))
	return link.Link{ID: uuid.UUID(value[:idBytes]), URL: url, Title: title, Added: link.Timestamp(key)}
}

func cutTitle(text string) (url, title string) {
	url, title, _ = strings.Cut(text, "\n")
	return url, title
}

// encode makes the value of an entry of by_added, which is there for bbolt to keep until the commit.
func encode(l link.Link) []byte {
	value := make([]byte, 0, idBytes+len(l.URL)+1+len(l.Title))
	value = append(append(value, l.ID[:]...), l.URL...)
	if l.Title != "" {
		value = append(append(value, '\n'), l.Title...)
	}
	return value
}

// before moves the cursor to the last key less than after. If after is zero, it
// moves it to the last key.
func before(cursor *bbolt.Cursor, after link.Timestamp) (key, value []byte) {
	if after.IsZero() {
		return cursor.Last()
	}
	if key, _ := cursor.Seek(after[:]); key == nil {
		return cursor.Last()
	}
	return cursor.Prev()
}

// Ready implements store.Store. It reads the newest link. Once a call has met a damaged page, Ready returns its error until
// the Store is closed.
func (s *Store) Ready(ctx context.Context) error {
	for _, failed := range []*error{s.broken.Load(), s.damaged.Load()} {
		if failed != nil {
			return *failed
		}
	}
	return s.read(ctx, func(tx *bbolt.Tx) error {
		info, err := s.statPath()
		if err != nil {
			return err
		}
		if err := checkSize(info.Size(), tx.Size()); err != nil {
			return fmt.Errorf("boltstore: %s: %w", s.db.Path(), err)
		}
		if key, value := tx.Bucket([]byte(byAddedBucket)).Cursor().Last(); key != nil {
			_ = decode(key, value)
		}
		return nil
	})
}

// Close implements store.Store. Another process can open the file afterwards.
func (s *Store) Close() error {
	return s.calls.Close(func() error {
		close(s.queue)
		<-s.stopped
		if s.broken.Load() != nil {
			// The panic may have left locks behind that bbolt's Close would wait for. The file's lock goes with the process.
			return nil
		}
		return s.db.Close()
	})
}

// read calls f with a transaction. What f keeps of it must be a copy.
func (s *Store) read(ctx context.Context, f func(*bbolt.Tx) error) error {
	return s.calls.Do(ctx, func() error {
		err := guard(s.log, func() error { return s.db.View(f) })
		if errors.As(err, new(faultError)) {
			s.damaged.CompareAndSwap(nil, &err)
		}
		return err
	})
}

// statPath describes the file at the Store's path. It returns an error if that is not the open file: what is written to the
// open file is then lost when the Store is closed.
func (s *Store) statPath() (os.FileInfo, error) {
	opened, err := s.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("boltstore: %w", err)
	}
	named, err := os.Stat(s.db.Path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("boltstore: %s was removed while it was open: restart, or move it back", s.db.Path())
	case err != nil:
		return nil, fmt.Errorf("boltstore: %w", err)
	case !os.SameFile(named, opened):
		return nil, fmt.Errorf("boltstore: %s was replaced while it was open: restart to open the new file", s.db.Path())
	}
	return named, nil
}

// A faultError is the error of a panic in a function that accesses the mapped
// file. bbolt panics if a page is damaged, and the runtime if a page cannot be
// read, because the file was truncated or the disk failed.
type faultError struct{ value any }

func (e faultError) Error() string {
	return fmt.Sprintf("boltstore: the file is damaged or cannot be read: %v", e.value)
}

// guard calls f and returns its error. If f panics, guard logs the stack at
// debug level and returns a faultError.
func guard(log *slog.Logger, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Debug("panic while accessing the file", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = faultError{p}
		}
	}()
	// Without this, a page that cannot be read would end the process.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return f()
}
