package boltstore

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/storetest"
)

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
	wantBroken(t, s, "a corrupt page")
	if got := storetest.List(t, s, link.Timestamp{}, 10); len(got) != 1 || got[0].ID != storetest.Link(t, 1).ID {
		t.Errorf("List: got %v, want nothing of the commit that panicked", got)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: got %v", err)
	}
}
