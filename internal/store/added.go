package store

import (
	"encoding/binary"
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

// Stamp returns the Added of a link that is stored now. Within a process each is greater than all before it that have the
// same moment. given is the link's Added on the way in: uuid.Nil for none, or one whose moment the link keeps, unless it
// is yet to come.
//
// Such a link has ones for the fraction, so that it is newer than the undated links of its millisecond, and then the
// moment of storing, so that links of one date keep the order in which they were stored: 42 bits of milliseconds, which
// last 139 years, 12 of fraction and 8 random ones against two processes that store in the same instant.
func Stamp(given uuid.UUID) uuid.UUID {
	now := uuid.Must(uuid.NewV7()) // ascending within a process; fails only without a source of randomness
	if given == uuid.Nil || milliseconds(given) >= milliseconds(now) {
		return now
	}
	head := binary.BigEndian.Uint64(now[:8])
	moment := (head>>16<<12 | head&0xfff) & (1<<54 - 1)
	stamp := Date(time.UnixMilli(milliseconds(given)))
	stamp[6], stamp[7] = 0x7f, 0xff
	binary.BigEndian.PutUint64(stamp[8:], 1<<63|moment<<8|uint64(now[15]))
	return stamp
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
