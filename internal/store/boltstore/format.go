package boltstore

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"go.etcd.io/bbolt"
)

// The format of a file. The package documentation describes it.
const (
	format    = 3
	formatKey = "format" // in the bucket meta
)

// migrate creates the buckets of a new file and migrates a file of an older
// format. It returns an error if the file is truncated, belongs to another
// program or has a newer format. It also makes the last commit of a process
// that was killed durable.
func migrate(db *bbolt.DB, file *os.File) error {
	var found int
	err := db.View(func(tx *bbolt.Tx) error {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		if err := checkSize(info.Size(), tx.Size()); err != nil {
			return err
		}
		found, err = formatOf(tx)
		return err
	})
	if err != nil {
		return err
	}
	if err := syncMeta(file, db.Info().PageSize); err != nil {
		return err
	}
	if found == format {
		return nil
	}
	return db.Update(createBuckets)
}

// checkSize returns an error if a file of size bytes is smaller than the pages
// that its last commit refers to.
func checkSize(size, pages int64) error {
	if size < pages {
		return fmt.Errorf("the file is truncated: %d of %d bytes", size, pages)
	}
	return nil
}

// createBuckets creates the buckets that do not exist and stores the number of
// the format.
func createBuckets(tx *bbolt.Tx) error {
	for _, name := range []string{metaBucket, linksBucket, byAddedBucket} {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	return tx.Bucket([]byte(metaBucket)).Put([]byte(formatKey), []byte(strconv.Itoa(format)))
}

// formatOf returns the number of the file's format, or 0 for a new file. It
// returns an error if this program cannot read the file.
func formatOf(tx *bbolt.Tx) (int, error) {
	if first, _ := tx.Cursor().First(); first == nil {
		return 0, nil
	}
	if tx.Bucket([]byte(linksBucket)) == nil || tx.Bucket([]byte(byAddedBucket)) == nil {
		return 0, errOtherProgram
	}
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		return 1, nil
	}
	return parseFormat(string(meta.Get([]byte(formatKey))))
}

// parseFormat returns the number of a format, or an error if this program does
// not support the format.
func parseFormat(text string) (int, error) {
	number, err := strconv.Atoi(text)
	switch {
	case err != nil || number < 1:
		return 0, fmt.Errorf("the file format %q is not a number", text)
	case number > format:
		return 0, newerFormat(number)
	}
	return number, nil
}

var errOtherProgram = errors.New("it is a database of another program")

// A newerFormat is the number of a format that this program does not support.
type newerFormat int

func (n newerFormat) Error() string {
	return fmt.Sprintf("file format %d is not supported (this version supports up to %d): use a newer version",
		int(n), format)
}
