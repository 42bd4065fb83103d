package boltstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// create atomically creates the file if it does not exist. It initializes and
// fsyncs a temporary file and then hard-links it to path. Unlike a rename, a
// link fails if path exists, so a file that another process creates
// concurrently is never replaced.
func create(path string) (err error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // opening the file reports any other error
	}
	tmp, err := CreatePart(path)
	if err != nil {
		return err
	}
	defer func() {
		// A process that has created the file meanwhile may have removed tmp.
		if removed := os.Remove(tmp.Name()); !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}()
	if err := tmp.Close(); err != nil {
		return err
	}
	db, file, err := openDatabase(tmp.Name())
	if err != nil {
		return err
	}
	if err := errors.Join(migrate(db, file), db.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		// The file system does not support hard links, and bbolt creates the
		// file, or another process has created it and removed tmp.
		return nil
	}
	return SyncDirectory(filepath.Dir(path))
}

// SyncDirectory fsyncs a directory, so that entries created or renamed in it
// are durable.
func SyncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // Windows cannot sync a directory, and does not need to
	}
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
