// Package storetest is the contract of store.Store as tests: one case for each thing that a caller relies on.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"links/internal/store"
)

// Open gives a case its own empty store, which the test's Cleanup closes.
type Open func(t *testing.T) store.Store

// Run runs every case of the contract, each on a store of its own.
func Run(t *testing.T, open Open) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, open(t))
		})
	}
}

var cases = []struct {
	name string
	run  func(t *testing.T, s store.Store)
}{
	{"an empty store lists nothing and finds nothing", emptyStore},
	{"a link comes back byte for byte", exactBytes},
	{"a link of 8,000 bytes comes back whole", longLink},
	{"spellings of one address are one link and the first spelling stays", firstSpellingStays},
	{"a link that is there keeps its place in the order", keepsItsPlace},
	{"Added is the moment of storing", addedIsTheMoment},
	{"64 writers race one link and one link is stored", raceOneLink},
	{"64 writers of different links lose none", raceManyLinks},
	{"1,000 links list newest first", newestFirst},
	{"pages of every size give each link once", pagesOfEverySize},
	{"a walk misses and repeats nothing while others write and delete", walkWhileOthersWrite},
	{"a page goes on after a link that was deleted", cursorOfDeletedLink},
	{"List stops when its caller does", listStopsEarly},
	{"a batch of 1,000 keeps its order, repeats left out", batchKeepsOrder},
	{"a batch put again completes and changes nothing", batchAgain},
	{"an empty batch is no error", emptyBatch},
	{"a deleted link is gone and deleting again is ErrNotFound", deleteTwice},
	{"a deleted link that is stored again is the newest", storeAgain},
	{"a cancelled context fails every call and changes nothing", cancelledContext},
	{"a passed deadline is context.DeadlineExceeded", passedDeadline},
	{"the caller may change what it passed in and what it got", callerOwnsValues},
	{"an open store is ready", ready},
	{"every call after Close is ErrClosed", afterClose},
}

func emptyStore(t *testing.T, s store.Store) {
	wantLinks(t, list(t, s, uuid.Nil, 10))
	if _, err := s.Get(t.Context(), link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get = %v, want ErrNotFound", err)
	}
	if err := s.Delete(t.Context(), link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Delete = %v, want ErrNotFound", err)
	}
}

func exactBytes(t *testing.T, s store.Store) {
	for _, address := range []string{
		"HTTPS://Example.com:443/a b?q=\"<>&'#é",
		"https://example.com/\u00a0",
		"https://example.com/日本語/😀?\u2028",
		"https://user:pass@example.com/%zz",
	} {
		l := parse(t, address)
		put(t, s, l)
		got, err := s.Get(t.Context(), l.ID)
		if err != nil || got.URL != address || got.ID != l.ID {
			t.Errorf("Get = %q %v, want %q", got.URL, err, address)
		}
		if got := list(t, s, uuid.Nil, 1); len(got) != 1 || got[0].URL != address {
			t.Errorf("List = %v, want %q", got, address)
		}
	}
}

func longLink(t *testing.T, s store.Store) {
	for _, letter := range []string{"a", "é", "😀"} {
		address := "https://example.com/"
		address += strings.Repeat(letter, (store.MaxURLBytes-len(address))/len(letter))
		address += strings.Repeat("x", store.MaxURLBytes-len(address))
		l := parse(t, address)
		put(t, s, l)
		if got, err := s.Get(t.Context(), l.ID); err != nil || got.URL != address {
			t.Errorf("Get of 8,000 bytes of %q: %d bytes, %v", letter, len(got.URL), err)
		}
	}
	if got := list(t, s, uuid.Nil, 10); len(got) != 3 {
		t.Errorf("List gives %d links, want 3", len(got))
	}
}

func firstSpellingStays(t *testing.T, s store.Store) {
	first, second := parse(t, "https://Example.com"), parse(t, "HTTPS://example.com:443/")
	put(t, s, first)
	put(t, s, second)
	got := list(t, s, uuid.Nil, 10)
	if len(got) != 1 || got[0].URL != first.URL {
		t.Errorf("List = %v, want the one link as first written", got)
	}
}

func keepsItsPlace(t *testing.T, s store.Store) {
	a, b := link(t, 1), link(t, 2)
	put(t, s, a)
	put(t, s, b)
	before := list(t, s, uuid.Nil, 10)
	put(t, s, a)
	wantLinks(t, list(t, s, uuid.Nil, 10), b, a)
	if after := list(t, s, uuid.Nil, 10); !slices.Equal(after, before) {
		t.Errorf("List = %v, want it unchanged: %v", after, before)
	}
}

func addedIsTheMoment(t *testing.T, s store.Store) {
	before := time.Now().Truncate(time.Millisecond)
	put(t, s, link(t, 1))
	after := time.Now()
	got, err := s.Get(t.Context(), link(t, 1).ID)
	if err != nil {
		t.Fatal(err)
	}
	if at := got.AddedAt(); at.Before(before) || at.After(after) {
		t.Errorf("AddedAt = %v, want between %v and %v", at, before, after)
	}
	if v := got.Added.Version(); v != 7 {
		t.Errorf("Added has version %d, want 7", v)
	}
	if listed := list(t, s, uuid.Nil, 1)[0]; listed != got {
		t.Errorf("List shows %v, Get %v", listed, got)
	}
}

func raceOneLink(t *testing.T, s store.Store) {
	spellings := []store.Link{
		parse(t, "https://example.com"), parse(t, "https://example.com/"), parse(t, "https://EXAMPLE.com"), parse(t, "HTTPS://example.com:443"),
	}
	inParallel(t, 64, func(i int) error { return s.Put(t.Context(), spellings[i%len(spellings)]) })
	if got := list(t, s, uuid.Nil, 10); len(got) != 1 || got[0].ID != spellings[0].ID {
		t.Errorf("List = %v, want one link", got)
	}
}

func raceManyLinks(t *testing.T, s store.Store) {
	inParallel(t, 64, func(i int) error { return s.Put(t.Context(), link(t, 2*i), link(t, 2*i+1)) })
	got := list(t, s, uuid.Nil, 1000)
	wantDescending(t, got)
	if n := len(distinct(got)); n != 128 || len(got) != 128 {
		t.Errorf("List gives %d links, %d distinct, want 128", len(got), n)
	}
}

func newestFirst(t *testing.T, s store.Store) {
	var want []store.Link
	for i := 0; i < 1000; {
		// single links and small batches take turns
		n := min(1+i%97, 1000-i)
		batch := links(t, i, n)
		put(t, s, batch...)
		want = append(slices.Clone(batch), want...)
		i += n
	}
	got := list(t, s, uuid.Nil, 2000)
	wantLinks(t, got, want...)
	wantDescending(t, got)
}

func pagesOfEverySize(t *testing.T, s store.Store) {
	want := links(t, 0, 20)
	put(t, s, want...)
	for size := 1; size <= 7; size++ {
		wantLinks(t, walk(t, s, size, nil), want...)
	}
	wantLinks(t, list(t, s, uuid.Nil, 20), want...)
	wantLinks(t, list(t, s, uuid.Nil, 21), want...)
}

func walkWhileOthersWrite(t *testing.T, s store.Store) {
	stay, go_ := links(t, 0, 20), links(t, 100, 20)
	for i := range stay {
		put(t, s, stay[i], go_[i])
	}
	added := 1000
	got := walk(t, s, 3, func(page int) {
		put(t, s, link(t, added), link(t, added+1))
		added += 2
		if page < len(go_) {
			if err := s.Delete(t.Context(), go_[page].ID); err != nil {
				t.Fatal(err)
			}
		}
	})
	seen := map[uuid.UUID]int{}
	for _, l := range got {
		seen[l.ID]++
		if seen[l.ID] > 1 {
			t.Errorf("%s is shown twice", l.URL)
		}
	}
	for _, l := range stay {
		if seen[l.ID] == 0 {
			t.Errorf("%s is missed", l.URL)
		}
	}
}

func cursorOfDeletedLink(t *testing.T, s store.Store) {
	all := links(t, 0, 6)
	put(t, s, all...)
	page := list(t, s, uuid.Nil, 3)
	if err := s.Delete(t.Context(), page[2].ID); err != nil {
		t.Fatal(err)
	}
	wantLinks(t, list(t, s, page[2].Added, 10), all[3:]...)
}

func listStopsEarly(t *testing.T, s store.Store) {
	put(t, s, links(t, 0, 50)...)
	n := 0
	for _, err := range s.List(t.Context(), uuid.Nil, 50) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	// what the broken-off walk held is free again: writes and Close go through
	put(t, s, link(t, 100))
	wantLinks(t, list(t, s, uuid.Nil, 0))
}

func batchKeepsOrder(t *testing.T, s store.Store) {
	want := links(t, 0, 1000)
	batch := slices.Clone(want)
	for i := 0; i < 1000; i += 10 {
		batch = append(batch, want[i])
	}
	put(t, s, batch...)
	wantLinks(t, list(t, s, uuid.Nil, 2000), want...)
}

func batchAgain(t *testing.T, s store.Store) {
	put(t, s, link(t, 3), link(t, 7))
	all := links(t, 0, 10)
	put(t, s, all...)
	before := list(t, s, uuid.Nil, 100)
	if len(before) != 10 {
		t.Fatalf("List gives %d links, want 10", len(before))
	}
	put(t, s, all...)
	if after := list(t, s, uuid.Nil, 100); !slices.Equal(after, before) {
		t.Errorf("List = %v, want it unchanged: %v", after, before)
	}
}

func emptyBatch(t *testing.T, s store.Store) {
	put(t, s)
	wantLinks(t, list(t, s, uuid.Nil, 10))
}

func deleteTwice(t *testing.T, s store.Store) {
	put(t, s, link(t, 1), link(t, 2))
	if err := s.Delete(t.Context(), link(t, 1).ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get = %v, want ErrNotFound", err)
	}
	wantLinks(t, list(t, s, uuid.Nil, 10), link(t, 2))
	if err := s.Delete(t.Context(), link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Delete = %v, want ErrNotFound", err)
	}
}

func storeAgain(t *testing.T, s store.Store) {
	a, b := link(t, 1), link(t, 2)
	put(t, s, a)
	put(t, s, b)
	if err := s.Delete(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	put(t, s, a)
	wantLinks(t, list(t, s, uuid.Nil, 10), a, b)
}

func cancelledContext(t *testing.T, s store.Store) {
	put(t, s, link(t, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"Put":    s.Put(ctx, link(t, 2)),
		"Get":    errOf(s.Get(ctx, link(t, 1).ID)),
		"Delete": s.Delete(ctx, link(t, 1).ID),
		"List":   errOf(collect(s.List(ctx, uuid.Nil, 10))),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s = %v, want context.Canceled", name, err)
		}
	}
	wantLinks(t, list(t, s, uuid.Nil, 10), link(t, 1))
}

func passedDeadline(t *testing.T, s store.Store) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for name, err := range map[string]error{
		"Put":  s.Put(ctx, link(t, 2)),
		"Get":  errOf(s.Get(ctx, link(t, 1).ID)),
		"List": errOf(collect(s.List(ctx, uuid.Nil, 10))),
	} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s = %v, want context.DeadlineExceeded", name, err)
		}
	}
}

func callerOwnsValues(t *testing.T, s store.Store) {
	batch := links(t, 0, 3)
	put(t, s, batch...)
	wantLinks(t, batch, links(t, 0, 3)...)
	clear(batch)
	first := list(t, s, uuid.Nil, 10)
	kept := slices.Clone(first)
	kept[0].URL = strings.Clone(kept[0].URL)
	for i := range 200 {
		put(t, s, link(t, 100+i))
	}
	if err := s.Delete(t.Context(), kept[0].ID); err != nil {
		t.Fatal(err)
	}
	if first[0].URL != kept[0].URL {
		t.Errorf("a link that List gave turned from %q into %q", kept[0].URL, first[0].URL)
	}
	wantLinks(t, first, links(t, 0, 3)...)
}

func ready(t *testing.T, s store.Store) {
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func afterClose(t *testing.T, s store.Store) {
	put(t, s, link(t, 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"Put":    s.Put(t.Context(), link(t, 2)),
		"Get":    errOf(s.Get(t.Context(), link(t, 1).ID)),
		"Delete": s.Delete(t.Context(), link(t, 1).ID),
		"List":   errOf(collect(s.List(t.Context(), uuid.Nil, 10))),
		"Ready":  s.Ready(t.Context()),
		"Close":  s.Close(),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s = %v, want ErrClosed", name, err)
		}
	}
}

// link is the i-th of an endless supply of different links.
func link(t *testing.T, i int) store.Link {
	return parse(t, fmt.Sprintf("https://example.com/%d", i))
}

func links(t *testing.T, from, n int) []store.Link {
	all := make([]store.Link, n)
	for i := range all {
		all[i] = link(t, from+i)
	}
	return all
}

func parse(t *testing.T, address string) store.Link {
	t.Helper()
	l, err := store.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func put(t *testing.T, s store.Store, links ...store.Link) {
	t.Helper()
	if err := s.Put(t.Context(), links...); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s store.Store, after uuid.UUID, limit int) []store.Link {
	t.Helper()
	all, err := collect(s.List(t.Context(), after, limit))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) > limit {
		t.Fatalf("List with limit %d gives %d links", limit, len(all))
	}
	return all
}

// walk lists page by page; after each page it calls between.
func walk(t *testing.T, s store.Store, size int, between func(page int)) []store.Link {
	t.Helper()
	var all []store.Link
	after := uuid.Nil
	for page := 0; ; page++ {
		got := list(t, s, after, size)
		if len(got) == 0 {
			return all
		}
		all = append(all, got...)
		after = got[len(got)-1].Added
		if between != nil {
			between(page)
		}
	}
}

func collect(seq iter.Seq2[store.Link, error]) ([]store.Link, error) {
	var all []store.Link
	for l, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, l)
	}
	return all, nil
}

func errOf[T any](_ T, err error) error { return err }

func inParallel(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	start, errs := make(chan struct{}), make(chan error)
	for i := range n {
		go func() {
			<-start
			errs <- f(i)
		}()
	}
	close(start)
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func distinct(all []store.Link) map[uuid.UUID]bool {
	ids := map[uuid.UUID]bool{}
	for _, l := range all {
		ids[l.ID] = true
	}
	return ids
}

// wantLinks compares IDs and addresses, and their order.
func wantLinks(t *testing.T, got []store.Link, want ...store.Link) {
	t.Helper()
	same := func(a, b store.Link) bool { return a.ID == b.ID && a.URL == b.URL }
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("got %d links %.300v\nwant %d links %.300v", len(got), got, len(want), want)
	}
}

func wantDescending(t *testing.T, got []store.Link) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		if string(got[i].Added[:]) >= string(got[i-1].Added[:]) {
			t.Fatalf("link %d was added after link %d of the list", i, i-1)
		}
	}
}
