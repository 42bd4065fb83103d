package boltstore

import (
	"context"
	"errors"
	"fmt"
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

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, newPath(t)) })
}

func TestStoreEqualsAModel(t *testing.T) {
	storetest.RunModel(t, func(t *testing.T) store.Store { return open(t, newPath(t)) }, 100)
}

func TestAStoreThatIsOpenedAgainHasAllItsLinks(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	storetest.Put(t, s, links(0, 300)...)
	if err := s.Delete(t.Context(), numbered(7).ID); err != nil {
		t.Fatal(err)
	}
	before := storetest.List(t, s, link.Timestamp{}, 1000)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, path)
	if after := storetest.List(t, s, link.Timestamp{}, 1000); len(after) != 299 || !slices.Equal(after, before) {
		t.Errorf("List gives %d links that are not the %d from before", len(after), len(before))
	}
	if got, err := s.Get(t.Context(), numbered(8).ID); err != nil || got.URL != numbered(8).URL {
		t.Errorf("Get = %v, %v", got, err)
	}
	storetest.Put(t, s, numbered(7))
	if newest := storetest.List(t, s, link.Timestamp{}, 1)[0]; newest.ID != numbered(7).ID {
		t.Errorf("the newest is %s, want the link stored last", newest.URL)
	}
}

func TestAStoreWhoseFileWasCutShortIsNotReadyAndCallsFail(t *testing.T) {
	path := newPath(t)
	s, err := Open(Config{Path: path})
	must(t, err)
	defer s.Close()
	storetest.Put(t, s, longLinks(0, 100)...)
	must(t, os.Truncate(path, 4*int64(os.Getpagesize())))
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Ready = %v, want an error that names the file", err)
	}
	_, err = s.Get(t.Context(), longLinks(0, 1)[0].ID)
	if putErr := s.Put(t.Context(), numbered(1)); err == nil || putErr == nil {
		t.Errorf("Get = %v, Put = %v, want errors", err, putErr)
	}
}

func TestALinkTakenFromAListMayBeFollowedByAWriteThatGrowsTheFile(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, links(0, 300)...)
	// bbolt waits for open readers before it maps a larger file: a List that had one open would never see these end
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := 0
	for _, err := range s.List(ctx, link.Position{}, 300) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%100 == 0 {
			if err := s.Put(ctx, longLinks(n, 300)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != 300 {
		t.Errorf("List gives %d links, want the 300 that were there", n)
	}
}

func TestAListThatTakesManyReadsGivesEveryLinkOnce(t *testing.T) {
	s := open(t, newPath(t))
	want := slices.Concat(longLinks(0, 20), links(1000, 3*chunkLinks))
	storetest.Put(t, s, want...)
	for _, limit := range []int{chunkLinks, chunkLinks + 1, len(want) - 1, len(want), len(want) + 1} {
		got := storetest.List(t, s, link.Timestamp{}, limit)
		if want := want[:min(limit, len(want))]; !slices.EqualFunc(got, want, func(a, b link.Link) bool { return a.URL == b.URL }) {
			t.Errorf("List with limit %d gives %d other links than the %d newest", limit, len(got), len(want))
		}
	}
}

func TestList_CopiesFewBytesAtATime(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, longLinks(0, 50)...)
	chunk, err := s.chunk(t.Context(), link.Timestamp{}, 50)
	must(t, err)
	if most := chunkBytes/link.MaxURLBytes + 1; len(chunk) > most || len(chunk) == 0 {
		t.Errorf("a List copies %d links of %d bytes at a time, want 1 to %d", len(chunk), link.MaxURLBytes, most)
	}
}

func TestAListEndsWhenItsContextDoes(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, links(0, 10)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range s.List(ctx, link.Position{}, 10) {
		n, last = n+1, err
		cancel()
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("after one link and the end of the context List gave %d more, the last %v", n-1, last)
	}
}

func TestAWalkDuringCloseEndsWithErrClosed(t *testing.T) {
	s := open(t, newPath(t))
	storetest.Put(t, s, links(0, chunkLinks+1)...)
	var last error
	for _, err := range s.List(t.Context(), link.Position{}, 1000) {
		if last = err; err == nil {
			if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
				t.Fatal(err)
			}
		}
	}
	if !errors.Is(last, store.ErrClosed) {
		t.Errorf("the walk ends with %v, want ErrClosed", last)
	}
}

// newPath names a file that is not there yet.
func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "links.db") }

// open opens the store at path; when the test ends it closes it and checks its file.
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

// link is the i-th of an endless supply of different links.
func numbered(i int) link.Link { return linkOf(fmt.Sprintf("https://www.example.com/articles/%d", i)) }

func linkOf(url string) link.Link {
	return link.Link{ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(url)), URL: url}
}

func links(from, n int) []link.Link {
	all := make([]link.Link, n)
	for i := range all {
		all[i] = numbered(from + i)
	}
	return all
}

// longLinks are links of 8,000 bytes.
func longLinks(from, n int) []link.Link {
	all := links(from, n)
	for i, l := range all {
		all[i] = linkOf(l.URL + "?" + strings.Repeat("x", link.MaxURLBytes-1-len(l.URL)))
	}
	return all
}
