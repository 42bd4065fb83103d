package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"links/internal/link"
	"links/internal/store"
)

// full returns link number i with a title, tags and a note.
func full(t *testing.T, i int) link.Link {
	t.Helper()
	l := tagged(t, i, "first", "second")
	l.Title, l.Note = fmt.Sprintf("Title %d", i), fmt.Sprintf("note\n%d", i)
	return l
}

// wantStored reports an error unless the store contains exactly these links,
// newest first: Get and List must return them.
func wantStored(t *testing.T, s store.Store, want ...link.Link) {
	t.Helper()
	WantLinks(t, List(t, s, link.Timestamp{}, 1000), want...)
	for _, l := range want {
		got, err := s.Get(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		WantLinks(t, []link.Link{got}, l)
	}
}

func mergedInBatch(t *testing.T, s store.Store) {
	withTags := func(l link.Link, tags ...string) link.Link {
		l.Tags = tagsOf(t, tags...)
		return l
	}
	Put(t, s,
		Link(t, 1), titled(t, 2, "Two"), tagged(t, 1, "b"), noted(t, 1, "one"),
		withTags(titled(t, 1, "One"), "B", "a"), titled(t, 2, "2"), withTags(noted(t, 1, "1"), "a", "c"),
		titled(t, 1, "1"))
	one := withTags(titled(t, 1, "One"), "b", "a", "c")
	one.Note = "one"
	wantStored(t, s, one, titled(t, 2, "Two"))
}

func filledInByBatch(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1), titled(t, 2, "Two"), tagged(t, 3, "SECOND"), noted(t, 4, "four"))
	Put(t, s, full(t, 0), full(t, 1), full(t, 2), full(t, 3), full(t, 4))
	two, three, four := full(t, 2), full(t, 3), full(t, 4)
	two.Title = "Two"
	three.Tags = "SECOND,first"
	four.Note = "four"
	wantStored(t, s, full(t, 0), full(t, 1), two, three, four)
	Put(t, s, full(t, 0), Link(t, 1), tagged(t, 2, "second"), full(t, 3), full(t, 4))
	wantStored(t, s, full(t, 0), full(t, 1), two, three, four)
}

func fillInIsAtomic(t *testing.T, s store.Store) {
	for i := range 20 {
		before := Link(t, i)
		if i%2 == 1 {
			before.Tags = "existing"
		}
		Put(t, s, before)
		readDuring(t, s, before, before.FillIn(full(t, i)), func() error { return s.Put(t.Context(), full(t, i)) })
	}
}

// readDuring reads a link until write has returned. It reports an error if the
// link differs both from before and from after.
func readDuring(t *testing.T, s store.Store, before, after link.Link, write func() error) {
	t.Helper()
	var readers sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 2 {
		readers.Go(func() {
			for ctx.Err() == nil {
				got, err := s.Get(t.Context(), before.ID)
				if got.Added = before.Added; err != nil || got != before && got != after {
					t.Errorf("Get during a write: got %v, %v, want %v or %v", got, err, before, after)
				}
			}
		})
	}
	err := write()
	cancel()
	readers.Wait()
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), before.ID)
	if err != nil {
		t.Fatal(err)
	}
	WantLinks(t, []link.Link{got}, after)
}
