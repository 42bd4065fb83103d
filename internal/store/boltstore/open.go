package boltstore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is the time for which Open waits for another process to close the
// file.
const lockTimeout = 2 * time.Second

// fileMode makes a new file readable by its owner only.
const fileMode = 0o600

// queuedRequests is the number of writes that can wait for the committer before
// their callers block.
const queuedRequests = 64

// reservedMap is the number of bytes of address space that are reserved for
// growth of the mapped file. bbolt maps a file again that outgrows its map, and
// first waits for all reads to end. With this reserve, a slow backup does not
// block writes and reads.
const reservedMap int64 = 16 << 30

// growth is the number of bytes by which the file grows at a time.
const growth = 1 << 20

// Config configures a Store.
type Config struct {
	// Path is the path of the file. It is required.
	Path string

	// Log receives a warning if links are dated in the future, and the stack of
	// a panic at debug level. If Log is nil, both are discarded.
	Log *slog.Logger

	// OnCommit is called after each durable commit, with the number of links
	// that it stored, changed or deleted, and its duration including the fsync.
	// Writes wait until OnCommit returns. If OnCommit is nil, it is not called.
	OnCommit func(links int, took time.Duration)
}

// Open opens the file at c.Path exclusively for this process. If the file does
// not exist, Open creates it, readable only by its owner. The caller closes the
// Store. Errors contain the path and the reason.
func Open(c Config) (*Store, error) {
	s := &Store{
		log:      cmp.Or(c.Log, slog.New(slog.DiscardHandler)),
		onCommit: c.OnCommit,
		queue:    make(chan *request, queuedRequests),
		stopped:  make(chan struct{}),
	}
	err := guard(s.log, func() (err error) {
		if s.db, s.file, err = openFile(c.Path); err != nil {
			return err
		}
		return s.loadHead()
	})
	if err != nil {
		return nil, openError(c.Path, err)
	}
	s.reportFuture()
	go s.committer()
	return s, nil
}

// openFile opens and migrates the file at path, which it creates if it does not
// exist. The caller closes the database, which closes the file.
func openFile(path string) (*bbolt.DB, *os.File, error) {
	if err := create(path); err != nil {
		return nil, nil, err
	}
	db, file, err := openDatabase(path)
	if err != nil {
		return nil, nil, err
	}
	if err := migrate(db, file); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	_ = RemoveParts(path) // of first starts; parts are harmless if it fails
	return db, file, nil
}

// openDatabase opens the database at path and returns it with its open file. If
// the address space or the size of a file is limited, openDatabase maps the
// file without a reserve.
func openDatabase(path string) (db *bbolt.DB, file *os.File, err error) {
	options := &bbolt.Options{
		Timeout: lockTimeout,
		// The list type scans all free pages for each allocation.
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize(path),
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		},
	}
	db, err = bbolt.Open(path, fileMode, options)
	if errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EOVERFLOW) {
		options.InitialMmapSize = 0
		db, err = bbolt.Open(path, fileMode, options)
	}
	if err != nil {
		return nil, nil, err
	}
	db.AllocSize = growth
	return db, file, nil
}

// mapSize returns the number of bytes of address space to map for the file,
// including the reserve. It returns 0 on systems where a map larger than its
// file costs memory or disk space, or may do so.
func mapSize(path string) int {
	switch runtime.GOOS {
	case "linux", "darwin", "freebsd":
		if strconv.IntSize < 64 {
			return 0
		}
		size := reservedMap
		if info, err := os.Stat(path); err == nil {
			size += info.Size()
		}
		return int(size)
	default:
		return 0
	}
}

// openError adds the path and the remedy to an error of openFile.
func openError(path string, err error) error {
	var pathError *fs.PathError
	var newer newerFormat
	switch {
	case errors.As(err, &newer):
		return fmt.Errorf("boltstore: %s cannot be read: %w", path, err)
	case errors.Is(err, bbolterrors.ErrTimeout):
		return fmt.Errorf("boltstore: %s is locked: another process has it open; stop it, or use another file", path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("boltstore: %w: the directory of a new file must exist", err)
	case errors.As(err, &pathError):
		return fmt.Errorf("boltstore: %w", err)
	case errors.As(err, new(panicError)):
		return fmt.Errorf("boltstore: %s cannot be opened: %w: restore a copy; "+
			"server -check counts the links that can still be read", path, err)
	default:
		return fmt.Errorf("boltstore: %s is not a database of links, or is corrupt: %w", path, err)
	}
}
