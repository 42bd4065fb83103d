package link

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestStamp_KeepsTimeAndOrder(t *testing.T) {
	var c Clock
	for _, date := range []time.Time{
		time.UnixMilli(0),
		time.Date(2001, 2, 3, 4, 5, 6, 789_654_321, time.UTC),
		time.Now().Add(-time.Millisecond),
	} {
		undated := TimestampAt(date)
		undated[6], undated[7] = 0x7f, 0xfe // the last fraction of the millisecond
		last := undated
		for range 1000 {
			stamp := c.Stamp(TimestampAt(date))
			if got, want := stamp.Time(), date.Truncate(time.Millisecond); !got.Equal(want) {
				t.Fatalf("Stamp(%v): got the time %v, want %v", date, got, want)
			}
			if uuid.UUID(stamp).Version() != 7 || uuid.UUID(stamp).Variant() != uuid.RFC4122 {
				t.Fatalf("Stamp(%v): got %v, want a UUID version 7", date, stamp)
			}
			if bytes.Compare(stamp[:], last[:]) <= 0 {
				t.Fatalf("Stamp(%v): got %v, want it greater than %v, the one before", date, stamp, last)
			}
			last = stamp
		}
	}
}

func TestStamp_DateInFutureIsNow(t *testing.T) {
	var c Clock
	before := c.Stamp(Timestamp{})
	stamp := c.Stamp(TimestampAt(time.Now().Add(time.Hour)))
	after := c.Stamp(Timestamp{})
	if bytes.Compare(before[:], stamp[:]) >= 0 || bytes.Compare(stamp[:], after[:]) >= 0 {
		t.Errorf("Stamp of a date in the future: got %v, want it between %v and %v", stamp, before, after)
	}
}

// A link dated in the current millisecond is older than the undated links that
// are stored later in this millisecond.
func TestStamp_DateIsCurrentMillisecond(t *testing.T) {
	var c Clock
	for range 1000 {
		stamp := c.Stamp(TimestampAt(time.Now()))
		if after := c.Stamp(Timestamp{}); bytes.Compare(stamp[:], after[:]) >= 0 {
			t.Fatalf("Stamp of the current time: got %v, want it less than %v, the next one", stamp, after)
		}
	}
}

// Two processes may store links with the same date in the same millisecond. One
// pair of 20 processes may return the same value by chance.
func TestStamp_TwoProcessesOneDate(t *testing.T) {
	distinct := map[Timestamp]bool{}
	for range 20 {
		distinct[new(Clock).Stamp(TimestampAt(time.UnixMilli(7)))] = true
	}
	if len(distinct) < 19 {
		t.Errorf("Stamp in 20 processes: got %d distinct values, want 20", len(distinct))
	}
}

func TestStamp_TimestampOfStoredLink(t *testing.T) {
	var c Clock
	for _, given := range []Timestamp{c.Stamp(Timestamp{}), c.Stamp(TimestampAt(time.UnixMilli(7)))} {
		time.Sleep(2 * time.Millisecond)
		if got, want := c.Stamp(given).Time(), given.Time(); !got.Equal(want) {
			t.Errorf("Stamp(%v): got the time %v, want %v", given, got, want)
		}
	}
}

func TestNext_SameTimeAndGreater(t *testing.T) {
	var c Clock
	carries := TimestampAt(time.UnixMilli(7))
	carries[14], carries[15] = 0xff, 0xff
	for _, stamp := range []Timestamp{
		c.Stamp(Timestamp{}), c.Stamp(TimestampAt(time.UnixMilli(7))), TimestampAt(time.UnixMilli(7)), carries,
	} {
		next := stamp.Next()
		if bytes.Compare(next[:], stamp[:]) <= 0 || !next.Time().Equal(stamp.Time()) {
			t.Errorf("Next of %v: got %v, want a greater one with the time %v", stamp, next, stamp.Time())
		}
		if uuid.UUID(next).Version() != 7 || uuid.UUID(next).Variant() != uuid.RFC4122 {
			t.Errorf("Next of %v: got %v, want a UUID version 7", stamp, next)
		}
	}
}
