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
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
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
		// The file system does not support hard links: bbolt creates the file.
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
