package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
)

func emptyStore(t *testing.T, s store.Store) {
	WantLinks(t, List(t, s, link.Timestamp{}, 10))
	if _, err := s.Get(t.Context(), Link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get: got %v, want ErrNotFound", err)
	}
	if err := s.Delete(t.Context(), Link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Delete: got %v, want ErrNotFound", err)
	}
}

func newestFirst(t *testing.T, s store.Store) {
	var want []link.Link
	for i := 0; i < 1000; {
		// single links and small batches
		n := min(1+i%97, 1000-i)
		batch := Links(t, i, n)
		Put(t, s, batch...)
		want = append(slices.Clone(batch), want...)
		i += n
	}
	got := List(t, s, link.Timestamp{}, 2000)
	WantLinks(t, got, want...)
	wantDescending(t, got)
}

func pagesOfEverySize(t *testing.T, s store.Store) {
	want := Links(t, 0, 20)
	Put(t, s, want...)
	for size := 1; size <= 7; size++ {
		WantLinks(t, Traverse(t, s, size, nil), want...)
	}
	WantLinks(t, List(t, s, link.Timestamp{}, 20), want...)
	WantLinks(t, List(t, s, link.Timestamp{}, 21), want...)
}

func traversalDuringWrites(t *testing.T, s store.Store) {
	stay, leave := Links(t, 0, 20), Links(t, 100, 20)
	for i := range stay {
		Put(t, s, stay[i], leave[i])
	}
	added := 1000
	got := Traverse(t, s, 3, func(page int) {
		Put(t, s, Link(t, added), Link(t, added+1))
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
	all := Links(t, 0, 6)
	Put(t, s, all...)
	page := List(t, s, link.Timestamp{}, 3)
	if err := s.Delete(t.Context(), page[2].ID); err != nil {
		t.Fatal(err)
	}
	WantLinks(t, List(t, s, page[2].Added, 10), all[3:]...)
}

func listFromAboveNewest(t *testing.T, s store.Store) {
	all := Links(t, 0, 3)
	Put(t, s, all...)
	newest := List(t, s, link.Timestamp{}, 1)[0]
	if err := s.Delete(t.Context(), newest.ID); err != nil {
		t.Fatal(err)
	}
	for _, after := range []link.Timestamp{newest.Added, link.Timestamp(uuid.Max)} {
		WantLinks(t, List(t, s, after, 10), all[1:]...)
	}
}

func listStopsEarly(t *testing.T, s store.Store) {
	Put(t, s, Links(t, 0, 50)...)
	n := 0
	for _, err := range s.List(t.Context(), link.Position{}, 50) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	// The iteration has released everything that writes and Close wait for.
	Put(t, s, Link(t, 100))
	WantLinks(t, List(t, s, link.Timestamp{}, 0))
}

func callsWithinList(t *testing.T, s store.Store) {
	all := Links(t, 0, 200)
	Put(t, s, all...)
	var got []link.Link
	for l, err := range s.List(t.Context(), link.Position{}, len(all)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
		if len(got)%20 != 0 {
			continue
		}
		Put(t, s, Link(t, 1000+len(got)))
		if found, err := s.Get(t.Context(), l.ID); err != nil || found != l {
			t.Errorf("Get: got %v, %v, want %v", found, err, l)
		}
		if _, err := s.Update(t.Context(), Link(t, 1000+len(got)).ID, link.Changes{Title: new("new")}); err != nil {
			t.Error(err)
		}
		if err := s.Delete(t.Context(), l.ID); err != nil {
			t.Error(err)
		}
		List(t, s, link.Timestamp{}, 10)
	}
	WantLinks(t, got, all...)
}

func listTwice(t *testing.T, s store.Store) {
	Put(t, s, Links(t, 0, 3)...)
	sequence := s.List(t.Context(), link.Position{}, 10)
	for _, want := range [][]link.Link{Links(t, 0, 3), append(Links(t, 3, 1), Links(t, 0, 3)...)} {
		got, err := Collect(sequence)
		if err != nil {
			t.Fatal(err)
		}
		WantLinks(t, got, want...)
		Put(t, s, Link(t, 3))
	}
}

func listEndsWithContext(t *testing.T, s store.Store) {
	Put(t, s, Links(t, 0, 1000)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, ended := 0, error(nil)
	for l, err := range s.List(ctx, link.Position{}, 1000) {
		if ended != nil {
			t.Fatalf("List: got %v, %v after an error, want the end", l, err)
		}
		if err != nil && l != (link.Link{}) {
			t.Errorf("List: got %v with an error, want the zero Link", l)
		}
		if ended = err; err == nil {
			n++
		}
		if n == 5 {
			cancel()
		}
	}
	if !errors.Is(ended, context.Canceled) || n == 1000 {
		t.Errorf("List: got %v after %d links, want context.Canceled before 1,000", ended, n)
	}
}
