package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store/storetest"
)

// A contents is an input with the bytes of a file.
type contents struct {
	*bytes.Reader
	path string
}

func (c contents) Stat() (os.FileInfo, error) { return os.Stat(c.path) }

// storeFile creates a file with large links, titles, tags, notes and free pages.
// It returns its path and its bytes.
func storeFile(t *testing.T, n int) (string, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	s, err := Open(Config{Path: path})
	must(t, err)
	all := append(storetest.Links(t, 0, n), largeLinks(t, n, n/100)...)
	for i := range all {
		if i%2 == 0 {
			all[i].Title = "Title " + strings.Repeat("x", 10*(i%50))
		}
		if i%3 == 0 {
			all[i].Tags = "first,second"
		}
		if i%7 == 0 {
			all[i].Note = "Note\n" + strings.Repeat("x", 10*(i%50))
		}
	}
	storetest.Put(t, s, all...)
	for i := 0; i < len(all); i += 5 {
		must(t, s.Delete(t.Context(), all[i].ID))
	}
	must(t, s.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	used, _, _, err := readMetas(bytes.NewReader(data))
	must(t, err)
	data = data[:used.pages*4096] // without the reserve at its end
	must(t, os.Truncate(path, int64(len(data))))
	return path, data
}

// readWithBbolt returns the links of a file, oldest first, as bbolt reads it.
func readWithBbolt(t *testing.T, path string) (all []link.Link) {
	t.Helper()
	db, err := bbolt.Open(path, fileMode, &bbolt.Options{ReadOnly: true})
	must(t, err)
	must(t, db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(byAddedBucket)).ForEach(func(key, value []byte) error {
			l, _ := decode(key, value)
			all = append(all, l)
			return nil
		})
	}))
	must(t, db.Close())
	return all
}

// sameLinks reports whether two lists are equal except for titles, tags and
// notes, and for spellings of a URL that have the same ID.
func sameLinks(a, b []link.Link) bool {
	return slices.EqualFunc(a, b, func(a, b link.Link) bool {
		parsed, err := link.Parse(b.URL)
		return err == nil && a.ID == b.ID && a.ID == parsed.ID && a.Added == b.Added
	})
}

func TestCheck_FindsFlippedBits(t *testing.T) {
	for name, n := range map[string]int{"in buckets of one page": 10, "in trees": 300} {
		t.Run(name, func(t *testing.T) {
			path, data := storeFile(t, n)
			intact := readWithBbolt(t, path)
			random := rand.New(rand.NewPCG(1, uint64(n)))
			damaged := newPath(t)
			found := 0
			const flips = 500
			for range flips {
				at, bit := random.IntN(len(data)), byte(1)<<random.IntN(8)
				if random.IntN(2) == 0 { // half of them in headers and elements
					at = at/4096*4096 + at%256
				}
				data[at] ^= bit
				report, err := check(t.Context(), contents{bytes.NewReader(data), path}, nil)
				if err != nil {
					found++
					if text := checkError(path, err).Error(); strings.Contains(text, "\n") {
						t.Errorf("check with byte %d changed: got the error %q, want one line", at, text)
					}
				} else {
					// Not found: then the links must be unchanged.
					write(t, damaged, data)
					if report.Links != len(intact) || !sameLinks(intact, readWithBbolt(t, damaged)) {
						t.Errorf("check with bit %#x of byte %d flipped: got %d links and no error, want an error",
							bit, at, report.Links)
					}
				}
				data[at] ^= bit
			}
			if found < flips/10 {
				t.Errorf("check: found %d of %d flipped bits, want at least a tenth", found, flips)
			}
		})
	}
}

func TestCheck_SurvivesRandomPages(t *testing.T) {
	path, data := storeFile(t, 300)
	all := len(readWithBbolt(t, path))
	random := rand.New(rand.NewPCG(2, 3))
	for range 300 {
		damaged := slices.Clone(data)
		page := damaged[(2+random.IntN(len(data)/4096-2))*4096:][:4096]
		switch random.IntN(3) {
		case 0: // random bytes
			for i := range page {
				page[i] = byte(random.Uint32())
			}
		case 1: // another page
			copy(page, damaged[random.IntN(len(data)/4096)*4096:][:4096])
		case 2: // random references
			for i := 16; i < 16+16*8; i++ {
				page[i] = byte(random.Uint32())
			}
		}
		report, err := check(t.Context(), contents{bytes.NewReader(damaged), path}, nil)
		if err == nil && report.Links != all {
			t.Errorf("check: got %d links and no error, want %d links or an error", report.Links, all)
		}
	}
}

func TestCheck_FreePages(t *testing.T) {
	path, data := storeFile(t, 300)
	used, _, _, err := readMetas(bytes.NewReader(data))
	must(t, err)
	list := data[used.freelist*4096:][:4096]
	count := int(binary.NativeEndian.Uint16(list[10:]))
	if count < 3 {
		t.Fatalf("free pages: got %d, want at least 3", count)
	}
	wantCorrupt := func(name string) {
		t.Helper()
		if _, err := check(t.Context(), contents{bytes.NewReader(data), path}, nil); err == nil {
			t.Errorf("check of %s: got no error, want one", name)
		}
	}
	for i := range count {
		list[headerBytes+8*i] ^= 1
		wantCorrupt("a free page with another number")
		list[headerBytes+8*i] ^= 1
	}
	binary.NativeEndian.PutUint16(list[10:], uint16(count-1))
	wantCorrupt("a page neither used nor free")
	binary.NativeEndian.PutUint16(list[10:], 0xFFFF)
	wantCorrupt("a list larger than its page")
}

func TestCheck_BranchPageContainsItself(t *testing.T) {
	path, data := storeFile(t, 300)
	branches := 0
	for number := range uint64(len(data) / 4096) {
		page := data[number*4096:][:4096]
		if binary.NativeEndian.Uint16(page[8:]) != branchPage || binary.NativeEndian.Uint64(page) != number {
			continue
		}
		branches++
		damaged := slices.Clone(data)
		binary.NativeEndian.PutUint64(damaged[number*4096+headerBytes+8:], number)
		// Not every branch page is in use.
		_, err := check(t.Context(), contents{bytes.NewReader(damaged), path}, nil)
		if err != nil && !strings.Contains(err.Error(), "used twice") {
			t.Errorf("check: got %v, want a page that is used twice", err)
		}
	}
	if branches < 2 {
		t.Errorf("branch pages: got %d, want at least 2", branches)
	}
}

// An unreadableFile is a file with a page that the disk cannot read.
type unreadableFile struct {
	contents
	from int64
}

func (u unreadableFile) ReadAt(p []byte, at int64) (int, error) {
	if at < u.from+4096 && at+int64(len(p)) > u.from {
		return int(max(0, u.from-at)), &os.PathError{Op: "read", Path: u.path, Err: syscall.EIO}
	}
	return u.contents.ReadAt(p, at)
}

func TestCheck_CountsWhatItCanRead(t *testing.T) {
	path, data := storeFile(t, 300)
	all := len(readWithBbolt(t, path))
	most := 0
	for page := 2; page < len(data)/4096; page++ {
		from := int64(page * 4096)
		report, err := check(t.Context(), unreadableFile{contents{bytes.NewReader(data), path}, from}, nil)
		if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), fmt.Sprintf("byte %d cannot be read", from)) {
			t.Fatalf("check with page %d unreadable: got %v, want the error of byte %d", page, err, from)
		}
		if report.Links < all {
			most = max(most, report.Links)
		}
	}
	if most < all*9/10 {
		t.Errorf("check with one page unreadable: got at most %d of %d links, want nine tenths", most, all)
	}
}

func TestCheck_TruncatedFile(t *testing.T) {
	path, data := storeFile(t, 300)
	for size := len(data) - 1; size > 0; size -= 4096 {
		must(t, os.Truncate(path, int64(size)))
		want := "truncated"
		if size < 3*4096 {
			want = "corrupt" // the first two pages are
		}
		_, err := Check(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Fatalf("Check of %d of %d bytes: got %v, want one line with %q", size, len(data), err, want)
		}
	}
}

func TestCheck_ImpossibleNumberOfPages(t *testing.T) {
	path, data := storeFile(t, 1)
	for _, page := range [][]byte{data[:4096], data[4096:8192]} {
		body := page[headerBytes : headerBytes+metaBytes]
		binary.NativeEndian.PutUint64(body[40:], 1<<60) // in bytes, this overflows 64 bits
		sum := fnv.New64a()
		_, _ = sum.Write(body[:metaBytes-8])
		binary.NativeEndian.PutUint64(body[56:], sum.Sum64())
	}
	write(t, path, data)
	if _, err := Check(t.Context(), path); !errors.Is(err, errNoMeta) {
		t.Errorf("Check: got %v, want %v", err, errNoMeta)
	}
}

func TestCheck_InvalidFile(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"missing", func(*testing.T, string) {}, "no such file"},
		{"a directory", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "is a directory"},
		{"empty", func(t *testing.T, path string) { write(t, path, nil) }, "not a database of links"},
		{"a text", func(t *testing.T, path string) {
			write(t, path, bytes.Repeat([]byte("links\n"), 9000))
		}, "not a database of links"},
		{"another program's database", otherProgram, "another program"},
		{"of a newer format", func(t *testing.T, path string) {
			ofFormat(t, path, "4")
		}, "file format 4 is not supported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := newPath(t)
			c.make(t, path)
			_, err := Check(t.Context(), path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("Check: got %v, want an error that contains the path and %q", err, c.want)
			}
		})
	}
}

// A changingFile is a file to which a server commits while it is read.
type changingFile struct {
	*os.File
	commit func()
}

func (c changingFile) ReadAt(p []byte, at int64) (int, error) {
	if at > 0 {
		c.commit()
	}
	return c.File.ReadAt(p, at)
}

func TestCheck_FileInUse(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	storetest.Put(t, s, storetest.Links(t, 0, 10)...)
	report, err := Check(t.Context(), path)
	if err != nil || report.Links != 10 {
		t.Errorf("Check of a file that does not change: got %d links, %v, want 10", report.Links, err)
	}
	file, err := os.Open(path)
	must(t, err)
	defer file.Close()
	commit := sync.OnceFunc(func() { storetest.Put(t, s, storetest.Link(t, 10)) })
	if _, err := check(t.Context(), changingFile{file, commit}, nil); !errors.Is(err, ErrChanged) {
		t.Errorf("check of a file that changes: got %v, want ErrChanged", err)
	}
}

func TestCheck_EndsWithItsContext(t *testing.T) {
	path, _ := storeFile(t, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Check(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("Check: got %v, want Canceled", err)
	}
}
