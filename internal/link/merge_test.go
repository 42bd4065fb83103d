package link

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestMerge_FillsInFirstLink(t *testing.T) {
	a, b := uuid.UUID{1}, uuid.UUID{2}
	added := TimestampAt(time.UnixMilli(1))
	links := []Link{
		{ID: a, URL: "a", Tags: "2", Added: added},
		{ID: b, URL: "b", Title: "B", Note: "b"},
		{ID: a, URL: "A", Title: "first", Tags: "1,3", Added: TimestampAt(time.UnixMilli(2))},
		{ID: a, URL: "a", Title: "second", Note: "first"},
		{ID: b, URL: "b", Title: "other", Tags: "x", Note: "other", Added: added},
		{ID: a, URL: "a", Tags: "3,4", Note: "second"},
	}
	before := slices.Clone(links)
	want := []Link{
		{ID: a, URL: "a", Title: "first", Tags: "2,1,3,4", Note: "first", Added: added},
		{ID: b, URL: "b", Title: "B", Tags: "x", Note: "b"},
	}
	if got := Merge(links); !slices.Equal(got, want) {
		t.Errorf("Merge(%v): got %v, want %v", before, got, want)
	}
	if !slices.Equal(links, before) {
		t.Errorf("argument of Merge: got %v afterwards, want it unchanged: %v", links, before)
	}
}

// The writer of a store may still read the result after Put has returned.
func TestMerge_ResultIsCopy(t *testing.T) {
	for n := range 3 {
		var links []Link
		for i := range n {
			links = append(links, Link{ID: uuid.UUID{byte(i)}, URL: "a"})
		}
		merged, want := Merge(links), slices.Clone(links)
		clear(links)
		if !slices.Equal(merged, want) {
			t.Errorf("Merge of %d links: got %v after a change of its argument, want %v", n, merged, want)
		}
	}
}

func TestChanges_Apply(t *testing.T) {
	l := Link{ID: uuid.UUID{1}, URL: "a", Title: "A", Tags: "1,2", Note: "a", Added: TimestampAt(time.UnixMilli(1))}
	for _, c := range []struct {
		changes Changes
		change  func(*Link)
	}{
		{Changes{}, func(*Link) {}},
		{Changes{Title: new("B")}, func(l *Link) { l.Title = "B" }},
		{Changes{Tags: new(Tags("3"))}, func(l *Link) { l.Tags = "3" }},
		{Changes{Note: new("b")}, func(l *Link) { l.Note = "b" }},
		{Changes{new(""), new(Tags("")), new("")}, func(l *Link) { l.Title, l.Tags, l.Note = "", "", "" }},
	} {
		want := l
		c.change(&want)
		if got := c.changes.Apply(l); got != want {
			t.Errorf("Apply(%v): got %v, want %v", l, got, want)
		}
	}
}

func FuzzFillIn(f *testing.F) {
	f.Add("A", "a,b", "a note", "B", "B,c", "b")
	f.Add("", "", "", "B", "a", "b\nc")
	f.Add("", strings.Join(tagsOf(49, "x", 10), ","), "", "", "a,b", "")
	f.Fuzz(func(t *testing.T, title, tags, note, otherTitle, otherTags, otherNote string) {
		parse := func(title, tags, note string) (l Link) {
			l.Title, _ = ParseTitle(title)
			l.Tags, _ = ParseTags(strings.Split(tags, ","))
			l.Note, _ = ParseNote(note)
			return l
		}
		l, other := parse(title, tags, note), parse(otherTitle, otherTags, otherNote)
		filledIn := l.FillIn(other)
		if l.Title != "" && filledIn.Title != l.Title || l.Note != "" && filledIn.Note != l.Note ||
			!strings.HasPrefix(string(filledIn.Tags), string(l.Tags)) {
			t.Errorf("FillIn(%v, %v): got %v, which removes or overwrites a member", l, other, filledIn)
		}
		if l.Title == "" && filledIn.Title != other.Title || l.Note == "" && filledIn.Note != other.Note {
			t.Errorf("FillIn(%v, %v): got %v, which is not filled in", l, other, filledIn)
		}
		checkTags(t, filledIn.Tags)
		wantAdded(t, l.Tags, other.Tags, filledIn.Tags)
		for _, given := range []Link{l, other, filledIn} {
			if again := filledIn.FillIn(given); again != filledIn {
				t.Errorf("FillIn(%v, %v): got %v, want it unchanged", filledIn, given, again)
			}
		}
		if got := Merge([]Link{l, other, l}); !slices.Equal(got, []Link{filledIn}) {
			t.Errorf("Merge of %v, %v: got %v, want %v", l, other, got, filledIn)
		}
	})
}
