package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store"
)

// maxCommitLinks limits the size of a commit. A group accepts no further
// request once it has this many links, and Put splits larger batches. bbolt
// holds every page that a commit changes in memory, and in a large file nearly
// every ID is on a different page.
const maxCommitLinks = 250

// maxPatience limits how long a commit waits for more writers. Without it, one
// stalled fsync would make the next commit wait as long.
const maxPatience = 10 * time.Millisecond

// A request is a change that waits for its commit: an Update, a Delete, or a
// part of a Put.
type request struct {
	ctx    context.Context
	links  int // the maximum number of links that it changes
	apply  func(*transaction) error
	result error      // of apply
	done   chan error // buffered, so that the committer never waits for a caller
}

func newRequest(ctx context.Context, links int, apply func(*transaction) error) *request {
	return &request{ctx: ctx, links: links, apply: apply, done: make(chan error, 1)}
}

// write queues a change and returns when it is durable or ctx is done.
func (s *Store) write(ctx context.Context, links int, apply func(*transaction) error) error {
	r := newRequest(ctx, links, apply)
	select {
	case s.queue <- r:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// committer is the only goroutine that writes. It implements group commit:
// requests queued during one commit share the next, so concurrent writers share
// one fsync, and a single writer never waits for more than its own.
//
// A Put that changes nothing goes through the committer too, because a plain
// read could see a commit that is not durable yet.
func (s *Store) committer() {
	defer close(s.stopped)
	var writers int        // in the last commit, and in the queue after it
	var took time.Duration // of the last commit
	for first := range s.queue {
		group := s.gather(first, writers, min(took/2, maxPatience))
		start := time.Now()
		err := s.commit(group)
		writers, took = len(group)+len(s.queue), time.Since(start)
		for _, r := range group {
			if err != nil {
				r.result = err
			}
			r.done <- r.result
		}
	}
}

// gather returns first and the queued requests that share its commit.
//
// The writers of the last commit are likely to write again immediately, and a
// writer that misses a commit waits for two. So if the last commit had several
// writers, gather waits for the same number, but no longer than patience.
func (s *Store) gather(first *request, writers int, patience time.Duration) []*request {
	group, links := []*request{first}, first.links
	timeout := time.After(patience)
	for links < maxCommitLinks && (len(s.queue) > 0 || len(group) < writers) {
		select {
		case r, ok := <-s.queue:
			if !ok {
				return group
			}
			group = append(group, r)
			links += r.links
		case <-timeout:
			writers = 0
		}
	}
	return group
}

// commit applies the requests in one transaction and sets their results, which
// are valid only if commit returns nil.
func (s *Store) commit(group []*request) error {
	if fatal := s.fatalErr.Load(); fatal != nil {
		return *fatal
	}
	err := guard(s.log, func() error { return s.update(group) })
	if p, ok := errors.AsType[panicError](err); ok {
		err = fmt.Errorf("boltstore: panic in a commit, restart to write again: %v", p.value)
		s.fatalErr.Store(&err)
	}
	return err
}

// update implements commit. It may panic.
func (s *Store) update(group []*request) error {
	if err := s.checkWritable(); err != nil {
		return err
	}
	if s.lastCommitUnsynced {
		if err := syncMeta(s.file, s.db.Info().PageSize); err != nil {
			return commitError(err)
		}
		s.lastCommitUnsynced = false
	}
	unchanged := errors.New("nothing to commit")
	start, changed := time.Now(), 0
	err := s.db.Update(func(tx *bbolt.Tx) error {
		t := begin(tx, &s.clock)
		for _, r := range group {
			if r.result = r.ctx.Err(); r.result != nil {
				continue
			}
			r.result = r.apply(t)
			if r.result != nil && !errors.Is(r.result, store.ErrNotFound) {
				return r.result
			}
		}
		if changed = t.changed; changed == 0 {
			return unchanged // saves the fsync
		}
		return nil
	})
	if err := s.loadHead(); err != nil {
		return commitError(err)
	}
	switch {
	case err == nil:
		if s.onCommit != nil {
			s.onCommit(changed, time.Since(start))
		}
		return nil
	case errors.Is(err, unchanged):
		return nil
	}
	s.lastCommitUnsynced = true
	return commitError(err)
}

// syncMeta makes the last visible commit durable. If the final fsync of a
// commit failed, or the process was killed before it, the commit is visible,
// but may be lost on power loss. The next commit would overwrite pages of the
// commit before, which survives the power loss.
//
// Another fsync is not enough: Linux marks pages that it could not write as
// clean. So syncMeta writes the two meta pages again, unchanged, and fsyncs
// them. The pages that they refer to were fsynced before the meta pages were
// first written.
func syncMeta(file *os.File, pageSize int) error {
	metas := make([]byte, 2*pageSize)
	if _, err := file.ReadAt(metas, 0); err != nil {
		return err
	}
	if _, err := file.WriteAt(metas, 0); err != nil {
		return err
	}
	return file.Sync()
}

func commitError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("boltstore: commit: %w: %w", store.ErrUnavailable, err)
	}
	return fmt.Errorf("boltstore: commit: %w", err)
}

// A transaction applies the requests of one commit.
type transaction struct {
	links, byAdded *bbolt.Bucket
	clock          *link.Clock
	last           link.Timestamp // the greatest Added so far
	changed        int            // the number of links stored, changed or deleted
}

func begin(tx *bbolt.Tx, clock *link.Clock) *transaction {
	t := &transaction{links: tx.Bucket([]byte(linksBucket)), byAdded: tx.Bucket([]byte(byAddedBucket)), clock: clock}
	// New keys usually come last, so pages need no free space: see
	// setFillPercent.
	t.byAdded.FillPercent = 1
	if last, _ := t.byAdded.Cursor().Last(); last != nil {
		t.last = link.Timestamp(last)
	}
	return t
}

// put stores the links that do not exist and fills in existing links, from the
// last link to the first.
func (t *transaction) put(links []link.Link) error {
	for _, l := range slices.Backward(links) {
		if added := t.links.Get(l.ID[:]); added != nil {
			if l.Title == "" && l.Tags == "" && l.Note == "" {
				continue
			}
			fillIn := func(existing link.Link) link.Link { return existing.FillIn(l) }
			if _, err := t.change(added, fillIn); err != nil {
				return err
			}
			continue
		}
		l.Added = t.stamp(l.Added)
		added := bytes.Clone(l.Added[:]) // bbolt refers to the value until the commit
		t.changed++
		if err := t.links.Put(l.ID[:], added); err != nil {
			return err
		}
		if err := t.byAdded.Put(added, encode(l, "")); err != nil {
			return err
		}
	}
	return nil
}

// setFillPercent makes the commit leave free space in the pages of by_added that
// it splits, for keys that come between others and for values that become larger.
func (t *transaction) setFillPercent() { t.byAdded.FillPercent = bbolt.DefaultFillPercent }

// change replaces the link with this Added by the result of f, and returns it.
func (t *transaction) change(added []byte, f func(link.Link) link.Link) (link.Link, error) {
	l, unknown := decode(added, t.byAdded.Get(added))
	changed := f(l)
	if changed == l {
		return l, nil
	}
	t.changed++
	t.setFillPercent()
	return changed, t.byAdded.Put(l.Added[:], encode(changed, unknown))
}

func (t *transaction) update(id uuid.UUID, changes link.Changes) (link.Link, error) {
	added := t.links.Get(id[:])
	if added == nil {
		return link.Link{}, store.ErrNotFound
	}
	return t.change(added, changes.Apply)
}

// stamp returns the Added of a link that is stored now. It is greater than
// every other in the file with the same time, even if the clock was set back
// since the file was last open.
func (t *transaction) stamp(given link.Timestamp) link.Timestamp {
	added := t.clock.Stamp(given)
	if bytes.Compare(added[:], t.last[:]) > 0 {
		t.last = added
		return added
	}
	t.setFillPercent()
	next := link.TimestampAt(added.Time().Add(time.Millisecond))
	if last, _ := before(t.byAdded.Cursor(), next); bytes.Compare(added[:], last) <= 0 {
		added = link.Timestamp(last).Next()
	}
	return added
}

func (t *transaction) delete(id uuid.UUID) error {
	added := bytes.Clone(t.links.Get(id[:]))
	if added == nil {
		return store.ErrNotFound
	}
	t.changed++
	if err := t.links.Delete(id[:]); err != nil {
		return err
	}
	return t.byAdded.Delete(added)
}
