package boltstore

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"links/internal/store/storetest"

	"go.etcd.io/bbolt"
)

func TestAFileThatCannotBeOpenedIsAnErrorThatSaysWhy(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"open elsewhere", func(t *testing.T, path string) { open(t, path) }, "another process has it open"},
		{"a directory", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "is a directory"},
		{"a short text", func(t *testing.T, path string) { write(t, path, []byte("https://example.com\n")) }, "no database of links"},
		{"a long text", func(t *testing.T, path string) { write(t, path, bytes.Repeat([]byte("links\n"), 9000)) }, "no database of links"},
		{"another program's database", otherProgram, "another program"},
		{"of a newer format", func(t *testing.T, path string) { ofFormat(t, path, "3") }, "its format is 3, and this program knows formats up to 2"},
		{"of no format", func(t *testing.T, path string) { ofFormat(t, path, "x") }, "no number"},
		{"a byte short", func(t *testing.T, path string) { cutShort(t, path, func(n int64) int64 { return n - 1 }) }, "damaged"},
		{"cut to some pages", func(t *testing.T, path string) { cutShort(t, path, func(int64) int64 { return 20_000 }) }, "damaged"},
		{"without permission", withoutPermission, "permission denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			c.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := Open(Config{Path: path})
			if err == nil {
				s.Close()
				t.Fatal("Open returned no error")
			}
			if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open = %q, want the file's name and %q", err, c.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
				t.Error("Open changed the file that it refused")
			}
		})
	}
}

func TestAFileInAMissingDirectoryIsAnErrorAndMakesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	_, err := Open(Config{Path: filepath.Join(dir, "links.db")})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "directory of a new file must exist") {
		t.Errorf("Open = %v, want an error about the directory", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("Stat of the directory = %v, want it missing still", err)
	}
}

func TestOpenWaitsForAProcessThatIsAboutToClose(t *testing.T) {
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

func TestANewFileIsReadableByItsOwnerOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	path := newPath(t)
	open(t, path)
	info, err := os.Stat(path)
	must(t, err)
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the file's mode is %o, want 600", mode)
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
		t.Errorf("the file's mode is %o, want 600", mode)
	}
}

func TestAnEmptyFileBecomesAStore(t *testing.T) {
	path := newPath(t)
	write(t, path, nil)
	storetest.Put(t, open(t, path), numbered(1))
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

// cutShort makes the file from the beginning of one whose last write is not at its end.
func cutShort(t *testing.T, path string, size func(whole int64) int64) {
	whole := newPath(t)
	s := open(t, whole)
	for i := range 10 {
		storetest.Put(t, s, longLinks(50*i, 50)...)
	}
	for i := range 10 {
		storetest.Put(t, s, numbered(1000+i))
	}
	var used int64
	must(t, s.db.View(func(tx *bbolt.Tx) error {
		used = tx.Size()
		return nil
	}))
	must(t, s.Close())
	file, err := os.ReadFile(whole)
	must(t, err)
	write(t, path, file[:size(used)])
}

func withoutPermission(t *testing.T, path string) {
	if os.Geteuid() == 0 {
		t.Skip("root may open any file")
	}
	must(t, os.WriteFile(path, nil, 0o400))
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
