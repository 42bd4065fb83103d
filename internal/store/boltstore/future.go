package boltstore

import (
	"context"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/link"
)

// futureTolerance is how far in the future the API accepts a date from a
// client.
const futureTolerance = time.Minute

// maxReportedFuture is the maximum number of IDs in the warning of
// reportFuture. If the clock is far behind, all links are in the future.
const maxReportedFuture = 20

// reportFuture logs a warning if links are dated in the future, because the
// clock was ahead when they were stored, or is behind now. These links stay at
// the top of the list, and another service rejects their dates.
func (s *Store) reportFuture() {
	limit := link.TimestampAt(time.Now().Add(futureTolerance))
	var future []link.Link
	// If the file cannot be read, later calls and Ready return the error.
	_ = s.read(context.Background(), func(tx *bbolt.Tx) error {
		cursor := tx.Bucket([]byte(byAddedBucket)).Cursor()
		for key, value := cursor.Last(); string(key) > string(limit[:]); key, value = cursor.Prev() {
			l, _ := decode(key, value)
			if future = append(future, l); len(future) > maxReportedFuture {
				break
			}
		}
		return nil
	})
	if len(future) == 0 {
		return
	}
	var ids []uuid.UUID
	for _, l := range future[:min(len(future), maxReportedFuture)] {
		ids = append(ids, l.ID)
	}
	s.log.Warn("links are dated in the future: correct the clock, then delete these links and store them again",
		"newest", future[0].Added.Time(), "link_ids", ids, "more", len(future) > maxReportedFuture)
}
