package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"links/internal/store"
)

func emptyStore(t *testing.T, s store.Store) {
	wantLinks(t, list(t, s, uuid.Nil, 10))
	if _, err := s.Get(t.Context(), link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get = %v, want ErrNotFound", err)
	}
	if err := s.Delete(t.Context(), link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Delete = %v, want ErrNotFound", err)
	}
}

func newestFirst(t *testing.T, s store.Store) {
	var want []store.Link
	for i := 0; i < 1000; {
		// single links and small batches take turns
		n := min(1+i%97, 1000-i)
		batch := links(t, i, n)
		put(t, s, batch...)
		want = append(slices.Clone(batch), want...)
		i += n
	}
	got := list(t, s, uuid.Nil, 2000)
	wantLinks(t, got, want...)
	wantDescending(t, got)
}

func pagesOfEverySize(t *testing.T, s store.Store) {
	want := links(t, 0, 20)
	put(t, s, want...)
	for size := 1; size <= 7; size++ {
		wantLinks(t, walk(t, s, size, nil), want...)
	}
	wantLinks(t, list(t, s, uuid.Nil, 20), want...)
	wantLinks(t, list(t, s, uuid.Nil, 21), want...)
}

func walkWhileOthersWrite(t *testing.T, s store.Store) {
	stay, leave := links(t, 0, 20), links(t, 100, 20)
	for i := range stay {
		put(t, s, stay[i], leave[i])
	}
	added := 1000
	got := walk(t, s, 3, func(page int) {
		put(t, s, link(t, added), link(t, added+1))
		added += 2
		if page < len(leave) {
			if err := s.Delete(t.Context(), leave[page].ID); err != nil {
				t.Fatal(err)
			}
		}
	})
	wantEachOnce(t, got, stay)
}

func cursorOfDeletedLink(t *testing.T, s store.Store) {
	all := links(t, 0, 6)
	put(t, s, all...)
	page := list(t, s, uuid.Nil, 3)
	if err := s.Delete(t.Context(), page[2].ID); err != nil {
		t.Fatal(err)
	}
	wantLinks(t, list(t, s, page[2].Added, 10), all[3:]...)
}

func listFromAbove(t *testing.T, s store.Store) {
	all := links(t, 0, 3)
	put(t, s, all...)
	newest := list(t, s, uuid.Nil, 1)[0]
	if err := s.Delete(t.Context(), newest.ID); err != nil {
		t.Fatal(err)
	}
	for _, after := range []uuid.UUID{newest.Added, uuid.Max} {
		wantLinks(t, list(t, s, after, 10), all[1:]...)
	}
}

func listStopsEarly(t *testing.T, s store.Store) {
	put(t, s, links(t, 0, 50)...)
	n := 0
	for _, err := range s.List(t.Context(), uuid.Nil, 50) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	// what the broken-off walk held is free again: writes and Close go through
	put(t, s, link(t, 100))
	wantLinks(t, list(t, s, uuid.Nil, 0))
}

func callsWithinList(t *testing.T, s store.Store) {
	all := links(t, 0, 200)
	put(t, s, all...)
	var got []store.Link
	for l, err := range s.List(t.Context(), uuid.Nil, len(all)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
		if len(got)%20 != 0 {
			continue
		}
		put(t, s, link(t, 1000+len(got)))
		if found, err := s.Get(t.Context(), l.ID); err != nil || found != l {
			t.Errorf("Get = %v, %v, want %v", found, err, l)
		}
		if _, err := s.SetTitle(t.Context(), link(t, 1000+len(got)).ID, "new"); err != nil {
			t.Error(err)
		}
		if err := s.Delete(t.Context(), l.ID); err != nil {
			t.Error(err)
		}
		list(t, s, uuid.Nil, 10)
	}
	wantLinks(t, got, all...)
}

func listTwice(t *testing.T, s store.Store) {
	put(t, s, links(t, 0, 3)...)
	sequence := s.List(t.Context(), uuid.Nil, 10)
	for _, want := range [][]store.Link{links(t, 0, 3), append(links(t, 3, 1), links(t, 0, 3)...)} {
		got, err := collect(sequence)
		if err != nil {
			t.Fatal(err)
		}
		wantLinks(t, got, want...)
		put(t, s, link(t, 3))
	}
}

func listEndsWithContext(t *testing.T, s store.Store) {
	put(t, s, links(t, 0, 1000)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, ended := 0, error(nil)
	for l, err := range s.List(ctx, uuid.Nil, 1000) {
		if ended != nil {
			t.Fatalf("after the error come %v, %v", l, err)
		}
		if err != nil && l != (store.Link{}) {
			t.Errorf("with the error comes %v", l)
		}
		if ended = err; err == nil {
			n++
		}
		if n == 5 {
			cancel()
		}
	}
	if !errors.Is(ended, context.Canceled) || n == 1000 {
		t.Errorf("after %d links it ends with %v, want context.Canceled before the 1,000", n, ended)
	}
}
