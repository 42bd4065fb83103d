package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"links/internal/store"
)

func titled(t *testing.T, i int, title string) store.Link {
	l := link(t, i)
	l.Title = title
	return l
}

func titleByteForByte(t *testing.T, s store.Store) {
	titles := []string{
		"A page", `"quoted" <b>&amp;</b> 'é' \n`, "\u00a0日本語 😀\u2028", "null", strings.Repeat("x", store.MaxTitleBytes), strings.Repeat("é", store.MaxTitleBytes/2), "",
	}
	var want []store.Link
	for i, title := range titles {
		want = slices.Insert(want, 0, titled(t, i, title))
		put(t, s, want[0])
	}
	wantLinks(t, list(t, s, uuid.Nil, 10), want...)
	for _, l := range want {
		got, err := s.Get(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		wantLinks(t, []store.Link{got}, l)
	}
}

func titleFilledIn(t *testing.T, s store.Store) {
	put(t, s, link(t, 1))
	put(t, s, link(t, 2))
	before := list(t, s, uuid.Nil, 10)
	put(t, s, titled(t, 1, "One"))
	after := list(t, s, uuid.Nil, 10)
	wantLinks(t, after, link(t, 2), titled(t, 1, "One"))
	if after[1].Added != before[1].Added {
		t.Error("the link has got another Added")
	}
	for _, other := range []store.Link{link(t, 1), titled(t, 1, "Another"), {ID: link(t, 1).ID, URL: "https://EXAMPLE.com/1", Title: "Another"}} {
		put(t, s, other)
		wantLinks(t, list(t, s, uuid.Nil, 10), after...)
	}
}

func firstTitleOfABatch(t *testing.T, s store.Store) {
	put(t, s, link(t, 1), titled(t, 2, "Two"), titled(t, 1, "One"), titled(t, 2, "2"), titled(t, 1, "1"))
	wantLinks(t, list(t, s, uuid.Nil, 10), titled(t, 1, "One"), titled(t, 2, "Two"))
}

func raceTitles(t *testing.T, s store.Store) {
	put(t, s, link(t, 0))
	titles := []string{"a", "b", "c", "d"}
	inParallel(t, 64, func(i int) error { return s.Put(t.Context(), titled(t, 0, titles[i%len(titles)])) })
	got := list(t, s, uuid.Nil, 10)
	if len(got) != 1 || !slices.Contains(titles, got[0].Title) {
		t.Fatalf("List = %v, want one link with one of the titles", got)
	}
	one, err := s.Get(t.Context(), got[0].ID)
	if err != nil || one != got[0] {
		t.Errorf("Get = %v, %v, List has %v", one, err, got[0])
	}
}

// setTitle changes a title and holds Get and List to what is answered.
func setTitle(t *testing.T, s store.Store, i int, title string) {
	t.Helper()
	changed, err := s.SetTitle(t.Context(), link(t, i).ID, title)
	if err != nil {
		t.Fatal(err)
	}
	wantLinks(t, []store.Link{changed}, titled(t, i, title))
	got, err := s.Get(t.Context(), changed.ID)
	if err != nil || got != changed {
		t.Errorf("Get = %v, %v, want %v", got, err, changed)
	}
	if !slices.Contains(list(t, s, uuid.Nil, 10), changed) {
		t.Errorf("List has no %v", changed)
	}
}

func titleChanged(t *testing.T, s store.Store) {
	put(t, s, titled(t, 1, "One"), link(t, 2))
	before := list(t, s, uuid.Nil, 10)
	for _, title := range []string{"Uno", "Uno", strings.Repeat("é", store.MaxTitleBytes/2), "", "", "One"} {
		setTitle(t, s, 1, title)
	}
	if after := list(t, s, uuid.Nil, 10); !slices.Equal(after, before) {
		t.Errorf("List = %v, want it as it was: %v", after, before)
	}
	setTitle(t, s, 2, "Two")
	setTitle(t, s, 2, "")
	put(t, s, titled(t, 2, "Filled in"))
	wantLinks(t, list(t, s, uuid.Nil, 10), titled(t, 1, "One"), titled(t, 2, "Filled in"))
}

func titleOfNoLink(t *testing.T, s store.Store) {
	put(t, s, link(t, 1))
	for _, title := range []string{"Two", ""} {
		if got, err := s.SetTitle(t.Context(), link(t, 2).ID, title); !errors.Is(err, store.ErrNotFound) || got != (store.Link{}) {
			t.Errorf("SetTitle = %v, %v, want ErrNotFound", got, err)
		}
	}
	wantLinks(t, list(t, s, uuid.Nil, 10), link(t, 1))
}

func titleGoesWithItsLink(t *testing.T, s store.Store) {
	put(t, s, titled(t, 1, "One"))
	if err := s.Delete(t.Context(), link(t, 1).ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetTitle(t.Context(), link(t, 1).ID, "Uno"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("SetTitle = %v, want ErrNotFound", err)
	}
	put(t, s, link(t, 1))
	wantLinks(t, list(t, s, uuid.Nil, 10), link(t, 1))
}
