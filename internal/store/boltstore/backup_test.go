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
	"time"

	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store/storetest"
)

// A writeFunc is a function that implements io.Writer.
type writeFunc func([]byte) (int, error)

func (f writeFunc) Write(p []byte) (int, error) { return f(p) }

func TestBackup_WriterFails(t *testing.T) {
	s := open(t, newPath(t))
	failed := errors.New("connection closed")
	err := s.Backup(t.Context(), func(int64) io.Writer {
		return writeFunc(func([]byte) (int, error) { return 0, failed })
	})
	if err == nil {
		t.Error("Backup: got no error, want one")
	}
}

func TestSnapshot_EqualsBackup(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	all := storetest.Links(t, 0, 500)
	for i := range all[:300] {
		all[i].Tags = "first,second"
		if i < 200 {
			all[i].Note = "Note"
		}
	}
	storetest.Put(t, s, all...)
	for name, snapshot := range map[string]func(begin func(int64) io.Writer) error{
		"Backup":   func(begin func(int64) io.Writer) error { return s.Backup(t.Context(), begin) },
		"Snapshot": func(begin func(int64) io.Writer) error { return Snapshot(t.Context(), path, begin) },
	} {
		copied := newPath(t)
		var data bytes.Buffer
		var size int64
		must(t, snapshot(func(n int64) io.Writer { size = n; return &data }))
		write(t, copied, data.Bytes())
		report, err := Check(t.Context(), copied)
		report.Oldest, report.Newest = time.Time{}, time.Time{}
		if want := (Report{Links: 500, Tagged: 300, Noted: 200, Bytes: size}); err != nil || report != want {
			t.Errorf("Check of the copy of %s: got %+v, %v, want %+v", name, report, err, want)
		}
		storetest.WantLinks(t, storetest.List(t, open(t, copied), link.Timestamp{}, 1000), all...)
	}
}

func TestSnapshot_FileChanges(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	storetest.Put(t, s, storetest.Links(t, 0, 500)...)
	commit := sync.OnceFunc(func() { storetest.Put(t, s, storetest.Link(t, 500)) })
	err := Snapshot(t.Context(), path, func(int64) io.Writer {
		return writeFunc(func(p []byte) (int, error) {
			commit()
			return len(p), nil
		})
	})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("Snapshot: got %v, want ErrChanged", err)
	}
}

func TestSnapshot_EndsWithItsContext(t *testing.T) {
	path, _ := storeFile(t, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Snapshot(ctx, path, func(int64) io.Writer { return io.Discard }); !errors.Is(err, context.Canceled) {
		t.Errorf("Snapshot: got %v, want Canceled", err)
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

func TestCompact_SameLinksInLessSpace(t *testing.T) {
	path := newPath(t)
	s, err := Open(Config{Path: path})
	must(t, err)
	all := append(storetest.Links(t, 0, 3000), largeLinks(t, 3000, 200)...) // several commits of Compact
	for i := range all {
		if i%3 == 0 {
			all[i].Title = "Title"
		}
		if i%5 == 0 {
			all[i].Tags = "first,second"
		}
		if i%7 == 0 {
			all[i].Note = "Note\nof two lines"
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
			t.Errorf("Compact: got %d links, want the same %d", len(got), kept)
		}
		before, err := Check(t.Context(), path)
		must(t, err)
		report, err := Check(t.Context(), copied)
		before.Bytes = min(before.Bytes, report.Bytes)
		if err != nil || report != before {
			t.Errorf("Check of the copy: got %+v, %v, want %+v", report, err, before)
		}
		if limit := 700*int64(kept) + 32<<10; report.Bytes > limit {
			t.Errorf("Compact: got %d bytes for %d links, want at most %d", report.Bytes, kept, limit)
		}
		storetest.Put(t, open(t, copied), storetest.Link(t, 9999)) // the copy is a store
	}
}

func TestCompact_CorruptFile(t *testing.T) {
	path, data := storeFile(t, 300)
	used, _, _, err := readMetas(bytes.NewReader(data))
	must(t, err)
	clear(data[used.root*4096:][:4096])
	write(t, path, data)
	if _, err := compact(t, path); err == nil || !strings.Contains(err.Error(), path+" is corrupt") {
		t.Errorf("Compact: got %v, want an error that names the corrupt file", err)
	}
}

func TestLocked_OpenFile(t *testing.T) {
	path := newPath(t)
	s, err := Open(Config{Path: path})
	must(t, err)
	if !locked(path) {
		t.Error("locked of an open file: got false, want true")
	}
	must(t, s.Close())
	if locked(path) {
		t.Error("locked of a closed file: got true, want false")
	}
}
