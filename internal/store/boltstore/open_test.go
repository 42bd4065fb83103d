package boltstore

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"links/internal/store/storetest"
)

func TestOpen_InvalidFile(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"open in another process", func(t *testing.T, path string) { open(t, path) }, "another process has it open"},
		{"a directory", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "is a directory"},
		{"a small text", func(t *testing.T, path string) {
			write(t, path, []byte("https://example.com\n"))
		}, "not a database of links"},
		{"a large text", func(t *testing.T, path string) {
			write(t, path, bytes.Repeat([]byte("links\n"), 9000))
		}, "not a database of links"},
		{"another program's database", otherProgram, "another program"},
		{"of a newer format", func(t *testing.T, path string) {
			ofFormat(t, path, "4")
		}, "file format 4 is not supported (this version supports up to 3)"},
		{"of an invalid format", func(t *testing.T, path string) { ofFormat(t, path, "x") }, "not a number"},
		{"truncated by a byte", func(t *testing.T, path string) {
			truncated(t, path, func(n int64) int64 { return n - 1 })
		}, "truncated"},
		{"truncated to some pages", func(t *testing.T, path string) {
			truncated(t, path, func(int64) int64 { return 20_000 })
		}, "corrupt"},
		{"without permission", withoutPermission, "permission denied"},
		{"in a directory without permission", inReadOnlyDirectory, "the directory must be writable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			c.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := Open(Config{Path: path})
			if err == nil {
				s.Close()
				t.Fatal("Open: got no error, want one")
			}
			if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open: got %q, want an error that contains the path and %q", err, c.want)
			}
			if strings.Contains(err.Error(), "runtime error") || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: got %q, want one line without the text of a panic", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
				t.Error("Open changed the file that it rejected")
			}
		})
	}
}

func TestOpen_MissingDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	_, err := Open(Config{Path: filepath.Join(dir, "links.db")})
	const want = "directory of a new file must exist"
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), want) {
		t.Errorf("Open: got %v, want an error that contains the path and %q", err, want)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("Stat of the directory: got %v, want it to be missing", err)
	}
}

func TestOpen_WaitsForLock(t *testing.T) {
	path := newPath(t)
	first := open(t, path)
	opened := make(chan error)
	go func() {
		second, err := Open(Config{Path: path})
		if err == nil {
			err = second.Close()
		}
		opened <- err
	}()
	must(t, first.Close())
	must(t, <-opened)
}

func TestOpen_NewFileMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	path := newPath(t)
	open(t, path)
	info, err := os.Stat(path)
	must(t, err)
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("mode of the file: got %o, want 600", mode)
	}
}

// On a file system without hard links, bbolt creates the file under its name.
func TestOpenDatabase_NewFileMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	path := newPath(t)
	db, _, err := openDatabase(path)
	must(t, err)
	defer db.Close()
	info, err := os.Stat(path)
	must(t, err)
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("mode of the file: got %o, want 600", mode)
	}
}

func TestOpen_EmptyFile(t *testing.T) {
	path := newPath(t)
	write(t, path, nil)
	storetest.Put(t, open(t, path), storetest.Link(t, 1))
}

func TestOpen_RemovesPartsOfKilledStarts(t *testing.T) {
	path := newPath(t)
	write(t, path+".part-1", nil)
	write(t, path+".part-2", []byte("not complete"))
	write(t, path+".part-old", nil)
	open(t, path+".part-3") // of a process that continues
	open(t, path)
	var got []string
	entries, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want := []string{"links.db", "links.db.part-3", "links.db.part-old"}; !slices.Equal(got, want) {
		t.Errorf("files after Open: got %q, want %q", got, want)
	}
}

// One of several processes creates the file and removes the parts of the others.
func TestOpen_ConcurrentFirstStarts(t *testing.T) {
	for range 5 {
		path := newPath(t)
		var starts sync.WaitGroup
		for range 8 {
			starts.Go(func() {
				s, err := Open(Config{Path: path})
				if err == nil {
					err = s.Close()
				}
				if err != nil && !strings.Contains(err.Error(), "another process has it open") {
					t.Error(err)
				}
			})
		}
		starts.Wait()
	}
}

func otherProgram(t *testing.T, path string) {
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte(linksBucket))
		return err
	}))
	must(t, db.Close())
}

func ofFormat(t *testing.T, path, number string) {
	s, err := Open(Config{Path: path})
	must(t, err)
	must(t, s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(metaBucket)).Put([]byte(formatKey), []byte(number))
	}))
	must(t, s.Close())
}

// truncated creates a file from the start of a complete one, whose last commit
// did not write to its end.
func truncated(t *testing.T, path string, size func(complete int64) int64) {
	complete := newPath(t)
	s := open(t, complete)
	for i := range 10 {
		storetest.Put(t, s, largeLinks(t, 50*i, 50)...)
	}
	for i := range 10 {
		storetest.Put(t, s, storetest.Link(t, 1000+i))
	}
	var used int64
	must(t, s.db.View(func(tx *bbolt.Tx) error {
		used = tx.Size()
		return nil
	}))
	must(t, s.Close())
	file, err := os.ReadFile(complete)
	must(t, err)
	write(t, path, file[:size(used)])
}

func withoutPermission(t *testing.T, path string) {
	if os.Geteuid() == 0 {
		t.Skip("root may open any file")
	}
	must(t, os.WriteFile(path, nil, 0o400))
}

func inReadOnlyDirectory(t *testing.T, path string) {
	if os.Geteuid() == 0 {
		t.Skip("root may write to any directory")
	}
	must(t, os.Chmod(filepath.Dir(path), 0o500))
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	must(t, os.WriteFile(path, content, 0o600))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
