package store

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Added is a UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, the version in 4, a fraction of
// a millisecond in 12, the variant in 2, and 62 bits.

// AddedAt is the moment of Added, to the millisecond.
func (l Link) AddedAt() time.Time {
	return time.UnixMilli(milliseconds(l.Added)).UTC()
}

// Date returns the Added of a link that is to be stored with this moment, which must not be before 1970. It is cut to the
// millisecond.
func Date(t time.Time) uuid.UUID {
	var date uuid.UUID
	binary.BigEndian.PutUint64(date[:8], uint64(t.UnixMilli())<<16|0x7000)
	date[8] = 0x80
	return date
}

// A Stamper returns the Added of links in the order in which they are stored. The zero value is ready for use. A Stamper is
// safe for concurrent use.
type Stamper struct {
	mu   sync.Mutex
	last uint64 // the tie-breaker of the last link with a date
}

// Stamp returns the Added of a link that is stored now. given is the link's Added on the way in: uuid.Nil for none, or one
// whose timestamp the link keeps, unless it is in the future. Of the values with one timestamp, each is greater than all
// that the Stamper returned before.
//
// A link with a date gets ones for the fraction of the millisecond. It is therefore newer than the undated links of that
// millisecond. The tie-breaker of the time of storing follows, so that links of one date keep the order of storing.
func (s *Stamper) Stamp(given uuid.UUID) uuid.UUID {
	now := uuid.Must(uuid.NewV7()) // ascending within a process; fails only without a source of randomness
	if given == uuid.Nil || milliseconds(given) >= milliseconds(now) {
		return now
	}
	stamp := Date(time.UnixMilli(milliseconds(given)))
	stamp[6], stamp[7] = 0x7f, 0xff
	binary.BigEndian.PutUint64(stamp[8:], 1<<63|s.tieBreaker(milliseconds(now)))
	return stamp
}

// tieBreaker returns 42 bits of milliseconds, which last until 2109, and 20 bits. These start at a random number in each
// millisecond, so that two processes that store links of one date do not return the same value.
func (s *Stamper) tieBreaker(now int64) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	const randomBits = 20
	if start := uint64(now) << randomBits; s.last < start {
		s.last = start | rand.Uint64N(1<<randomBits)
	} else {
		s.last++
	}
	return s.last
}

func milliseconds(added uuid.UUID) int64 {
	return int64(binary.BigEndian.Uint64(added[:8]) >> 16)
}

// Distinct leaves out repeats of an ID: the first link stays, with the first Title that any of them has. The links passed
// in stay as they are.
func Distinct(links []Link) []Link {
	place := make(map[uuid.UUID]int, len(links))
	distinct := make([]Link, 0, len(links))
	for _, l := range links {
		i, repeated := place[l.ID]
		switch {
		case !repeated:
			place[l.ID] = len(distinct)
			distinct = append(distinct, l)
		case distinct[i].Title == "":
			distinct[i].Title = l.Title
		}
	}
	return distinct
}
