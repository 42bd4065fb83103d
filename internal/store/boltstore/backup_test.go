package boltstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"links/internal/store/storetest"
)

// writeFunc is an io.Writer.
type writeFunc func([]byte) (int, error)

func (f writeFunc) Write(p []byte) (int, error) { return f(p) }

func TestBackup_WriterThatFails(t *testing.T) {
	s := open(t, newPath(t))
	failed := errors.New("connection closed")
	err := s.Backup(t.Context(), func(int64) io.Writer {
		return writeFunc(func([]byte) (int, error) { return 0, failed })
	})
	if err == nil {
		t.Error("Backup returned no error")
	}
}

func TestSnapshot_IsWhatBackupSends(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	storetest.Put(t, s, links(0, 500)...)
	for name, snapshot := range map[string]func(begin func(int64) io.Writer) error{
		"Backup":   func(begin func(int64) io.Writer) error { return s.Backup(t.Context(), begin) },
		"Snapshot": func(begin func(int64) io.Writer) error { return Snapshot(t.Context(), path, begin) },
	} {
		copied := newPath(t)
		var data bytes.Buffer
		var size int64
		must(t, snapshot(func(n int64) io.Writer { size = n; return &data }))
		write(t, copied, data.Bytes())
		if report, err := Check(t.Context(), copied); err != nil || report.Links != 500 || report.Bytes != size {
			t.Errorf("Check of the copy of %s = %+v, %v", name, report, err)
		}
	}
}

func TestSnapshot_OfAFileThatChanges(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	storetest.Put(t, s, links(0, 500)...)
	commit := sync.OnceFunc(func() { storetest.Put(t, s, numbered(500)) })
	err := Snapshot(t.Context(), path, func(int64) io.Writer {
		return writeFunc(func(p []byte) (int, error) {
			commit()
			return len(p), nil
		})
	})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("Snapshot = %v, want ErrChanged", err)
	}
}

func TestSnapshot_EndsWithItsContext(t *testing.T) {
	path, _ := storeFile(t, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Snapshot(ctx, path, func(int64) io.Writer { return io.Discard }); !errors.Is(err, context.Canceled) {
		t.Errorf("Snapshot = %v, want Canceled", err)
	}
}

// compact runs Compact on the file at path and returns the path of the copy.
func compact(t *testing.T, path string) (string, error) {
	t.Helper()
	from, err := os.Open(path)
	must(t, err)
	defer from.Close()
	copied := newPath(t)
	return copied, Compact(t.Context(), from, path, copied)
}

func TestCompact_HasTheSameLinksInLessSpace(t *testing.T) {
	path := newPath(t)
	s, err := Open(Config{Path: path})
	must(t, err)
	all := append(links(0, 3000), longLinks(3000, 200)...) // several commits of Compact
	for i := range all {
		if i%3 == 0 {
			all[i].Title = "Title"
		}
	}
	storetest.Put(t, s, all...)
	must(t, s.Close())
	for _, kept := range []int{3200, 20, 0} {
		s, err := Open(Config{Path: path})
		must(t, err)
		must(t, s.db.Update(func(tx *bbolt.Tx) error { // in one commit
			links, byAdded := tx.Bucket([]byte(linksBucket)), tx.Bucket([]byte(byAddedBucket))
			for _, l := range all[kept:] {
				must(t, byAdded.Delete(links.Get(l.ID[:])))
				must(t, links.Delete(l.ID[:]))
			}
			return nil
		}))
		all = all[:kept]
		must(t, s.Close())
		copied, err := compact(t, path)
		must(t, err)
		want, got := readWithBbolt(t, path), readWithBbolt(t, copied)
		if !slices.Equal(got, want) || len(got) != kept {
			t.Errorf("the copy has %d links, want the same %d", len(got), kept)
		}
		before, err := Check(t.Context(), path)
		must(t, err)
		report, err := Check(t.Context(), copied)
		if err != nil || report.Links != before.Links || report.Titles != before.Titles || report.Bytes > before.Bytes {
			t.Errorf("Check of the copy = %+v, %v, of the file %+v", report, err, before)
		}
		if report.Bytes > 700*int64(kept)+32<<10 {
			t.Errorf("a copy of %d links has %d bytes", kept, report.Bytes)
		}
		storetest.Put(t, open(t, copied), numbered(9999)) // it is a store
	}
}

func TestCompact_OfADamagedFile(t *testing.T) {
	path, data := storeFile(t, 300)
	used, _, _, err := readMetas(bytes.NewReader(data))
	must(t, err)
	clear(data[used.root*4096:][:4096])
	write(t, path, data)
	if _, err := compact(t, path); err == nil || !strings.Contains(err.Error(), path+" is damaged") {
		t.Errorf("Compact = %v", err)
	}
}

func TestLocked_FileThatIsOpen(t *testing.T) {
	path := newPath(t)
	s, err := Open(Config{Path: path})
	must(t, err)
	if !Locked(path) {
		t.Error("Locked = false for an open file")
	}
	must(t, s.Close())
	if Locked(path) {
		t.Error("Locked = true for a closed file")
	}
}
