// Package boltstore stores links in one file, with go.etcd.io/bbolt. One
// process at a time can open the file.
//
// # File format
//
// The file is a bbolt database with three buckets. UUIDs are stored as 16
// bytes, so keys sort as UUIDs do.
//
//	Bucket     Key       Value
//	meta       "format"  the number of the format in decimal: "3"
//	links      ID        Added
//	by_added   Added     ID, URL, title and other members
//
// A list is a backward scan of by_added. Get looks up Added in links, and then
// the link in by_added. A second copy of the URL in links would save this
// lookup, but enlarge the mapped file.
//
// The value in by_added starts with the 16 bytes of the ID and the URL. If the
// link has a title, a line feed (0x0A) and the title follow. Each other member
// follows as a unit separator (0x1F), its name in one byte, and its text. A
// member that the link does not have is omitted. The order of members is:
//
//	Name     Text
//	t        the tags, separated by commas
//	n        the note
//	another  a member of a newer version, which this version preserves
//
// No URL and no title contains a line feed, and no text a unit separator. A
// newer version that only adds members therefore needs no new format.
//
// Format 2 contains no members other than the title. Format 1 contains no titles
// and no bucket meta. Every value of these formats is one of format 3. Open
// changes the number of the format, and no link. It rejects a file of a newer
// format.
package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/inflight"
)

// The buckets of the file.
const (
	metaBucket    = "meta"
	linksBucket   = "links"
	byAddedBucket = "by_added"
)

const idBytes = len(uuid.UUID{})

// List copies at most this much out of the file at a time. The default page of
// the API is one chunk.
const (
	chunkLinks = 128
	chunkBytes = 64 << 10
)

// A Store is a store.Store in one file. Open creates one.
type Store struct {
	db      *bbolt.DB
	file    *os.File      // the file that db has opened
	queue   chan *request // to the committer
	stopped chan struct{} // closed when the committer has ended

	onCommit func(links int, took time.Duration) // may be nil
	log      *slog.Logger

	calls    inflight.Calls
	fatalErr atomic.Pointer[error] // of a commit that panicked; returned by every later write and Ready
	head     atomic.Pointer[head]  // the last commit of the committer
	corrupt  atomic.Pointer[error] // of the first read of a corrupt page; returned by every later Ready

	// Only the committer uses these.
	lastCommitUnsynced bool // the last commit failed, and may be visible without being durable
	clock              link.Clock
}

var _ store.Store = (*Store)(nil)

// Put implements store.Store. If the disk is full, it returns ErrUnavailable.
func (s *Store) Put(ctx context.Context, links ...link.Link) error {
	// Merge copies: if ctx ends, Put returns while the committer may still read
	// the links.
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

// Update implements store.Store. If the disk is full, it returns
// ErrUnavailable.
func (s *Store) Update(ctx context.Context, id uuid.UUID, changes link.Changes) (link.Link, error) {
	// A pointer: the committer may still assign the link after ctx has ended.
	changed := new(link.Link)
	err := s.calls.Do(ctx, func() error {
		return s.write(ctx, 1, func(tx *transaction) (err error) {
			*changed, err = tx.update(id, changes)
			return err
		})
	})
	if err != nil {
		return link.Link{}, err
	}
	return *changed, nil
}

// Delete implements store.Store. If the disk is full, it returns
// ErrUnavailable.
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
		l, _ = decode(added, tx.Bucket([]byte(byAddedBucket)).Get(added))
		return nil
	})
	return l, err
}

// List implements store.Store. It holds no transaction while the caller runs,
// so a slow caller does not block writers and may itself call the Store.
func (s *Store) List(ctx context.Context, after link.Position, limit int) iter.Seq2[link.Link, error] {
	return func(yield func(link.Link, error) bool) {
		after, left := after.Added, limit // each Added is unique in the file
		for left > 0 {
			chunk, err := s.chunk(ctx, after, min(left, chunkLinks))
			if err != nil {
				yield(link.Link{}, err)
				return
			}
			if len(chunk.ends) == 0 {
				return
			}
			for l := range chunk.links() {
				if err := ctx.Err(); err != nil {
					yield(link.Link{}, err)
					return
				}
				if !yield(l, nil) {
					return
				}
				after = l.Added
			}
			left -= len(chunk.ends)
		}
	}
}

// chunk returns the next entries of a list, at most limit. The result is empty
// only at the end of the list.
func (s *Store) chunk(ctx context.Context, after link.Timestamp, limit int) (c chunk, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		keys, values, size := make([][]byte, 0, chunkLinks), make([][]byte, 0, chunkLinks), 0
		cursor := tx.Bucket([]byte(byAddedBucket)).Cursor()
		key, value := before(cursor, after)
		for ; key != nil && len(keys) < limit && size < chunkBytes; key, value = cursor.Prev() {
			keys, values, size = append(keys, key), append(values, value), size+len(key)+len(value)
		}
		c = newChunk(keys, values, size)
		return nil
	})
	return c, err
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

// Ready implements store.Store. It reads the newest link. Once a read has found
// a corrupt page or a commit has panicked, Ready returns this error until the
// Store is closed.
func (s *Store) Ready(ctx context.Context) error {
	for _, failed := range []*error{s.fatalErr.Load(), s.corrupt.Load()} {
		if failed != nil {
			return *failed
		}
	}
	oldest := s.head.Load().commit
	return s.read(ctx, func(tx *bbolt.Tx) error {
		found := headOf(tx)
		if err := s.checkPath(found); err != nil {
			return err
		}
		// One commit may be in flight.
		if newest := s.head.Load().commit + 1; found.commit < oldest || found.commit > newest {
			return s.overwritten()
		}
		if key, value := tx.Bucket([]byte(byAddedBucket)).Cursor().Last(); key != nil {
			_, _ = decode(key, value)
		}
		return nil
	})
}

// Close implements store.Store. Another process can open the file afterwards.
func (s *Store) Close() error {
	return s.calls.Close(func() error {
		close(s.queue)
		<-s.stopped
		if s.fatalErr.Load() != nil {
			// bbolt's Close would wait for locks that the panic may have left
			// behind. The lock of the file ends with the process.
			return nil
		}
		return s.db.Close()
	})
}

// read calls f with a read transaction. f must not retain memory of the
// transaction.
func (s *Store) read(ctx context.Context, f func(*bbolt.Tx) error) error {
	return s.calls.Do(ctx, func() error {
		err := guard(s.log, func() error { return s.db.View(f) })
		if errors.As(err, new(panicError)) {
			err = fmt.Errorf("boltstore: %s: %w", s.db.Path(), err)
			s.corrupt.CompareAndSwap(nil, &err)
		}
		return err
	})
}

// A head identifies the last commit that a file contains.
type head struct {
	commit int   // its number
	size   int64 // how many bytes of the file it uses
}

func headOf(tx *bbolt.Tx) head { return head{commit: tx.ID(), size: tx.Size()} }

// loadHead records the last commit in the file as the committer's own.
func (s *Store) loadHead() error {
	return s.db.View(func(tx *bbolt.Tx) error {
		found := headOf(tx)
		s.head.Store(&found)
		return nil
	})
}

// checkWritable returns an error if a commit would be lost or would corrupt
// the file. bbolt has the list of free pages in memory, which is wrong for the
// content that another program wrote.
func (s *Store) checkWritable() error {
	return s.db.View(func(tx *bbolt.Tx) error {
		found := headOf(tx)
		if err := s.checkPath(found); err != nil {
			return err
		}
		if found != *s.head.Load() {
			return s.overwritten()
		}
		return nil
	})
}

func (s *Store) overwritten() error {
	return fmt.Errorf("boltstore: %s was overwritten while it was open: restart to use its new content", s.db.Path())
}

// checkPath returns an error if the file at the Store's path is not the open
// file, or is truncated. What is written to another file than the one at the
// path is lost when the Store is closed.
func (s *Store) checkPath(found head) error {
	opened, err := s.file.Stat()
	if err != nil {
		return fmt.Errorf("boltstore: %w", err)
	}
	named, err := os.Stat(s.db.Path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("boltstore: %s was removed while it was open: restart, or move it back", s.db.Path())
	case err != nil:
		return fmt.Errorf("boltstore: %w", err)
	case !os.SameFile(named, opened):
		return fmt.Errorf("boltstore: %s was replaced while it was open: restart to open it", s.db.Path())
	}
	if err := checkSize(named.Size(), found.size); err != nil {
		return fmt.Errorf("boltstore: %s: %w", s.db.Path(), err)
	}
	return nil
}
