package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// CreatePart creates a temporary file next to the file at path. The caller
// writes it and then gives it the name path, or removes it. If the directory is not
// writable, the error is an fs.ErrPermission.
func CreatePart(path string) (*os.File, error) {
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*")
	if errors.Is(err, fs.ErrPermission) {
		cause := &fs.PathError{Op: "create", Path: path, Err: fs.ErrPermission}
		return nil, fmt.Errorf("%w: the directory must be writable", cause)
	}
	return part, err
}

var partSuffix = regexp.MustCompile(`^\.part-[0-9]+$`)

// RemoveParts removes the files that processes created with CreatePart before
// they were killed. A part that a process has open as a database remains.
func RemoveParts(path string) error {
	directory, base := filepath.Dir(path), filepath.Base(path)
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	for _, e := range entries {
		suffix, found := strings.CutPrefix(e.Name(), base)
		part := filepath.Join(directory, e.Name())
		if found && partSuffix.MatchString(suffix) && e.Type().IsRegular() && !locked(part) {
			if err := os.Remove(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// locked reports whether another process has the file at path open as a
// database: a server, or Compact.
func locked(path string) bool {
	db, err := bbolt.Open(path, fileMode, &bbolt.Options{ReadOnly: true, Timeout: time.Millisecond})
	if err == nil {
		_ = db.Close()
	}
	return errors.Is(err, bbolterrors.ErrTimeout)
}
