package boltstore

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

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
	if n := len(storetest.List(t, s, uuid.Nil, 1000)); n != 100 {
		t.Errorf("List gives %d links, want 100", n)
	}
}

func TestALoneWriteIsOneCommit(t *testing.T) {
	s := open(t, newPath(t))
	for i := range 5 {
		before := commits(t, s)
		storetest.Put(t, s, link(i))
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
	if got := storetest.List(t, s, uuid.Nil, 2000); !slices.EqualFunc(got, want, func(a, b store.Link) bool { return a.ID == b.ID }) {
		t.Errorf("the list is %.500v, want the first link first", got)
	}
}

func TestLaterWritesOfACommitAreNewer(t *testing.T) {
	s := open(t, newPath(t))
	putTogether(t, s, 20, 3)
	var want []store.Link
	for i := range 20 {
		want = append(links(3*i, 3), want...)
	}
	if got := storetest.List(t, s, uuid.Nil, 100); !slices.EqualFunc(got, want, func(a, b store.Link) bool { return a.ID == b.ID }) {
		t.Errorf("the list is %v, want the last write first", got)
	}
}

func TestAWriteThatChangesNothingWritesNothing(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, links(0, 3)...)
	before := commits(t, s)
	storetest.Put(t, s, links(0, 3)...)
	storetest.Put(t, s)
	if err := s.Delete(t.Context(), link(9).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Delete = %v, want ErrNotFound", err)
	}
	if n := commits(t, s) - before; n != 0 {
		t.Errorf("they took %d commits, want none", n)
	}
}

func TestLinksStoredAfterTheClockWasSetBackAreTheNewest(t *testing.T) {
	s := open(t, newPath(t))
	ahead := link(0)
	ahead.Added = uuid.Must(uuid.NewV7())
	head := binary.BigEndian.Uint64(ahead.Added[:8])
	binary.BigEndian.PutUint64(ahead.Added[:8], head+3_600_000<<16) // an hour
	must(t, s.db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(
			tx.Bucket([]byte(linksBucket)).Put(ahead.ID[:], ahead.Added[:]),
			tx.Bucket([]byte(byAddedBucket)).Put(ahead.Added[:], append(ahead.ID[:], ahead.URL...)))
	}))

	storetest.Put(t, s, links(1, 1000)...)
	storetest.Put(t, s, link(2000))
	want := slices.Concat(links(2000, 1), links(1, 1000), links(0, 1))
	got := storetest.List(t, s, uuid.Nil, 2000)
	if !slices.EqualFunc(got, want, func(a, b store.Link) bool { return a.ID == b.ID }) {
		t.Fatalf("the list is %.500v, want the links stored last first", got)
	}
	for _, l := range got {
		if l.Added.Version() != 7 || l.Added.Variant() != uuid.RFC4122 {
			t.Fatalf("Added is %s, want a UUIDv7", l.Added)
		}
		// 1,001 times after an hour ahead: 4,096 of them are a millisecond
		if d := l.AddedAt().Sub(ahead.AddedAt()).Milliseconds(); d < 0 || d > 1 {
			t.Fatalf("AddedAt is %v ms after the greatest before, want 0 or 1", d)
		}
	}
}

func TestAWaiterWhoseContextEndsReturnsAtOnceAndChangesNothing(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, link(1))
	release := holdDisk(t, s)
	for i, write := range []func(context.Context) error{
		func(ctx context.Context) error { return s.Put(ctx, link(2)) },
		func(ctx context.Context) error { return s.Delete(ctx, link(1).ID) },
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
	storetest.Put(t, s, link(3))
	if got := storetest.List(t, s, uuid.Nil, 10); len(got) != 2 || got[0].ID != link(3).ID || got[1].ID != link(1).ID {
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
	if n := len(storetest.List(t, open(t, path), uuid.Nil, 1000)); n != 2*maxCommitLinks {
		t.Errorf("List gives %d links, want the %d of the Put that was under way", n, 2*maxCommitLinks)
	}
}

func TestAfterAPanicInACommitTheStoreReadsAndFailsForGood(t *testing.T) {
	s, err := Open(newPath(t))
	must(t, err)
	storetest.Put(t, s, link(1))
	broken := newRequest(t.Context(), 1, func(tx *transaction) error {
		must(t, tx.put(links(2, 1)))
		panic("a damaged page")
	})
	s.queue <- broken
	if err := <-broken.done; err == nil {
		t.Error("the panic is no error")
	}
	_, titleErr := s.SetTitle(t.Context(), link(1).ID, "One")
	for name, err := range map[string]error{
		"Put":      s.Put(t.Context(), link(3)),
		"SetTitle": titleErr,
		"Delete":   s.Delete(t.Context(), link(1).ID),
		"Ready":    s.Ready(t.Context()),
	} {
		if err == nil || errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "a damaged page") {
			t.Errorf("%s = %v, want a fault with the panic", name, err)
		}
	}
	if got := storetest.List(t, s, uuid.Nil, 10); len(got) != 1 || got[0].ID != link(1).ID {
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
