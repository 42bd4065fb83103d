// Package storetest is the contract of store.Store as tests: one case for each thing that a caller relies on.
package storetest

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/google/uuid"

	"links/internal/link"
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
	{"a list from above every link begins with the newest", listFromAbove},
	{"List stops when its caller does", listStopsEarly},
	{"the caller may use the store while it consumes a list", callsWithinList},
	{"a list may be ranged over twice and reads again", listTwice},
	{"a list ends with its context, the error last and with a zero Link", listEndsWithContext},
	{"a batch of 1,000 keeps its order, repeats left out", batchKeepsOrder},
	{"a batch put again completes and changes nothing", batchAgain},
	{"a batch that was interrupted is completed by putting it again", interruptedBatch},
	{"an empty batch is no error", emptyBatch},
	{"a deleted link is gone and deleting again is ErrNotFound", deleteTwice},
	{"64 race to delete one link and one of them has deleted it", raceDelete},
	{"a deleted link that is stored again is the newest", storeAgain},
	{"a title comes back byte for byte, and none as none", titleByteForByte},
	{"a title is filled in where there is none, and never overwritten", titleFilledIn},
	{"of a link that a batch has twice the first title given is stored", firstTitleOfABatch},
	{"64 writers race to fill in a title and one of theirs is stored", raceTitles},
	{"a title is changed, taken away and set again", titleChanged},
	{"a title of a link that is not there is ErrNotFound and stores nothing", titleOfNoLink},
	{"a deleted link's title is gone", titleGoesWithItsLink},
	{"a date is kept to the millisecond", datesKept},
	{"a link that is there keeps its own date", dateOfALinkThatIsThere},
	{"a dated link takes its place among others", dateTakesItsPlace},
	{"a date that is yet to come is now", dateToCome},
	{"1,000 links of one millisecond keep their order across two batches", manyOfOneMoment},
	{"a link stored with another's date is the newer of the two", dateOfAnother},
	{"a walk misses and repeats nothing while dated links come in between", walkWhileDatedLinksCome},
	{"a cancelled context fails every call and changes nothing", cancelledContext},
	{"a passed deadline is context.DeadlineExceeded", passedDeadline},
	{"the caller may change what it passed in and what it got", callerOwnsValues},
	{"an open store is ready", ready},
	{"every call after Close is ErrClosed", afterClose},
	{"a list that is consumed when the store is closed ends with ErrClosed", listAtClose},
}

// Link is the i-th of an endless supply of different links.
func Link(t testing.TB, i int) link.Link {
	return parse(t, fmt.Sprintf("https://example.com/%d", i))
}

// Links is n of them, the first number from.
func Links(t testing.TB, from, n int) []link.Link {
	all := make([]link.Link, n)
	for i := range all {
		all[i] = Link(t, from+i)
	}
	return all
}

func parse(t testing.TB, address string) link.Link {
	t.Helper()
	l, err := link.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Put stores links.
func Put(t testing.TB, s store.Store, links ...link.Link) {
	t.Helper()
	if err := s.Put(t.Context(), links...); err != nil {
		t.Fatal(err)
	}
}

// List is what the store lists with an Added less than after, or from the newest on if after is zero.
func List(t testing.TB, s store.Store, after link.Timestamp, limit int) []link.Link {
	t.Helper()
	return ListAfter(t, s, link.Position{Added: after}, limit)
}

// ListAfter is what the store lists.
func ListAfter(t testing.TB, s store.Store, after link.Position, limit int) []link.Link {
	t.Helper()
	all, err := Collect(s.List(t.Context(), after, limit))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) > limit {
		t.Fatalf("List with limit %d gives %d links", limit, len(all))
	}
	return all
}

// Walk lists page by page; after each page it calls between, unless that is nil.
func Walk(t *testing.T, s store.Store, size int, between func(page int)) []link.Link {
	t.Helper()
	var all []link.Link
	var after link.Position
	for page := 0; ; page++ {
		got := ListAfter(t, s, after, size)
		if len(got) == 0 {
			return all
		}
		all = append(all, got...)
		after = got[len(got)-1].Position()
		if between != nil {
			between(page)
		}
	}
}

// Collect is what a list yields, up to an error.
func Collect(seq iter.Seq2[link.Link, error]) ([]link.Link, error) {
	var all []link.Link
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

func distinct(all []link.Link) map[uuid.UUID]bool {
	ids := map[uuid.UUID]bool{}
	for _, l := range all {
		ids[l.ID] = true
	}
	return ids
}

// WantLinks compares IDs, addresses and titles, and their order.
func WantLinks(t testing.TB, got []link.Link, want ...link.Link) {
	t.Helper()
	same := func(a, b link.Link) bool { return a.ID == b.ID && a.URL == b.URL && a.Title == b.Title }
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("got %d links %.300v\nwant %d links %.300v", len(got), got, len(want), want)
	}
}

// wantEachOnce wants all of some links in a list, and none twice.
func wantEachOnce(t *testing.T, got, some []link.Link) {
	t.Helper()
	times := map[uuid.UUID]int{}
	for _, l := range got {
		if times[l.ID]++; times[l.ID] > 1 {
			t.Errorf("%s is shown twice", l.URL)
		}
	}
	for _, l := range some {
		if times[l.ID] == 0 {
			t.Errorf("%s is missed", l.URL)
		}
	}
}

func wantDescending(t *testing.T, got []link.Link) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		if string(got[i].Added[:]) >= string(got[i-1].Added[:]) {
			t.Fatalf("link %d was added after link %d of the list", i, i-1)
		}
	}
}
