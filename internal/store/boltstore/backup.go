package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"go.etcd.io/bbolt"
)

// Backup writes a snapshot of the file to the writer that begin returns for the
// size of the snapshot in bytes. The snapshot contains every write that
// returned before Backup was called. Backup does not block reads and writes.
// Close waits for it.
func (s *Store) Backup(ctx context.Context, begin func(size int64) io.Writer) error {
	return s.read(ctx, func(tx *bbolt.Tx) error {
		if _, err := tx.WriteTo(begin(tx.Size())); err != nil {
			return fmt.Errorf("boltstore: backup: %w", err)
		}
		return nil
	})
}

// Snapshot copies the file at path to the writer that begin returns for the
// size of the copy. It neither changes nor locks the file. If a server changes
// the file concurrently, Snapshot returns ErrChanged, and the copy is invalid.
//
// A commit writes only to pages that the commit before it does not use, and
// then replaces one of the first two pages. So the copy is consistent if these
// are the same before and after.
func Snapshot(ctx context.Context, path string, begin func(size int64) io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("boltstore: %w", err)
	}
	defer file.Close()
	newest, _, raw, err := readMetas(file)
	if err != nil {
		return checkError(path, err)
	}
	size := newest.size()
	rest := io.NewSectionReader(file, int64(len(raw)), size-int64(len(raw)))
	_, copied := io.Copy(begin(size), io.MultiReader(bytes.NewReader(raw), contextReader{ctx, rest}))
	again := make([]byte, len(raw))
	if _, err := file.ReadAt(again, 0); err != nil {
		return checkError(path, err)
	}
	switch {
	case copied != nil:
		return checkError(path, copied)
	case !bytes.Equal(raw, again):
		return checkError(path, ErrChanged)
	}
	return nil
}

// A contextReader is a Reader that returns the error of its context once it is
// done.
type contextReader struct {
	ctx  context.Context
	from io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}

// compactBytes limits the size of a commit of Compact, all of whose pages are
// in memory.
const compactBytes = 1 << 20

// Compact checks the file from, as Check does, and writes its links to the file
// at path, without the space of deleted links. The file at path must be empty.
// It is locked until Compact returns, and durable once Compact returns nil.
// Errors call the file from by the given name.
func Compact(ctx context.Context, from *os.File, name, path string) (err error) {
	db, err := bbolt.Open(path, fileMode, &bbolt.Options{
		Timeout: lockTimeout, NoSync: true, NoGrowSync: true, FreelistType: bbolt.FreelistMapType,
	})
	if err != nil {
		return fmt.Errorf("boltstore: compact: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.Begin(true)
	if err != nil {
		return fmt.Errorf("boltstore: compact: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := createBuckets(tx); err != nil {
		return fmt.Errorf("boltstore: compact: %w", err)
	}
	size := 0
	_, err = check(ctx, from, func(bucketName string, key, value []byte) error {
		if size += len(key) + len(value); size > compactBytes {
			if err := tx.Commit(); err != nil {
				return err
			}
			if tx, err = db.Begin(true); err != nil {
				return err
			}
			size = 0
		}
		bucket := tx.Bucket([]byte(bucketName))
		bucket.FillPercent = 1 // keys are in ascending order
		return bucket.Put(key, value)
	})
	if err != nil {
		return checkError(name, err)
	}
	if err := errors.Join(tx.Commit(), db.Sync()); err != nil {
		return fmt.Errorf("boltstore: compact: %w", err)
	}
	return nil
}
