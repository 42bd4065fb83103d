package boltstore

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"go.etcd.io/bbolt"
)

// The formats of a file: 1 has no meta bucket and no titles.
const (
	format    = 2
	formatKey = "format" // in the meta bucket, in decimal
)

// prepare makes the buckets in a new file, brings one of format 1 to format 2, and refuses a file that is not ours, not whole
// or of a newer format. It settles what a process that was killed has left behind.
func prepare(db *bbolt.DB, file *os.File) error {
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
	if err := settle(file, db.Info().PageSize); err != nil {
		return err
	}
	if found == format {
		return nil
	}
	return db.Update(createBuckets)
}

// checkSize returns an error if a file of size bytes is truncated: if it is
// smaller than the pages that its last commit refers to.
func checkSize(size, pages int64) error {
	if size < pages {
		return fmt.Errorf("it is truncated: it contains %d of its %d bytes", size, pages)
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

// formatOf returns the number of a file's format, 0 for a new file, or an error when this program cannot read it.
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
// not know it.
func parseFormat(text string) (int, error) {
	number, err := strconv.Atoi(text)
	switch {
	case err != nil || number < 1:
		return 0, fmt.Errorf("its format is %q, which is no number", text)
	case number > format:
		return 0, newerFormat(number)
	}
	return number, nil
}

var errOtherProgram = errors.New("it is a database of another program")

// newerFormat is the number of a format that this program does not know.
type newerFormat int

func (n newerFormat) Error() string {
	return fmt.Sprintf("its format is %d, and this program knows formats up to %d: use the program that made it, or a newer one", int(n), format)
}
