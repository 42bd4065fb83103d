package boltstore

import (
	"context"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// Backup writes a copy of the file, with everything that was acknowledged before, to what begin returns when it is told
// the length of the copy in bytes. Reading and writing go on meanwhile. Close waits for it.
func (s *Store) Backup(ctx context.Context, begin func(size int64) io.Writer) error {
	return s.read(ctx, func(tx *bbolt.Tx) error {
		if _, err := tx.WriteTo(begin(tx.Size())); err != nil {
			return fmt.Errorf("boltstore: backup: %w", err)
		}
		return nil
	})
}
