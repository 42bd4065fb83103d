package boltstore

import (
	"encoding/binary"
	"errors"
	"slices"
	"sync"
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
