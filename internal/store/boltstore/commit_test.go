package boltstore

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/storetest"
)

func TestCommitter_QueuedWritesShareCommit(t *testing.T) {
	s := open(t, newPath(t))
	before := commits(t, s)
	putTogether(t, s, 50, 2)
	if n := commits(t, s) - before; n != 1 {
		t.Errorf("50 queued writes: got %d commits, want 1", n)
	}
	if n := len(storetest.List(t, s, link.Timestamp{}, 1000)); n != 100 {
		t.Errorf("List: got %d links, want 100", n)
	}
}

func TestCommitter_SingleWriteIsOneCommit(t *testing.T) {
	s := open(t, newPath(t))
	for i := range 5 {
		before := commits(t, s)
		storetest.Put(t, s, storetest.Link(t, i))
		if n := commits(t, s) - before; n != 1 {
			t.Errorf("one write: got %d commits, want 1", n)
		}
	}
}

func TestCommitter_LimitsCommitSize(t *testing.T) {
	s := open(t, newPath(t))
	before := commits(t, s)
	putTogether(t, s, 12, maxCommitLinks/2)
	if n := commits(t, s) - before; n != 6 {
		t.Errorf("12 batches of %d links: got %d commits, want 6", maxCommitLinks/2, n)
	}
}

func TestPut_SplitsLargeBatch(t *testing.T) {
	s := open(t, newPath(t))
	before := commits(t, s)
	want := storetest.Links(t, 0, 3*maxCommitLinks+1)
	storetest.Put(t, s, append(storetest.Links(t, 0, 3*maxCommitLinks+1), storetest.Links(t, 0, maxCommitLinks)...)...)
	if n := commits(t, s) - before; n != 4 {
		t.Errorf("Put of %d links: got %d commits, want 4", len(want), n)
	}
	if got := storetest.List(t, s, link.Timestamp{}, 2000); !sameIDs(got, want) {
		t.Errorf("List: got %.500v, want the first link first", got)
	}
}

func TestCommitter_LaterWritesAreNewer(t *testing.T) {
	s := open(t, newPath(t))
	putTogether(t, s, 20, 3)
	var want []link.Link
	for i := range 20 {
		want = append(storetest.Links(t, 3*i, 3), want...)
	}
	if got := storetest.List(t, s, link.Timestamp{}, 100); !sameIDs(got, want) {
		t.Errorf("List: got %v, want the last write first", got)
	}
}

func TestCommitter_NoChangeNoCommit(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, storetest.Links(t, 0, 3)...)
	before := commits(t, s)
	storetest.Put(t, s, storetest.Links(t, 0, 3)...)
	storetest.Put(t, s)
	if err := s.Delete(t.Context(), storetest.Link(t, 9).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Delete: got %v, want ErrNotFound", err)
	}
	if n := commits(t, s) - before; n != 0 {
		t.Errorf("writes without a change: got %d commits, want none", n)
	}
}

func TestPut_AfterLinkInFuture(t *testing.T) {
	s := open(t, newPath(t))
	insert(t, s, 0, link.TimestampAt(time.Now().Add(time.Hour)))
	begin := time.Now().Truncate(time.Millisecond)
	storetest.Put(t, s, storetest.Links(t, 1, 1000)...)
	storetest.Put(t, s, storetest.Link(t, 2000))
	want := slices.Concat(storetest.Links(t, 0, 1), storetest.Links(t, 2000, 1), storetest.Links(t, 1, 1000))
	got := storetest.List(t, s, link.Timestamp{}, 2000)
	if !sameIDs(got, want) {
		t.Fatalf("List: got %.500v, want the link in the future, then the others, last stored first", got)
	}
	for _, l := range got[1:] {
		if at := l.Added.Time(); at.Before(begin) || at.After(time.Now()) {
			t.Fatalf("Added: got %v, want the time of storing, after %v", at, begin)
		}
	}
}

func TestPut_OneDateAfterClockSetBack(t *testing.T) {
	s := open(t, newPath(t))
	date := time.UnixMilli(1_600_000_000_000)
	// The clock of the process that stored this link was an hour ahead.
	ahead := new(link.Clock).Stamp(link.TimestampAt(date))
	binary.BigEndian.PutUint64(ahead[8:], binary.BigEndian.Uint64(ahead[8:])+3_600_000<<20)
	insert(t, s, 0, ahead)
	insert(t, s, 1, link.TimestampAt(date.Add(time.Millisecond)))

	want := append(storetest.Links(t, 1, 1), storetest.Links(t, 0, 1)...)
	for i := 2; i < 12; i += 2 {
		batch := storetest.Links(t, i, 2)
		for j := range batch {
			batch[j].Added = link.TimestampAt(date)
		}
		storetest.Put(t, s, batch...)
		want = slices.Insert(want, 1, batch...)
	}
	got := storetest.List(t, s, link.Timestamp{}, 100)
	if !sameIDs(got, want) {
		t.Fatalf("List: got %v, want the links of %v, last stored first", got, date)
	}
	for _, l := range got[1:] {
		id := uuid.UUID(l.Added)
		if !l.Added.Time().Equal(date) || id.Version() != 7 || id.Variant() != uuid.RFC4122 {
			t.Errorf("Added: got %v with the time %v, want a UUID version 7 with %v", l.Added, l.Added.Time(), date)
		}
	}
}

func TestCommit_ErrNotFoundOfOneRequest(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, storetest.Link(t, 0))
	release := holdDisk(t, s)
	writes := []func() error{
		func() error { return s.Put(t.Context(), storetest.Link(t, 1)) },
		func() error { return s.Delete(t.Context(), storetest.Link(t, 9).ID) },
		func() error { return s.Put(t.Context(), storetest.Link(t, 2)) },
		func() error {
			_, err := s.Update(t.Context(), storetest.Link(t, 9).ID, link.Changes{Title: new("Nine")})
			return err
		},
		func() error { return s.Delete(t.Context(), storetest.Link(t, 0).ID) },
	}
	errs := make([]error, len(writes))
	var running sync.WaitGroup
	for i, write := range writes {
		running.Go(func() { errs[i] = write() })
		waitForQueue(s, i+1)
	}
	before := commits(t, s)
	release()
	running.Wait()
	if n := commits(t, s) - before; n != 1 {
		t.Fatalf("queued writes: got %d commits, want 1", n)
	}
	for i, err := range errs {
		if missing := i%2 == 1; errors.Is(err, store.ErrNotFound) != missing || !missing && err != nil {
			t.Errorf("write %d: got %v, want ErrNotFound: %v", i, err, missing)
		}
	}
	storetest.WantLinks(t, storetest.List(t, s, link.Timestamp{}, 10), storetest.Link(t, 2), storetest.Link(t, 1))
}

// The following tests use the fake clock of synctest: only sleeps take time.
const (
	slowDisk = 20 * time.Millisecond // duration of a commit
	client   = time.Millisecond      // from a response to the client's next request
)

func TestCommitter_WaitsForWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSlow(t, slowDisk)
		const writers, puts = 8, 10
		before := commits(t, s)
		var running sync.WaitGroup
		for w := range writers {
			running.Go(func() {
				for i := range puts {
					storetest.Put(t, s, storetest.Link(t, puts*w+i))
					time.Sleep(client)
				}
			})
		}
		running.Wait()
		// The first commit contains one write or more, all others one of each
		// writer.
		if n := commits(t, s) - before; n > puts+1 {
			t.Errorf("%d writers of %d links each: got %d commits, want at most %d", writers, puts, n, puts+1)
		}
	})
}

func TestCommitter_WaitEnds(t *testing.T) {
	for commit, wait := range map[time.Duration]time.Duration{
		4 * time.Millisecond: 2 * time.Millisecond, // half a commit
		time.Second:          maxPatience,
	} {
		t.Run(commit.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openSlow(t, commit)
				var running sync.WaitGroup
				running.Go(func() { storetest.Put(t, s, storetest.Link(t, 0)) })
				synctest.Wait()
				for i := range 2 { // during the first commit, so that they share the second
					running.Go(func() { storetest.Put(t, s, storetest.Link(t, 1+i)) })
				}
				running.Wait()
				start := time.Now()
				storetest.Put(t, s, storetest.Link(t, 10)) // the other writer does not write again
				if took := time.Since(start); took != wait+commit {
					t.Errorf("write after a commit of two writers: took %v, want %v and %v", took, wait, commit)
				}
				start = time.Now()
				storetest.Put(t, s, storetest.Link(t, 11))
				if took := time.Since(start); took != commit {
					t.Errorf("write after a commit of one writer: took %v, want %v", took, commit)
				}
			})
		})
	}
}

// openSlow returns a new Store whose commits take the given time.
func openSlow(t *testing.T, commit time.Duration) *Store {
	t.Helper()
	s, err := Open(Config{Path: newPath(t), OnCommit: func(int, time.Duration) { time.Sleep(commit) }})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func TestCommitError_DiskOrQuotaFull(t *testing.T) {
	for _, err := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		failed := commitError(&os.PathError{Op: "write", Path: "links.db", Err: err})
		if !errors.Is(failed, store.ErrUnavailable) || !errors.Is(failed, err) {
			t.Errorf("commitError(%v): got %v, want ErrUnavailable", err, failed)
		}
	}
	if failed := commitError(syscall.EIO); errors.Is(failed, store.ErrUnavailable) || !errors.Is(failed, syscall.EIO) {
		t.Errorf("commitError(%v): got %v, want only this error", syscall.EIO, failed)
	}
}

func TestWrite_ContextEndsInQueue(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, storetest.Link(t, 1))
	release := holdDisk(t, s)
	for i, write := range []func(context.Context) error{
		func(ctx context.Context) error { return s.Put(ctx, storetest.Link(t, 2)) },
		func(ctx context.Context) error { return s.Delete(ctx, storetest.Link(t, 1).ID) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() { result <- write(ctx) }()
		waitForQueue(s, i+1)
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("write %d: got %v, want context.Canceled", i, err)
		}
	}
	release()
	storetest.Put(t, s, storetest.Link(t, 3))
	storetest.WantLinks(t, storetest.List(t, s, link.Timestamp{}, 10), storetest.Link(t, 3), storetest.Link(t, 1))
}

func TestClose_WaitsForWritesInFlight(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	release := holdDisk(t, s)
	written, closed := make(chan error), make(chan error)
	go func() { written <- s.Put(t.Context(), storetest.Links(t, 0, 2*maxCommitLinks)...) }()
	waitForQueue(s, 1)
	go func() { closed <- s.Close() }()
	release()
	must(t, <-written)
	must(t, <-closed)
	select {
	case <-s.stopped:
	default:
		t.Error("the committer still runs after Close")
	}
	if n := len(storetest.List(t, open(t, path), link.Timestamp{}, 1000)); n != 2*maxCommitLinks {
		t.Errorf("List: got %d links, want the %d of the Put in flight", n, 2*maxCommitLinks)
	}
}

func TestCommit_Panic(t *testing.T) {
	s, err := Open(Config{Path: newPath(t)})
	must(t, err)
	storetest.Put(t, s, storetest.Link(t, 1))
	panics := newRequest(t.Context(), 1, func(tx *transaction) error {
		must(t, tx.put(storetest.Links(t, 2, 1)))
		panic("a corrupt page")
	})
	s.queue <- panics
	if err := <-panics.done; err == nil {
		t.Error("request that panics: got no error, want one")
	}
	_, titleErr := s.Update(t.Context(), storetest.Link(t, 1).ID, link.Changes{Title: new("One")})
	for name, err := range map[string]error{
		"Put":    s.Put(t.Context(), storetest.Link(t, 3)),
		"Update": titleErr,
		"Delete": s.Delete(t.Context(), storetest.Link(t, 1).ID),
		"Ready":  s.Ready(t.Context()),
	} {
		internal := err != nil && !errors.Is(err, store.ErrUnavailable)
		if !internal || !strings.Contains(err.Error(), "a corrupt page") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want an internal error of one line with the panic", name, err)
		}
	}
	if got := storetest.List(t, s, link.Timestamp{}, 10); len(got) != 1 || got[0].ID != storetest.Link(t, 1).ID {
		t.Errorf("List: got %v, want nothing of the commit that panicked", got)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: got %v", err)
	}
}

// commits returns the number of the last commit.
func commits(t *testing.T, s *Store) (id int) {
	t.Helper()
	must(t, s.db.View(func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	}))
	return id
}

// holdDisk blocks the committer, so that all writes queue, until release is
// called.
func holdDisk(t *testing.T, s *Store) (release func()) {
	t.Helper()
	tx, err := s.db.Begin(true)
	must(t, err)
	// This request counts as a full commit, so it does not share it. It changes
	// nothing.
	s.queue <- newRequest(t.Context(), maxCommitLinks, func(*transaction) error { return nil })
	waitForQueue(s, 0)
	return func() { must(t, tx.Rollback()) }
}

func waitForQueue(s *Store, n int) {
	for len(s.queue) != n {
		time.Sleep(time.Millisecond)
	}
}

// putTogether queues batches of the given size in their order, each from its
// own goroutine, while the committer is blocked.
func putTogether(t *testing.T, s *Store, batches, size int) {
	t.Helper()
	release := holdDisk(t, s)
	results := make(chan error)
	for i := range batches {
		go func() { results <- s.Put(t.Context(), storetest.Links(t, size*i, size)...) }()
		waitForQueue(s, i+1)
	}
	release()
	for range batches {
		must(t, <-results)
	}
}
