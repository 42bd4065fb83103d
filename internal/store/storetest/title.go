package storetest

import (
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
