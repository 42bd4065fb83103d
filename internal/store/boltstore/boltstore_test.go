package boltstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/storetest"
)

func TestStore_Conformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, newPath(t)) })
}

func TestStore_EqualsModel(t *testing.T) {
	storetest.RunModel(t, func(t *testing.T) store.Store { return open(t, newPath(t)) }, 100)
}

func TestOpen_ExistingFile(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	storetest.Put(t, s, storetest.Links(t, 0, 300)...)
	if err := s.Delete(t.Context(), storetest.Link(t, 7).ID); err != nil {
		t.Fatal(err)
	}
	before := storetest.List(t, s, link.Timestamp{}, 1000)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, path)
	if after := storetest.List(t, s, link.Timestamp{}, 1000); len(after) != 299 || !slices.Equal(after, before) {
		t.Errorf("List: got %d links, want the same %d as before", len(after), len(before))
	}
	if got, err := s.Get(t.Context(), storetest.Link(t, 8).ID); err != nil || got.URL != storetest.Link(t, 8).URL {
		t.Errorf("Get: got %v, %v", got, err)
	}
	storetest.Put(t, s, storetest.Link(t, 7))
	if newest := storetest.List(t, s, link.Timestamp{}, 1)[0]; newest.ID != storetest.Link(t, 7).ID {
		t.Errorf("newest link: got %s, want the link stored last", newest.URL)
	}
}

func TestStore_FileTruncatedWhileOpen(t *testing.T) {
	path := newPath(t)
	s, err := Open(Config{Path: path})
	must(t, err)
	defer s.Close()
	storetest.Put(t, s, largeLinks(t, 0, 100)...)
	must(t, os.Truncate(path, 4*int64(os.Getpagesize())))
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Ready: got %v, want an error that names the file", err)
	}
	_, err = s.Get(t.Context(), largeLinks(t, 0, 1)[0].ID)
	if putErr := s.Put(t.Context(), storetest.Link(t, 1)); err == nil || putErr == nil {
		t.Errorf("Get and Put: got %v, %v, want errors", err, putErr)
	}
}

func TestList_CallerGrowsFile(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, storetest.Links(t, 0, 300)...)
	// bbolt waits for readers before it maps a larger file. If List held a
	// transaction, Put would never return.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := 0
	for _, err := range s.List(ctx, link.Position{}, 300) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%100 == 0 {
			if err := s.Put(ctx, largeLinks(t, n, 300)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != 300 {
		t.Errorf("List: got %d links, want the 300 that existed before", n)
	}
}

func TestList_SeveralChunks(t *testing.T) {
	s := open(t, newPath(t))
	want := slices.Concat(largeLinks(t, 0, 20), storetest.Links(t, 1000, 3*chunkLinks))
	storetest.Put(t, s, want...)
	for _, limit := range []int{chunkLinks, chunkLinks + 1, len(want) - 1, len(want), len(want) + 1} {
		got := storetest.List(t, s, link.Timestamp{}, limit)
		if want := want[:min(limit, len(want))]; !sameIDs(got, want) {
			t.Errorf("List with limit %d: got %d links, want the %d newest", limit, len(got), len(want))
		}
	}
}

func TestList_CopiesFewBytesAtATime(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, largeLinks(t, 0, 50)...)
	chunk, err := s.chunk(t.Context(), link.Timestamp{}, 50)
	must(t, err)
	if most := chunkBytes/link.MaxURLBytes + 1; len(chunk.ends) > most || len(chunk.ends) == 0 {
		t.Errorf("chunk: got %d links of %d bytes, want 1 to %d", len(chunk.ends), link.MaxURLBytes, most)
	}
}

func TestList_EndsWithItsContext(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, storetest.Links(t, 0, 10)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range s.List(ctx, link.Position{}, 10) {
		n, last = n+1, err
		cancel()
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("List after the end of the context: got %d results, the last %v, want only Canceled", n-1, last)
	}
}

func TestList_StoreClosed(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, storetest.Links(t, 0, chunkLinks+1)...)
	var last error
	for _, err := range s.List(t.Context(), link.Position{}, 1000) {
		if last = err; err == nil {
			if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
				t.Fatal(err)
			}
		}
	}
	if !errors.Is(last, store.ErrClosed) {
		t.Errorf("end of List: got %v, want ErrClosed", last)
	}
}

// newPath returns the path of a file that does not exist.
func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "links.db") }

// open opens the store at path. The Cleanup of the test closes the store, unless
// the test has closed it, and checks the file.
func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
		if _, err := Check(context.Background(), path); err != nil {
			t.Error(err)
		}
	})
	return s
}

func linkTo(url string) link.Link {
	return link.Link{ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(url)), URL: url}
}

// largeLinks returns n links of link.MaxURLBytes bytes, the first of which is
// number from.
func largeLinks(t testing.TB, from, n int) []link.Link {
	t.Helper()
	all := storetest.Links(t, from, n)
	for i, l := range all {
		all[i] = linkTo(l.URL + "?" + strings.Repeat("x", link.MaxURLBytes-1-len(l.URL)))
	}
	return all
}

// sameIDs reports whether the lists contain the same IDs in the same order.
func sameIDs(a, b []link.Link) bool {
	return slices.EqualFunc(a, b, func(a, b link.Link) bool { return a.ID == b.ID })
}
