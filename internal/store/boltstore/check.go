package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/store"
)

// A Report is what Check found in a file.
type Report struct {
	Links, Titles  int
	Oldest, Newest time.Time // of the links; zero when there are none
	Bytes          int64     // of the file
}

// Check reads the whole file at path, and returns what it has, or an error that says what is wrong with it. It changes
// nothing. A file that a server has open is locked: check a copy made by Backup.
func Check(path string) (report Report, err error) {
	defer recoverFault(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	info, err := os.Stat(path)
	if err != nil {
		return report, err
	}
	db, err := bbolt.Open(path, fileMode, &bbolt.Options{ReadOnly: true, Timeout: lockTimeout})
	if err != nil {
		return report, openError(path, err)
	}
	defer db.Close()
	report.Bytes = info.Size()
	err = db.View(func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%d of its %d bytes are there", info.Size(), tx.Size())
		}
		for err := range tx.Check() {
			return err
		}
		return report.read(tx)
	})
	if err != nil {
		return report, openError(path, err)
	}
	return report, nil
}

// read counts the links, and holds the two buckets to each other.
func (r *Report) read(tx *bbolt.Tx) error {
	if number, err := formatOf(tx); err != nil {
		return err
	} else if number == 0 {
		return errors.New("it is empty")
	}
	links, byAdded := tx.Bucket([]byte(linksBucket)), tx.Bucket([]byte(byAddedBucket))
	err := byAdded.ForEach(func(key, value []byte) error {
		if len(key) != len(uuid.UUID{}) || len(value) <= idBytes {
			return fmt.Errorf("the entry %x is no link", key)
		}
		link := decode(key, value)
		if added := links.Get(link.ID[:]); !bytes.Equal(added, key) {
			return fmt.Errorf("link %s is listed under %x, and has %x", link.ID, key, added)
		}
		r.add(link)
		return nil
	})
	if err != nil {
		return err
	}
	return links.ForEach(func(id, added []byte) error {
		if byAdded.Get(added) == nil {
			return fmt.Errorf("link %x is not listed", id)
		}
		return nil
	})
}

func (r *Report) add(link store.Link) {
	if r.Links == 0 {
		r.Oldest = link.AddedAt()
	}
	r.Newest = link.AddedAt()
	r.Links++
	if link.Title != "" {
		r.Titles++
	}
}
