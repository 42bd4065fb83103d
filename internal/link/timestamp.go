package link

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

// A Timestamp is the time at which a link was stored, in milliseconds, with a
// tie-breaker: a UUID version 7 (RFC 9562, section 5.7). Timestamps sort
// bytewise; a later one is greater. The zero Timestamp means that there is
// none.
//
// The layout is 48 bits of milliseconds since 1970, the version in 4 bits, a
// fraction of a millisecond in 12, the variant in 2, and 62 further bits.
type Timestamp uuid.UUID

// TimestampAt returns a Timestamp with the time t, truncated to the
// millisecond, for a link to be stored with this date. The date must not be
// before 1970.
func TimestampAt(t time.Time) Timestamp {
	var stamp Timestamp
	binary.BigEndian.PutUint64(stamp[:8], uint64(t.UnixMilli())<<16|0x7000)
	stamp[8] = 0x80
	return stamp
}

// ParseTimestamp parses the result of Timestamp.String and reports whether it
// is valid.
func ParseTimestamp(text string) (Timestamp, bool) {
	id, err := uuid.Parse(text)
	return Timestamp(id), err == nil && len(text) == 36 && id.Version() == 7
}

// TimestampFromBytes returns the Timestamp in the bytes and reports whether it
// is valid.
func TimestampFromBytes(b []byte) (Timestamp, bool) {
	id, err := uuid.FromBytes(b)
	return Timestamp(id), err == nil && id.Version() == 7
}

// IsZero reports whether t is the zero Timestamp.
func (t Timestamp) IsZero() bool { return t == Timestamp{} }

// Time returns the time in UTC, in milliseconds.
func (t Timestamp) Time() time.Time { return time.UnixMilli(t.milliseconds()).UTC() }

// String returns the text form of the UUID.
func (t Timestamp) String() string { return uuid.UUID(t).String() }

func (t Timestamp) milliseconds() int64 {
	return int64(binary.BigEndian.Uint64(t[:8]) >> 16)
}

// A Clock returns the Timestamps of links in the order in which they are
// stored. The zero value is ready for use. A Clock is safe for concurrent use.
type Clock struct {
	mu   sync.Mutex
	last uint64 // the tie-breaker of the last link with a date
}

// Stamp returns the Timestamp of a link that is stored now. If given is not
// zero and not in the future, the result has its milliseconds. Of the results
// with the same milliseconds, each is greater than all that the Clock returned
// before.
//
// A link with a date gets ones for the fraction of the millisecond. It is
// therefore newer than the undated links of that millisecond. The time of
// storing follows as the tie-breaker, so that links of one date keep the order
// of storing.
func (c *Clock) Stamp(given Timestamp) Timestamp {
	now := Timestamp(uuid.Must(uuid.NewV7())) // ascending within a process
	if given.IsZero() || given.milliseconds() >= now.milliseconds() {
		return now
	}
	stamp := TimestampAt(given.Time())
	stamp[6], stamp[7] = 0x7f, 0xff
	binary.BigEndian.PutUint64(stamp[8:], 1<<63|c.tieBreaker(now.milliseconds()))
	return stamp
}

// tieBreaker returns 42 bits of milliseconds, which last until 2109, and 20
// bits. These start at a random number in each millisecond, so that two
// processes that store links of one date do not return the same value.
func (c *Clock) tieBreaker(now int64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	const randomBits = 20
	if start := uint64(now) << randomBits; c.last < start {
		c.last = start | rand.Uint64N(1<<randomBits)
	} else {
		c.last++
	}
	return c.last
}

// Next returns the Timestamp that follows t, with the same time. A store needs
// it for a link newer than one with t if Stamp returned less than t, because
// the clock was set back.
func (t Timestamp) Next() Timestamp {
	// The last 62 bits are never all ones: they are random, or start with the
	// time of storing.
	binary.BigEndian.PutUint64(t[8:], binary.BigEndian.Uint64(t[8:])+1)
	return t
}
