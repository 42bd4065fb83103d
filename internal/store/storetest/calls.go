package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"links/internal/link"
	"links/internal/store"
)

func canceledContext(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"Put":    s.Put(ctx, Link(t, 2)),
		"Get":    errOf(s.Get(ctx, Link(t, 1).ID)),
		"Delete": s.Delete(ctx, Link(t, 1).ID),
		"Update": errOf(s.Update(ctx, Link(t, 1).ID, link.Changes{Title: new("One")})),
		"List":   errOf(Collect(s.List(ctx, link.Position{}, 10))),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
	}
	WantLinks(t, List(t, s, link.Timestamp{}, 10), Link(t, 1))
}

func passedDeadline(t *testing.T, s store.Store) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for name, err := range map[string]error{
		"Put":    s.Put(ctx, Link(t, 2)),
		"Get":    errOf(s.Get(ctx, Link(t, 1).ID)),
		"Update": errOf(s.Update(ctx, Link(t, 1).ID, link.Changes{Title: new("One")})),
		"Delete": s.Delete(ctx, Link(t, 1).ID),
		"List":   errOf(Collect(s.List(ctx, link.Position{}, 10))),
	} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want context.DeadlineExceeded", name, err)
		}
	}
}

func callerOwnsValues(t *testing.T, s store.Store) {
	want := []link.Link{full(t, 0), Link(t, 1), full(t, 2)}
	batch := slices.Clone(want)
	Put(t, s, batch...)
	WantLinks(t, batch, want...)
	clear(batch)
	first := List(t, s, link.Timestamp{}, 10)
	for i := range 200 {
		Put(t, s, Link(t, 100+i))
	}
	if err := s.Delete(t.Context(), want[0].ID); err != nil {
		t.Fatal(err)
	}
	WantLinks(t, first, want...)
}

func ready(t *testing.T, s store.Store) {
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func afterClose(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"Put":    s.Put(t.Context(), Link(t, 2)),
		"Get":    errOf(s.Get(t.Context(), Link(t, 1).ID)),
		"Update": errOf(s.Update(t.Context(), Link(t, 1).ID, link.Changes{Title: new("One")})),
		"Delete": s.Delete(t.Context(), Link(t, 1).ID),
		"List":   errOf(Collect(s.List(t.Context(), link.Position{}, 10))),
		"Ready":  s.Ready(t.Context()),
		"Close":  s.Close(),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", name, err)
		}
	}
}

func listAtClose(t *testing.T, s store.Store) {
	Put(t, s, Links(t, 0, 1500)...)
	var ended error
	for _, err := range s.List(t.Context(), link.Position{}, 1500) {
		if err != nil {
			ended = err
			break
		}
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Fatal(err)
		}
	}
	if !errors.Is(ended, store.ErrClosed) {
		t.Errorf("end of List: got %v, want ErrClosed", ended)
	}
}
