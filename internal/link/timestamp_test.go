package link

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestMergeKeepsTheFirstOfAnIDWithTheFirstTitle(t *testing.T) {
	a, b := uuid.UUID{1}, uuid.UUID{2}
	links := []Link{{ID: a, URL: "a", Added: TimestampAt(time.UnixMilli(1))}, {ID: b, URL: "b", Title: "B"}, {ID: a, URL: "A", Title: "first"}, {ID: a, URL: "a", Title: "second"}, {ID: b, URL: "b", Title: "other"}}
	before := slices.Clone(links)
	want := []Link{{ID: a, URL: "a", Title: "first", Added: TimestampAt(time.UnixMilli(1))}, {ID: b, URL: "b", Title: "B"}}
	if got := Merge(links); !slices.Equal(got, want) {
		t.Errorf("Merge = %v, want %v", got, want)
	}
	if !slices.Equal(links, before) {
		t.Error("the links passed in have changed")
	}
}

func TestStampKeepsAMomentAndTheOrderOfStoring(t *testing.T) {
	var s Clock
	for _, date := range []time.Time{time.UnixMilli(0), time.Date(2001, 2, 3, 4, 5, 6, 789_654_321, time.UTC), time.Now().Add(-time.Millisecond)} {
		undated := TimestampAt(date)
		undated[6], undated[7] = 0x7f, 0xfe // stored in the last fraction of the millisecond
		last := undated
		for range 1000 {
			stamp := s.Stamp(TimestampAt(date))
			if got := stamp.Time(); !got.Equal(date.Truncate(time.Millisecond)) {
				t.Fatalf("the moment %v has become %v", date, got)
			}
			if uuid.UUID(stamp).Version() != 7 || uuid.UUID(stamp).Variant() != uuid.RFC4122 {
				t.Fatalf("%v is no UUID version 7", stamp)
			}
			if bytes.Compare(stamp[:], last[:]) <= 0 {
				t.Fatalf("%v is not newer than %v, which was stored before", stamp, last)
			}
			last = stamp
		}
	}
}

func TestStamp_DateInFutureIsNow(t *testing.T) {
	var s Clock
	before := s.Stamp(Timestamp{})
	stamp := s.Stamp(TimestampAt(time.Now().Add(time.Hour)))
	after := s.Stamp(Timestamp{})
	if bytes.Compare(before[:], stamp[:]) >= 0 || bytes.Compare(stamp[:], after[:]) >= 0 {
		t.Errorf("Stamp = %v, want it between %v and %v", stamp, before, after)
	}
}

// A link whose date is the present millisecond is stored before the undated links that follow in this millisecond.
func TestStamp_DateIsPresentMillisecond(t *testing.T) {
	var s Clock
	for range 1000 {
		stamp := s.Stamp(TimestampAt(time.Now()))
		if after := s.Stamp(Timestamp{}); bytes.Compare(stamp[:], after[:]) >= 0 {
			t.Fatalf("Stamp = %v, want it less than %v, which was returned later", stamp, after)
		}
	}
}

// Two processes may store links of one date in one millisecond. Of 20 processes, one pair may return the same value by chance.
func TestStamp_TwoProcessesOneDate(t *testing.T) {
	distinct := map[Timestamp]bool{}
	for range 20 {
		distinct[new(Clock).Stamp(TimestampAt(time.UnixMilli(7)))] = true
	}
	if len(distinct) < 19 {
		t.Errorf("20 processes return %d distinct values, want 20", len(distinct))
	}
}

func TestStampOfALinkThatCameFromAStoreKeepsItsMoment(t *testing.T) {
	var s Clock
	for _, given := range []Timestamp{s.Stamp(Timestamp{}), s.Stamp(TimestampAt(time.UnixMilli(7)))} {
		time.Sleep(2 * time.Millisecond)
		if got, want := s.Stamp(given).Time(), given.Time(); !got.Equal(want) {
			t.Errorf("the moment %v has become %v", want, got)
		}
	}
}
