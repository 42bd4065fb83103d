package storetest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"links/internal/link"
	"links/internal/store"
)

func dated(t *testing.T, i int, date time.Time) link.Link {
	l := Link(t, i)
	l.Added = link.TimestampAt(date)
	return l
}

func datesKept(t *testing.T, s store.Store) {
	for i, date := range []time.Time{
		time.UnixMilli(0), time.UnixMilli(1), time.Date(2001, 2, 3, 4, 5, 6, 789_654_321, time.UTC),
	} {
		Put(t, s, dated(t, i, date))
		got, err := s.Get(t.Context(), Link(t, i).ID)
		if want := date.Truncate(time.Millisecond); err != nil || !got.Added.Time().Equal(want) {
			t.Errorf("Added: got %v, %v, want %v", got.Added.Time(), err, want)
		}
		if listed := List(t, s, link.Timestamp{}, 1)[0]; listed != got {
			t.Errorf("List: got %v, want %v, as from Get", listed, got)
		}
	}
}

func dateOfExistingLink(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	before := List(t, s, link.Timestamp{}, 10)
	Put(t, s, dated(t, 1, time.UnixMilli(7)))
	if after := List(t, s, link.Timestamp{}, 10); !slices.Equal(after, before) {
		t.Errorf("List: got %v, want it unchanged: %v", after, before)
	}
}

func datesAreSorted(t *testing.T, s store.Store) {
	day := func(d int) time.Time { return time.Date(2020, 1, d, 0, 0, 0, 0, time.UTC) }
	Put(t, s, dated(t, 5, day(5)), dated(t, 20, day(20)))
	Put(t, s, Link(t, 100))
	Put(t, s, dated(t, 10, day(10)))
	Put(t, s, dated(t, 15, day(15)), Link(t, 101), dated(t, 1, day(1)))
	Put(t, s, Link(t, 102))
	want := []link.Link{
		Link(t, 102), Link(t, 101), Link(t, 100), Link(t, 20), Link(t, 15), Link(t, 10), Link(t, 5), Link(t, 1),
	}
	got := List(t, s, link.Timestamp{}, 10)
	WantLinks(t, got, want...)
	wantDescending(t, got)
	WantLinks(t, Traverse(t, s, 3, nil), want...)
}

func futureDate(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	Put(t, s, dated(t, 2, time.Now().Add(time.Hour)))
	Put(t, s, Link(t, 3))
	got := List(t, s, link.Timestamp{}, 10)
	WantLinks(t, got, Link(t, 3), Link(t, 2), Link(t, 1))
	if at := got[1].Added.Time(); at.After(time.Now()) {
		t.Errorf("Added: got %v, want a time that is not in the future", at)
	}
}

func manyWithEqualDates(t *testing.T, s store.Store) {
	date := time.UnixMilli(1_600_000_000_123)
	want := Links(t, 0, 1000)
	batch := slices.Clone(want)
	for i := range batch {
		batch[i].Added = link.TimestampAt(date)
	}
	Put(t, s, batch[500:]...) // the older half first, as scripts/copy-links does
	Put(t, s, batch[:500]...)
	got := List(t, s, link.Timestamp{}, 2000)
	WantLinks(t, got, want...)
	wantDescending(t, got)
	if first, last := got[0].Added.Time(), got[999].Added.Time(); !first.Equal(date) || !last.Equal(date) {
		t.Errorf("Added: got %v to %v, want %v", last, first, date)
	}
}

func dateOfAnotherLink(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	time.Sleep(2 * time.Millisecond)
	first := List(t, s, link.Timestamp{}, 1)[0]
	Put(t, s, dated(t, 2, first.Added.Time()))
	Put(t, s, dated(t, 3, first.Added.Time()))
	// with the Added of a listed link, tie-breaker included
	from := Link(t, 4)
	from.Added = first.Added
	Put(t, s, from)
	WantLinks(t, List(t, s, link.Timestamp{}, 10), Link(t, 4), Link(t, 3), Link(t, 2), Link(t, 1))
}

func traversalDuringDatedWrites(t *testing.T, s store.Store) {
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	anyTime := func() time.Time { return start.Add(time.Duration(random.Int64N(int64(24 * time.Hour)))) }
	stay := Links(t, 0, 40)
	for i := range stay {
		l := stay[i]
		l.Added = link.TimestampAt(anyTime())
		Put(t, s, l)
	}
	next := 1000
	got := Traverse(t, s, 3, func(int) {
		Put(t, s, dated(t, next, anyTime()), dated(t, next+1, anyTime()))
		next += 2
	})
	wantEachOnce(t, got, stay)
	wantDescending(t, got)
}
