package boltstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// create makes the file when it is missing, so that it is there whole or not at all, whenever the power goes: aside, synced,
// and then under its name. A link fails where the name is taken by now; so the file of another process is never replaced.
func create(path string) (err error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what is wrong with it, opening it tells
	}
	aside, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(aside.Name())) }()
	if err := aside.Close(); err != nil {
		return err
	}
	db, file, err := openDatabase(aside.Name())
	if err != nil {
		return err
	}
	if err := errors.Join(prepare(db, file), db.Close()); err != nil {
		return err
	}
	if err := os.Link(aside.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		// A file system without links: bbolt makes the file in its place.
		return nil
	}
	return SyncDirectory(filepath.Dir(path))
}

// SyncDirectory has the names in a directory on disk.
func SyncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // cannot sync a directory, and need not
	}
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
