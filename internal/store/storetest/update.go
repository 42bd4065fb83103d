package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"links/internal/link"
	"links/internal/store"
)

// update changes a link and returns it. Get and List must return the link that
// Update returned.
func update(t *testing.T, s store.Store, i int, changes link.Changes) link.Link {
	t.Helper()
	changed, err := s.Update(t.Context(), Link(t, i).ID, changes)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), changed.ID)
	if err != nil || got != changed {
		t.Errorf("Get: got %v, %v, want %v", got, err, changed)
	}
	if !slices.Contains(List(t, s, link.Timestamp{}, 100), changed) {
		t.Errorf("List: got no %v", changed)
	}
	return changed
}

// allChanges returns every combination of a member that does not change, is set
// and is removed.
func allChanges() []link.Changes {
	var all []link.Changes
	for _, title := range []*string{nil, new("Uno"), new("")} {
		for _, tags := range []*link.Tags{nil, new(link.Tags("a,SECOND,b/c")), new(link.Tags(""))} {
			for _, note := range []*string{nil, new("uno\n\tdos"), new("")} {
				all = append(all, link.Changes{Title: title, Tags: tags, Note: note})
			}
		}
	}
	return all
}

func updateMembers(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 100))
	want := []link.Link{Link(t, 100)}
	for i, changes := range allChanges() {
		for j, before := range []link.Link{full(t, 2*i), Link(t, 2*i+1)} {
			Put(t, s, before)
			after := before
			if changes.Title != nil {
				after.Title = *changes.Title
			}
			if changes.Tags != nil {
				after.Tags = *changes.Tags
			}
			if changes.Note != nil {
				after.Note = *changes.Note
			}
			WantLinks(t, []link.Link{update(t, s, 2*i+j, changes)}, after)
			want = slices.Insert(want, 0, after)
		}
	}
	wantStored(t, s, want...)
}

func titleChanged(t *testing.T, s store.Store) {
	Put(t, s, titled(t, 1, "One"), Link(t, 2))
	before := List(t, s, link.Timestamp{}, 10)
	for _, title := range []string{"Uno", "Uno", strings.Repeat("é", link.MaxTitleBytes/2), "", "", "One"} {
		WantLinks(t, []link.Link{update(t, s, 1, link.Changes{Title: new(title)})}, titled(t, 1, title))
	}
	if after := List(t, s, link.Timestamp{}, 10); !slices.Equal(after, before) {
		t.Errorf("List: got %v, want it unchanged: %v", after, before)
	}
}

func removedAndFilledIn(t *testing.T, s store.Store) {
	Put(t, s, full(t, 1))
	update(t, s, 1, link.Changes{Title: new(""), Tags: new(link.Tags("SECOND")), Note: new("")})
	wantStored(t, s, tagged(t, 1, "SECOND"))
	Put(t, s, full(t, 1))
	filledIn := full(t, 1)
	filledIn.Tags = "SECOND,first"
	wantStored(t, s, filledIn)
	update(t, s, 1, link.Changes{Tags: new(link.Tags(""))})
	Put(t, s, full(t, 1))
	wantStored(t, s, full(t, 1))
}

func updateMissingLink(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	for _, changes := range allChanges() {
		got, err := s.Update(t.Context(), Link(t, 2).ID, changes)
		if !errors.Is(err, store.ErrNotFound) || got != (link.Link{}) {
			t.Errorf("Update: got %v, %v, want ErrNotFound", got, err)
		}
	}
	wantStored(t, s, Link(t, 1))
}

func membersDeletedWithLink(t *testing.T, s store.Store) {
	Put(t, s, full(t, 1))
	if err := s.Delete(t.Context(), Link(t, 1).ID); err != nil {
		t.Fatal(err)
	}
	changes := link.Changes{Title: new("Uno"), Tags: new(link.Tags("a")), Note: new("b")}
	if _, err := s.Update(t.Context(), Link(t, 1).ID, changes); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Update: got %v, want ErrNotFound", err)
	}
	Put(t, s, Link(t, 1))
	wantStored(t, s, Link(t, 1))
}

func raceMembers(t *testing.T, s store.Store) {
	Put(t, s, full(t, 1))
	const last = 19
	changesOf := func(writer, i int) link.Changes {
		value := fmt.Sprintf("%d of %d", i, writer)
		return []link.Changes{{Title: &value}, {Tags: (*link.Tags)(&value)}, {Note: &value}}[writer]
	}
	concurrently(t, 3, func(writer int) error {
		for i := range last + 1 {
			changes := changesOf(writer, i)
			changed, err := s.Update(t.Context(), Link(t, 1).ID, changes)
			if err != nil {
				return err
			}
			if changes.Apply(changed) != changed {
				return fmt.Errorf("link that Update returned: got %v, want it with its change", changed)
			}
		}
		return nil
	})
	want := Link(t, 1)
	for writer := range 3 {
		want = changesOf(writer, last).Apply(want)
	}
	wantStored(t, s, want)
}

func raceUpdatesAndTags(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	concurrently(t, 40, func(writer int) error {
		if writer%2 == 0 {
			_, err := s.Update(t.Context(), Link(t, 1).ID, link.Changes{Title: new("Uno"), Note: new("uno")})
			return err
		}
		l := Link(t, 1)
		l.Tags = link.Tags(fmt.Sprintf("tag %d", writer))
		return s.Put(t.Context(), l)
	})
	got, err := s.Get(t.Context(), Link(t, 1).ID)
	if n := len(slices.Collect(got.Tags.All())); err != nil || got.Title != "Uno" || got.Note != "uno" || n != 20 {
		t.Errorf("Get: got %v, %v, want the changes and 20 tags", got, err)
	}
}

func updateIsAtomic(t *testing.T, s store.Store) {
	for i := range 20 {
		Put(t, s, full(t, i))
		after := Link(t, i)
		changes := link.Changes{Title: new(""), Tags: new(link.Tags("")), Note: new("")}
		if i%2 == 1 {
			changes = link.Changes{Title: new("Uno"), Tags: new(link.Tags("a,b")), Note: new("uno")}
			after.Title, after.Tags, after.Note = "Uno", "a,b", "uno"
		}
		readDuring(t, s, full(t, i), after, func() error {
			_, err := s.Update(t.Context(), after.ID, changes)
			return err
		})
	}
}
