package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"links/internal/link"
	"links/internal/store"
)

func titled(t *testing.T, i int, title string) link.Link {
	l := Link(t, i)
	l.Title = title
	return l
}

func titleByteForByte(t *testing.T, s store.Store) {
	titles := []string{
		"A page", `"quoted" <b>&amp;</b> 'é' \n`, "\u00a0日本語 😀\u2028", "null",
		strings.Repeat("x", link.MaxTitleBytes), strings.Repeat("é", link.MaxTitleBytes/2), "",
	}
	var want []link.Link
	for i, title := range titles {
		want = slices.Insert(want, 0, titled(t, i, title))
		Put(t, s, want[0])
	}
	WantLinks(t, List(t, s, link.Timestamp{}, 10), want...)
	for _, l := range want {
		got, err := s.Get(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		WantLinks(t, []link.Link{got}, l)
	}
}

func titleFilledIn(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	Put(t, s, Link(t, 2))
	before := List(t, s, link.Timestamp{}, 10)
	Put(t, s, titled(t, 1, "One"))
	after := List(t, s, link.Timestamp{}, 10)
	WantLinks(t, after, Link(t, 2), titled(t, 1, "One"))
	if after[1].Added != before[1].Added {
		t.Errorf("Added: got %v, want it unchanged: %v", after[1].Added, before[1].Added)
	}
	for _, other := range []link.Link{
		Link(t, 1), titled(t, 1, "Another"), {ID: Link(t, 1).ID, URL: "https://EXAMPLE.com/1", Title: "Another"},
	} {
		Put(t, s, other)
		WantLinks(t, List(t, s, link.Timestamp{}, 10), after...)
	}
}

func firstTitleInBatch(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1), titled(t, 2, "Two"), titled(t, 1, "One"), titled(t, 2, "2"), titled(t, 1, "1"))
	WantLinks(t, List(t, s, link.Timestamp{}, 10), titled(t, 1, "One"), titled(t, 2, "Two"))
}

func raceTitles(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 0))
	titles := []string{"a", "b", "c", "d"}
	concurrently(t, 64, func(i int) error { return s.Put(t.Context(), titled(t, 0, titles[i%len(titles)])) })
	got := List(t, s, link.Timestamp{}, 10)
	if len(got) != 1 || !slices.Contains(titles, got[0].Title) {
		t.Fatalf("List: got %v, want one link with one of the titles", got)
	}
	one, err := s.Get(t.Context(), got[0].ID)
	if err != nil || one != got[0] {
		t.Errorf("Get: got %v, %v, want %v, as from List", one, err, got[0])
	}
}

// setTitle sets a title. Get and List must return the link that Update
// returned.
func setTitle(t *testing.T, s store.Store, i int, title string) {
	t.Helper()
	changed, err := s.Update(t.Context(), Link(t, i).ID, link.Changes{Title: new(title)})
	if err != nil {
		t.Fatal(err)
	}
	WantLinks(t, []link.Link{changed}, titled(t, i, title))
	got, err := s.Get(t.Context(), changed.ID)
	if err != nil || got != changed {
		t.Errorf("Get: got %v, %v, want %v", got, err, changed)
	}
	if !slices.Contains(List(t, s, link.Timestamp{}, 10), changed) {
		t.Errorf("List: got no %v", changed)
	}
}

func titleChanged(t *testing.T, s store.Store) {
	Put(t, s, titled(t, 1, "One"), Link(t, 2))
	before := List(t, s, link.Timestamp{}, 10)
	for _, title := range []string{"Uno", "Uno", strings.Repeat("é", link.MaxTitleBytes/2), "", "", "One"} {
		setTitle(t, s, 1, title)
	}
	if after := List(t, s, link.Timestamp{}, 10); !slices.Equal(after, before) {
		t.Errorf("List: got %v, want it unchanged: %v", after, before)
	}
	setTitle(t, s, 2, "Two")
	setTitle(t, s, 2, "")
	Put(t, s, titled(t, 2, "Filled in"))
	WantLinks(t, List(t, s, link.Timestamp{}, 10), titled(t, 1, "One"), titled(t, 2, "Filled in"))
}

func titleOfMissingLink(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	for _, title := range []string{"Two", ""} {
		got, err := s.Update(t.Context(), Link(t, 2).ID, link.Changes{Title: new(title)})
		if !errors.Is(err, store.ErrNotFound) || got != (link.Link{}) {
			t.Errorf("Update: got %v, %v, want ErrNotFound", got, err)
		}
	}
	WantLinks(t, List(t, s, link.Timestamp{}, 10), Link(t, 1))
}

func titleDeletedWithLink(t *testing.T, s store.Store) {
	Put(t, s, titled(t, 1, "One"))
	if err := s.Delete(t.Context(), Link(t, 1).ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), Link(t, 1).ID, link.Changes{Title: new("Uno")}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Update: got %v, want ErrNotFound", err)
	}
	Put(t, s, Link(t, 1))
	WantLinks(t, List(t, s, link.Timestamp{}, 10), Link(t, 1))
}
