package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long Open waits for another process to let go of the file: long enough for one that is just closing
// it, and no pause to a person who started a second one.
const lockTimeout = 2 * time.Second

// fileMode lets nobody but the owner read the file.
const fileMode = 0o600

// queuedRequests is how many writes wait for the committer before their callers wait to hand them over.
const queuedRequests = 64

// An Option of Open changes what a Store does beside keeping links.
type Option func(*Store)

// OnCommit has the Store call f after each commit that is on disk: with the number of links that it stored, changed or
// deleted, and how long it took, the wait for the disk included. Writes wait while f runs.
func OnCommit(f func(links int, took time.Duration)) Option {
	return func(s *Store) { s.onCommit = f }
}

// Open opens the file at path, for this process alone, and makes it when it is missing, readable by its owner only. The
// caller closes the Store. The text of an error names the file and says what is wrong with it.
func Open(path string, options ...Option) (*Store, error) {
	db, err := openFile(path)
	if err != nil {
		return nil, openError(path, err)
	}
	s := &Store{
		db: db, queue: make(chan *request, queuedRequests), stopped: make(chan struct{}),
		onCommit: func(int, time.Duration) {},
	}
	for _, option := range options {
		option(s)
	}
	go s.committer()
	return s, nil
}

func openFile(path string) (db *bbolt.DB, err error) {
	defer recoverFault(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	options := &bbolt.Options{
		Timeout: lockTimeout,
		// The list type scans all free pages for each allocation.
		FreelistType: bbolt.FreelistMapType,
	}
	if err := create(path, options); err != nil {
		return nil, err
	}
	db, err = bbolt.Open(path, fileMode, options)
	if err != nil {
		return nil, err
	}
	if err := prepare(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func openError(path string, err error) error {
	var pathError *fs.PathError
	var newer newerFormat
	switch {
	case errors.As(err, &newer):
		return fmt.Errorf("boltstore: %s cannot be read: %w", path, err)
	case errors.Is(err, bbolterrors.ErrTimeout):
		return fmt.Errorf("boltstore: %s is locked: another process has it open", path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("boltstore: %w: the directory of a new file must exist", err)
	case errors.As(err, &pathError):
		return fmt.Errorf("boltstore: %w", err)
	default:
		return fmt.Errorf("boltstore: %s is no database of links, or it is damaged: %w", path, err)
	}
}
