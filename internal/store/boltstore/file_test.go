package boltstore

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/storetest"
)

func TestPut_GrowsBehindStalledRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows, a larger map enlarges the file")
	}
	s := open(t, newPath(t))
	storetest.Put(t, s, storetest.Link(t, 0))
	reads, err := s.db.Begin(false) // as a backup whose client stalls
	must(t, err)
	defer func() { must(t, reads.Rollback()) }()
	// If Put waits for the read, it ends only with the context.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const n = 1000 // 8 MB, and the smallest map is 32 KiB
	must(t, s.Put(ctx, largeLinks(t, 1, n)...))
	if got, err := storetest.Collect(s.List(ctx, link.Position{}, 2*n)); err != nil || len(got) != n+1 {
		t.Errorf("List: got %d links, %v, want %d", len(got), err, n+1)
	}
	must(t, s.Ready(ctx))
}

// limitedMemory is the variable that is set in the child process, whose address
// space is limited.
const limitedMemory = "BOLTSTORE_TEST_LIMITED_MEMORY"

func TestOpen_LimitedAddressSpace(t *testing.T) {
	if os.Getenv(limitedMemory) != "" {
		s := open(t, newPath(t))
		storetest.Put(t, s, largeLinks(t, 0, 300)...)
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("ulimit -v limits the address space only on Linux")
	}
	if mapSize("") < 8<<30 {
		t.Skip("the map has no reserve here")
	}
	const script = `ulimit -v 8388608 && exec "$0" -test.run="$1"`
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script, os.Args[0], "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), limitedMemory+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("test with limited address space: %v: %s", err, out)
	}
}

func TestOpen_SmallStoreIsSmallFile(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	storetest.Put(t, s, storetest.Links(t, 0, 100)...)
	info, err := os.Stat(path)
	must(t, err)
	if info.Size() > 2*growth {
		t.Errorf("file of 100 links: got %d bytes, want at most %d", info.Size(), 2*growth)
	}
}

func TestStore_FileReplacedOrRemoved(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows, an open file cannot be moved")
	}
	for name, c := range map[string]struct {
		change func(t *testing.T, path string)
		want   string
	}{
		"a file that is replaced by its copy": {func(t *testing.T, path string) {
			content, err := os.ReadFile(path)
			must(t, err)
			write(t, path+".copy", content)
			must(t, os.Rename(path+".copy", path))
		}, "was replaced"},
		"a file that is removed": {func(t *testing.T, path string) { must(t, os.Remove(path)) }, "was removed"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "links.db")
			s, err := Open(Config{Path: path})
			must(t, err)
			defer s.Close()
			storetest.Put(t, s, storetest.Link(t, 1))
			moved := path + ".moved"
			must(t, os.Link(path, moved))
			c.change(t, path)
			wantBroken(t, s, path+" "+c.want)
			got, err := s.Get(t.Context(), storetest.Link(t, 1).ID)
			if err != nil || got.URL != storetest.Link(t, 1).URL {
				t.Errorf("Get: got %v, %v, want the link unchanged", got, err)
			}

			must(t, os.Rename(moved, path))
			must(t, s.Ready(t.Context()))
			storetest.Put(t, s, storetest.Link(t, 2))
			if n := len(storetest.List(t, s, link.Timestamp{}, 10)); n != 2 {
				t.Errorf("List after the file is back: got %d links, want 2", n)
			}
		})
	}
}

// cp overwrites the content of an existing file, which stays open.
func TestStore_FileOverwritten(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows, an open file cannot be overwritten")
	}
	for name, c := range map[string]struct {
		content func(t *testing.T, open []byte) []byte
		want    string
	}{
		"with a larger store": {func(t *testing.T, _ []byte) []byte {
			path := newPath(t)
			s := open(t, path)
			storetest.Put(t, s, storetest.Links(t, 100, 3000)...)
			must(t, s.Close())
			content, err := os.ReadFile(path)
			must(t, err)
			return content
		}, "was overwritten"},
		"with a part of itself": {func(_ *testing.T, open []byte) []byte {
			return open[:4*os.Getpagesize()]
		}, "is truncated"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "links.db")
			s, err := Open(Config{Path: path})
			must(t, err)
			defer s.Close()
			storetest.Put(t, s, storetest.Link(t, 1))
			storetest.Put(t, s, storetest.Link(t, 2))
			content, err := os.ReadFile(path)
			must(t, err)
			content = c.content(t, content)
			write(t, path, content)
			wantBroken(t, s, c.want)
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
				t.Errorf("content of the file: got it changed (%v), want it as it was overwritten", err)
			}
		})
	}
}

// wantBroken expects all writes to a store that contains link 1, and Ready, to return
// an internal error of one line that contains the text.
func wantBroken(t *testing.T, s *Store, text string) {
	t.Helper()
	_, updateErr := s.Update(t.Context(), storetest.Link(t, 1).ID, link.Changes{Title: new("One")})
	for name, err := range map[string]error{
		"Put of a new link":       s.Put(t.Context(), storetest.Link(t, 99)),
		"Put of an existing link": s.Put(t.Context(), storetest.Link(t, 1)),
		"Update":                  updateErr,
		"Delete":                  s.Delete(t.Context(), storetest.Link(t, 1).ID),
		"Ready":                   s.Ready(t.Context()),
	} {
		internal := err != nil && !errors.Is(err, store.ErrUnavailable)
		if !internal || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want an internal error of one line that contains %q", name, err, text)
		}
	}
}

func TestReady_AfterCorruptPage(t *testing.T) {
	path := newPath(t)
	s, err := Open(Config{Path: path})
	must(t, err)
	all := storetest.Links(t, 0, 2000)
	storetest.Put(t, s, all...)
	oldest := all[len(all)-1]
	must(t, s.Close())
	corruptLeafOf(t, path, oldest.URL)

	var log bytes.Buffer
	debug := &slog.HandlerOptions{Level: slog.LevelDebug}
	s, err = Open(Config{Path: path, Log: slog.New(slog.NewTextHandler(&log, debug))})
	must(t, err)
	defer s.Close()
	must(t, s.Ready(t.Context())) // does not read that page
	_, err = s.Get(t.Context(), oldest.ID)
	if err == nil || errors.Is(err, store.ErrNotFound) || strings.Contains(err.Error(), "\n") {
		t.Errorf("Get: got %q, want an error of one line", err)
	}
	if ready := s.Ready(t.Context()); ready == nil || ready.Error() != err.Error() {
		t.Errorf("Ready: got %v, want %v", ready, err)
	}
	if !strings.Contains(log.String(), "level=DEBUG") || !strings.Contains(log.String(), "boltstore.go") {
		t.Errorf("log: got %q, want a stack at debug level", &log)
	}
	if got, err := s.Get(t.Context(), all[0].ID); err != nil || got.URL != all[0].URL {
		t.Errorf("Get of a link on an intact page: got %v, %v, want the link", got, err)
	}
}

// A list of such an entry would contain a link that nobody stored, or never end.
func TestList_EntryThatIsTooShort(t *testing.T) {
	for name, cut := range map[string]func(key, value []byte) ([]byte, []byte){
		"a sort key": func(key, value []byte) ([]byte, []byte) { return key[:idBytes-1], value },
		"a value":    func(key, value []byte) ([]byte, []byte) { return key, value[:idBytes-1] },
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(Config{Path: newPath(t)})
			must(t, err)
			defer s.Close()
			storetest.Put(t, s, storetest.Links(t, 0, 2)...)
			must(t, s.db.Update(func(tx *bbolt.Tx) error {
				byAdded := tx.Bucket([]byte(byAddedBucket))
				key, value := byAdded.Cursor().First()
				key, value = bytes.Clone(key), bytes.Clone(value)
				must(t, byAdded.Delete(key))
				return byAdded.Put(cut(key, value))
			}))
			must(t, s.loadHead())
			n := 0
			var last error
			for _, err := range s.List(t.Context(), link.Position{}, 10) {
				n, last = n+1, err
			}
			if n != 1 || last == nil {
				t.Errorf("List: got %d results, the last with the error %v, want only an error", n, last)
			}
			if ready := s.Ready(t.Context()); ready == nil {
				t.Error("Ready: got nil, want an error")
			}
		})
	}
}

// corruptLeafOf overwrites the header of each page that contains the text.
func corruptLeafOf(t *testing.T, path, text string) {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	size := os.Getpagesize()
	found := false
	for page := 2 * size; page+size <= len(content); page += size {
		if bytes.Contains(content[page:page+size], []byte(text)) {
			copy(content[page+8:], bytes.Repeat([]byte{0xff}, 8)) // flags, count and overflow
			found = true
		}
	}
	if !found {
		t.Fatalf("pages that contain %s: got none", text)
	}
	write(t, path, content)
}

func TestOpen_ReportsLinksInFuture(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	soon := link.TimestampAt(time.Now().Add(30 * time.Second))
	insert(t, s, 0, soon)
	must(t, s.Close())
	if log := logOfOpen(t, path); log != "" {
		t.Errorf("log: got %q, want nothing about a link %v in the future", log, 30*time.Second)
	}
	s = open(t, path)
	ahead := time.Now().Add(time.Hour)
	for i := range maxReportedFuture {
		insert(t, s, 1+i, link.TimestampAt(ahead.Add(time.Duration(i)*time.Second)))
	}
	must(t, s.Close())
	log := logOfOpen(t, path)
	for _, want := range []string{
		"level=WARN", "dated in the future", "more=false",
		storetest.Link(t, 1).ID.String(), storetest.Link(t, maxReportedFuture).ID.String(),
	} {
		if !strings.Contains(log, want) {
			t.Errorf("log: got %q, want %q in it", log, want)
		}
	}
	if strings.Contains(log, storetest.Link(t, 0).ID.String()) {
		t.Errorf("log: got %q, want nothing about the link %v in the future", log, 30*time.Second)
	}
	s = open(t, path)
	insert(t, s, 1000, link.TimestampAt(ahead.Add(-time.Second)))
	must(t, s.Close())
	log = logOfOpen(t, path)
	if !strings.Contains(log, "more=true") || strings.Contains(log, storetest.Link(t, 1000).ID.String()) {
		t.Errorf("log: got %q, want %d IDs and more=true", log, maxReportedFuture)
	}
}

func logOfOpen(t *testing.T, path string) string {
	t.Helper()
	var log bytes.Buffer
	s, err := Open(Config{Path: path, Log: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, err)
	must(t, s.Close())
	return log.String()
}

// insert writes link i as a process with a different clock does.
func insert(t *testing.T, s *Store, i int, added link.Timestamp) {
	t.Helper()
	l := storetest.Link(t, i)
	l.Added = added
	must(t, s.db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(
			tx.Bucket([]byte(linksBucket)).Put(l.ID[:], l.Added[:]),
			tx.Bucket([]byte(byAddedBucket)).Put(l.Added[:], encode(l, "")))
	}))
	must(t, s.loadHead())
}
