package store

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestDistinctKeepsTheFirstOfAnIDWithTheFirstTitle(t *testing.T) {
	a, b := uuid.UUID{1}, uuid.UUID{2}
	links := []Link{{ID: a, URL: "a", Added: Date(time.UnixMilli(1))}, {ID: b, URL: "b", Title: "B"}, {ID: a, URL: "A", Title: "first"}, {ID: a, URL: "a", Title: "second"}, {ID: b, URL: "b", Title: "other"}}
	before := slices.Clone(links)
	want := []Link{{ID: a, URL: "a", Title: "first", Added: Date(time.UnixMilli(1))}, {ID: b, URL: "b", Title: "B"}}
	if got := Distinct(links); !slices.Equal(got, want) {
		t.Errorf("Distinct = %v, want %v", got, want)
	}
	if !slices.Equal(links, before) {
		t.Error("the links passed in have changed")
	}
}

func TestStampKeepsAMomentAndTheOrderOfStoring(t *testing.T) {
	for _, date := range []time.Time{time.UnixMilli(0), time.Date(2001, 2, 3, 4, 5, 6, 789_654_321, time.UTC), time.Now().Add(-time.Millisecond)} {
		undated := Date(date)
		undated[6], undated[7] = 0x7f, 0xfe // stored in the last fraction of the millisecond
		last := undated
		for range 1000 {
			stamp := Stamp(Date(date))
			if got := (Link{Added: stamp}).AddedAt(); !got.Equal(date.Truncate(time.Millisecond)) {
				t.Fatalf("the moment %v has become %v", date, got)
			}
			if stamp.Version() != 7 || stamp.Variant() != uuid.RFC4122 {
				t.Fatalf("%v is no UUID version 7", stamp)
			}
			if bytes.Compare(stamp[:], last[:]) <= 0 {
				t.Fatalf("%v is not newer than %v, which was stored before", stamp, last)
			}
			last = stamp
		}
	}
}

func TestStampOfAMomentToComeIsNow(t *testing.T) {
	before := Stamp(uuid.Nil)
	stamp := Stamp(Date(time.Now().Add(time.Hour)))
	after := Stamp(uuid.Nil)
	if bytes.Compare(before[:], stamp[:]) >= 0 || bytes.Compare(stamp[:], after[:]) >= 0 {
		t.Errorf("Stamp = %v, want it between %v and %v", stamp, before, after)
	}
}

func TestStampOfALinkThatCameFromAStoreKeepsItsMoment(t *testing.T) {
	for _, given := range []uuid.UUID{Stamp(uuid.Nil), Stamp(Date(time.UnixMilli(7)))} {
		time.Sleep(2 * time.Millisecond)
		if got, want := (Link{Added: Stamp(given)}).AddedAt(), (Link{Added: given}).AddedAt(); !got.Equal(want) {
			t.Errorf("the moment %v has become %v", want, got)
		}
	}
}
