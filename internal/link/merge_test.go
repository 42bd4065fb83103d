package link

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestMerge_KeepsFirstLinkAndFirstTitle(t *testing.T) {
	a, b := uuid.UUID{1}, uuid.UUID{2}
	added := TimestampAt(time.UnixMilli(1))
	links := []Link{
		{ID: a, URL: "a", Added: added},
		{ID: b, URL: "b", Title: "B"},
		{ID: a, URL: "A", Title: "first"},
		{ID: a, URL: "a", Title: "second"},
		{ID: b, URL: "b", Title: "other"},
	}
	before := slices.Clone(links)
	want := []Link{{ID: a, URL: "a", Title: "first", Added: added}, {ID: b, URL: "b", Title: "B"}}
	if got := Merge(links); !slices.Equal(got, want) {
		t.Errorf("Merge: got %v, want %v", got, want)
	}
	if !slices.Equal(links, before) {
		t.Errorf("argument of Merge: got %v afterwards, want it unchanged: %v", links, before)
	}
}
