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

func TestWritesThatHaveQueuedShareACommit(t *testing.T) {
	s := open(t, newPath(t))
	before := commits(t, s)
	putTogether(t, s, 50, 2)
	if n := commits(t, s) - before; n != 1 {
		t.Errorf("50 writes took %d commits, want 1", n)
	}
	if n := len(storetest.List(t, s, link.Timestamp{}, 1000)); n != 100 {
		t.Errorf("List gives %d links, want 100", n)
	}
}

func TestALoneWriteIsOneCommit(t *testing.T) {
	s := open(t, newPath(t))
	for i := range 5 {
		before := commits(t, s)
		storetest.Put(t, s, numbered(i))
		if n := commits(t, s) - before; n != 1 {
			t.Errorf("a write took %d commits, want 1", n)
		}
	}
}

func TestAFloodOfBatchesIsNotOneCommit(t *testing.T) {
	s := open(t, newPath(t))
	before := commits(t, s)
	putTogether(t, s, 12, maxCommitLinks/2)
	if n := commits(t, s) - before; n != 6 {
		t.Errorf("12 batches of %d links took %d commits, want 6", maxCommitLinks/2, n)
	}
}

func TestALargePutIsSeveralCommitsAndKeepsItsOrder(t *testing.T) {
	s := open(t, newPath(t))
	before := commits(t, s)
	want := links(0, 3*maxCommitLinks+1)
	storetest.Put(t, s, append(links(0, 3*maxCommitLinks+1), links(0, maxCommitLinks)...)...)
	if n := commits(t, s) - before; n != 4 {
		t.Errorf("a Put of %d links took %d commits, want 4", len(want), n)
	}
	if got := storetest.List(t, s, link.Timestamp{}, 2000); !slices.EqualFunc(got, want, func(a, b link.Link) bool { return a.ID == b.ID }) {
		t.Errorf("the list is %.500v, want the first link first", got)
	}
}

func TestLaterWritesOfACommitAreNewer(t *testing.T) {
	s := open(t, newPath(t))
	putTogether(t, s, 20, 3)
	var want []link.Link
	for i := range 20 {
		want = append(links(3*i, 3), want...)
	}
	if got := storetest.List(t, s, link.Timestamp{}, 100); !slices.EqualFunc(got, want, func(a, b link.Link) bool { return a.ID == b.ID }) {
		t.Errorf("the list is %v, want the last write first", got)
	}
}

func TestAWriteThatChangesNothingWritesNothing(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, links(0, 3)...)
	before := commits(t, s)
	storetest.Put(t, s, links(0, 3)...)
	storetest.Put(t, s)
	if err := s.Delete(t.Context(), numbered(9).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Delete = %v, want ErrNotFound", err)
	}
	if n := commits(t, s) - before; n != 0 {
		t.Errorf("they took %d commits, want none", n)
	}
}

func TestPut_AfterLinkInFuture(t *testing.T) {
	s := open(t, newPath(t))
	insert(t, s, 0, link.TimestampAt(time.Now().Add(time.Hour)))
	begin := time.Now().Truncate(time.Millisecond)
	storetest.Put(t, s, links(1, 1000)...)
	storetest.Put(t, s, numbered(2000))
	want := slices.Concat(links(0, 1), links(2000, 1), links(1, 1000))
	got := storetest.List(t, s, link.Timestamp{}, 2000)
	if !slices.EqualFunc(got, want, func(a, b link.Link) bool { return a.ID == b.ID }) {
		t.Fatalf("the list is %.500v, want the link of the future, and then the links stored last first", got)
	}
	for _, l := range got[1:] {
		if at := l.Added.Time(); at.Before(begin) || at.After(time.Now()) {
			t.Fatalf("AddedAt is %v, want the time of storing, from %v on", at, begin)
		}
	}
}

func TestPut_OneDateAfterClockSetBack(t *testing.T) {
	s := open(t, newPath(t))
	date := time.UnixMilli(1_600_000_000_000)
	// stored by a process whose clock was an hour ahead
	ahead := new(link.Clock).Stamp(link.TimestampAt(date))
	binary.BigEndian.PutUint64(ahead[8:], binary.BigEndian.Uint64(ahead[8:])+3_600_000<<20)
	insert(t, s, 0, ahead)
	insert(t, s, 1, link.TimestampAt(date.Add(time.Millisecond)))

	want := append(links(1, 1), links(0, 1)...)
	for i := 2; i < 12; i += 2 {
		batch := links(i, 2)
		for j := range batch {
			batch[j].Added = link.TimestampAt(date)
		}
		storetest.Put(t, s, batch...)
		want = slices.Insert(want, 1, batch...)
	}
	got := storetest.List(t, s, link.Timestamp{}, 100)
	if !slices.EqualFunc(got, want, func(a, b link.Link) bool { return a.ID == b.ID }) {
		t.Fatalf("the list is %v, want the links of %v stored last first", got, date)
	}
	for _, l := range got[1:] {
		if !l.Added.Time().Equal(date) || uuid.UUID(l.Added).Version() != 7 || uuid.UUID(l.Added).Variant() != uuid.RFC4122 {
			t.Errorf("Added is %v at %v, want a UUID version 7 at %v", l.Added, l.Added.Time(), date)
		}
	}
}

func TestCommit_ErrNotFoundOfOneRequest(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, numbered(0))
	release := holdDisk(t, s)
	writes := []func() error{
		func() error { return s.Put(t.Context(), numbered(1)) },
		func() error { return s.Delete(t.Context(), numbered(9).ID) },
		func() error { return s.Put(t.Context(), numbered(2)) },
		func() error { _, err := s.SetTitle(t.Context(), numbered(9).ID, "Nine"); return err },
		func() error { return s.Delete(t.Context(), numbered(0).ID) },
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
		t.Fatalf("the writes took %d commits, want 1", n)
	}
	for i, err := range errs {
		if missing := i%2 == 1; errors.Is(err, store.ErrNotFound) != missing || !missing && err != nil {
			t.Errorf("write %d = %v", i, err)
		}
	}
	storetest.WantLinks(t, storetest.List(t, s, link.Timestamp{}, 10), numbered(2), numbered(1))
}

// The clock of these tests is the bubble's: a sleep takes as long as it says, and everything else takes no time.
const (
	slowDisk = 20 * time.Millisecond // of one commit
	client   = time.Millisecond      // from a response to the next request of a client
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
					storetest.Put(t, s, numbered(puts*w+i))
					time.Sleep(client)
				}
			})
		}
		running.Wait()
		// The first commit has one writer or more, and each other all of them, up to the last.
		if n := commits(t, s) - before; n > puts+1 {
			t.Errorf("%d writers of %d links each took %d commits, want %d at most", writers, puts, n, puts+1)
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
				running.Go(func() { storetest.Put(t, s, numbered(0)) })
				synctest.Wait()
				for i := range 2 { // during the first commit, so that the second is of both
					running.Go(func() { storetest.Put(t, s, numbered(1+i)) })
				}
				running.Wait()
				start := time.Now()
				storetest.Put(t, s, numbered(10)) // the other writer of the last commit does not write again
				if took := time.Since(start); took != wait+commit {
					t.Errorf("after a commit of two writers one write took %v, want %v and %v", took, wait, commit)
				}
				start = time.Now()
				storetest.Put(t, s, numbered(11))
				if took := time.Since(start); took != commit {
					t.Errorf("after a commit of one writer one write took %v, want %v", took, commit)
				}
			})
		})
	}
}

// openSlow opens a new store each of whose commits takes that long.
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
			t.Errorf("commitError(%v) = %v, want ErrUnavailable", err, failed)
		}
	}
	if failed := commitError(syscall.EIO); errors.Is(failed, store.ErrUnavailable) || !errors.Is(failed, syscall.EIO) {
		t.Errorf("commitError(%v) = %v, want the error alone", syscall.EIO, failed)
	}
}

func TestAWaiterWhoseContextEndsReturnsAtOnceAndChangesNothing(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, numbered(1))
	release := holdDisk(t, s)
	for i, write := range []func(context.Context) error{
		func(ctx context.Context) error { return s.Put(ctx, numbered(2)) },
		func(ctx context.Context) error { return s.Delete(ctx, numbered(1).ID) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() { result <- write(ctx) }()
		waitForQueue(s, i+1)
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("write %d = %v, want context.Canceled", i, err)
		}
	}
	release()
	storetest.Put(t, s, numbered(3))
	if got := storetest.List(t, s, link.Timestamp{}, 10); len(got) != 2 || got[0].ID != numbered(3).ID || got[1].ID != numbered(1).ID {
		t.Errorf("the list is %v, want the cancelled writes to have changed nothing", got)
	}
}

func TestCloseWaitsForWritesThatAreUnderWay(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	release := holdDisk(t, s)
	written, closed := make(chan error), make(chan error)
	go func() { written <- s.Put(t.Context(), links(0, 2*maxCommitLinks)...) }()
	waitForQueue(s, 1)
	go func() { closed <- s.Close() }()
	release()
	must(t, <-written)
	must(t, <-closed)
	select {
	case <-s.stopped:
	default:
		t.Error("the committer runs on after Close")
	}
	if n := len(storetest.List(t, open(t, path), link.Timestamp{}, 1000)); n != 2*maxCommitLinks {
		t.Errorf("List gives %d links, want the %d of the Put that was under way", n, 2*maxCommitLinks)
	}
}

func TestAfterAPanicInACommitTheStoreReadsAndFailsForGood(t *testing.T) {
	s, err := Open(Config{Path: newPath(t)})
	must(t, err)
	storetest.Put(t, s, numbered(1))
	broken := newRequest(t.Context(), 1, func(tx *transaction) error {
		must(t, tx.put(links(2, 1)))
		panic("a damaged page")
	})
	s.queue <- broken
	if err := <-broken.done; err == nil {
		t.Error("the panic is no error")
	}
	_, titleErr := s.SetTitle(t.Context(), numbered(1).ID, "One")
	for name, err := range map[string]error{
		"Put":      s.Put(t.Context(), numbered(3)),
		"SetTitle": titleErr,
		"Delete":   s.Delete(t.Context(), numbered(1).ID),
		"Ready":    s.Ready(t.Context()),
	} {
		if err == nil || errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "a damaged page") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s = %v, want an error of one line with the panic", name, err)
		}
	}
	if got := storetest.List(t, s, link.Timestamp{}, 10); len(got) != 1 || got[0].ID != numbered(1).ID {
		t.Errorf("the list is %v, want nothing of the commit with the panic", got)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}

// commits is the number of the last commit.
func commits(t *testing.T, s *Store) (id int) {
	t.Helper()
	must(t, s.db.View(func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	}))
	return id
}

// holdDisk keeps the committer busy, so that all writes queue, until release is called.
func holdDisk(t *testing.T, s *Store) (release func()) {
	t.Helper()
	tx, err := s.db.Begin(true)
	must(t, err)
	// It has as many links as a commit may have, and so stays alone, and changes none.
	s.queue <- newRequest(t.Context(), maxCommitLinks, func(*transaction) error { return nil })
	waitForQueue(s, 0)
	return func() { must(t, tx.Rollback()) }
}

func waitForQueue(s *Store, n int) {
	for len(s.queue) != n {
		time.Sleep(time.Millisecond)
	}
}

// putTogether puts batches of so many links in their order, each from a goroutine of its own, while the committer is busy.
func putTogether(t *testing.T, s *Store, batches, size int) {
	t.Helper()
	release := holdDisk(t, s)
	results := make(chan error)
	for i := range batches {
		go func() { results <- s.Put(t.Context(), links(size*i, size)...) }()
		waitForQueue(s, i+1)
	}
	release()
	for range batches {
		must(t, <-results)
	}
}
