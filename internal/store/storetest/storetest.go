// Package storetest tests implementations of store.Store against the
// documentation of the interface.
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

// Open returns an empty store and closes it in the Cleanup of the test.
type Open func(t *testing.T) store.Store

// Run runs all conformance tests, each with its own store.
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
	{"a link of 8,000 bytes comes back complete", maxSizeLink},
	{"spellings of one URL are one link, and the first spelling is stored", firstSpelling},
	{"an existing link keeps its position", existingKeepsPosition},
	{"Added is the time of storing", addedIsNow},
	{"64 writers race to store one link and one link is stored", raceOneLink},
	{"64 writers of different links lose none", raceManyLinks},
	{"1,000 links are listed newest first", newestFirst},
	{"pages of every size contain each link once", pagesOfEverySize},
	{"a traversal skips and repeats nothing during writes and deletes", traversalDuringWrites},
	{"a page continues after a link that was deleted", cursorOfDeletedLink},
	{"a list after a position above every link starts with the newest", listFromAboveNewest},
	{"List stops when its caller does", listStopsEarly},
	{"the caller may use the store while it consumes a list", callsWithinList},
	{"a list may be iterated twice and reads again", listTwice},
	{"a list ends with its context, the error last and with a zero Link", listEndsWithContext},
	{"a batch of 1,000 keeps its order, without repeated links", batchOrder},
	{"a batch that is put again is completed and changes nothing else", batchAgain},
	{"a batch that was interrupted is completed by a retry", interruptedBatch},
	{"an empty batch is not an error", emptyBatch},
	{"a deleted link is not found and deleting it again is ErrNotFound", deleteTwice},
	{"64 callers race to delete one link and one of them succeeds", raceDelete},
	{"a deleted link that is stored again is the newest", storeAgain},
	{"a title comes back byte for byte, and no title as no title", titleByteForByte},
	{"an empty title is filled in, and a title is never overwritten", titleFilledIn},
	{"64 writers race to fill in a title and one of theirs is stored", raceTitles},
	{"tags come back byte for byte and in order, and no tags as no tags", tagsByteForByte},
	{"missing tags are added behind the existing ones, regardless of case", tagsAdded},
	{"adding tags stops at the first that would exceed a limit", tagsAddedUpToLimits},
	{"64 writers of one link with different tags lose none", raceTags},
	{"a note comes back byte for byte, and no note as no note", noteByteForByte},
	{"an empty note is filled in, and a note is never overwritten", noteFilledIn},
	{"of a link repeated in a batch the first title, the first note and all tags are stored", mergedInBatch},
	{"an existing link is filled in from a batch, and others are stored", filledInByBatch},
	{"a reader sees everything that a Put fills in, or nothing", fillInIsAtomic},
	{"Update changes the given members and no other", updateMembers},
	{"a title is changed, removed and set again", titleChanged},
	{"a member that was removed is filled in", removedAndFilledIn},
	{"Update of a missing link is ErrNotFound and stores nothing", updateMissingLink},
	{"a deleted link loses its title, its tags and its note", membersDeletedWithLink},
	{"concurrent updates of different members lose nothing", raceMembers},
	{"updates of other members lose no tag that is added concurrently", raceUpdatesAndTags},
	{"a reader sees all changes of an Update, or none", updateIsAtomic},
	{"a date is stored to the millisecond", datesKept},
	{"an existing link keeps its date", dateOfExistingLink},
	{"links are sorted by date", datesAreSorted},
	{"a date in the future is now", futureDate},
	{"1,000 links with equal dates keep their order across two batches", manyWithEqualDates},
	{"a link stored with the date of another link is the newer one", dateOfAnotherLink},
	{"a traversal skips and repeats nothing while dated links are stored", traversalDuringDatedWrites},
	{"a canceled context fails every call and changes nothing", canceledContext},
	{"a passed deadline is context.DeadlineExceeded", passedDeadline},
	{"the caller may change its arguments and results", callerOwnsValues},
	{"an open store is ready", ready},
	{"every call after Close is ErrClosed", afterClose},
	{"a list that is consumed when the store is closed ends with ErrClosed", listAtClose},
}

// Link returns link number i, of a common length.
func Link(t testing.TB, i int) link.Link {
	t.Helper()
	return parse(t, fmt.Sprintf("https://www.example.com/articles/2026/the-title-of-an-article/%07d", i))
}

// Links returns n links, the first of which is number from.
func Links(t testing.TB, from, n int) []link.Link {
	t.Helper()
	all := make([]link.Link, n)
	for i := range all {
		all[i] = Link(t, from+i)
	}
	return all
}

func parse(t testing.TB, rawURL string) link.Link {
	t.Helper()
	l, err := link.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Put stores the links.
func Put(t testing.TB, s store.Store, links ...link.Link) {
	t.Helper()
	if err := s.Put(t.Context(), links...); err != nil {
		t.Fatal(err)
	}
}

// List returns at most limit links with an Added less than after. If after is
// zero, it starts with the newest link.
func List(t testing.TB, s store.Store, after link.Timestamp, limit int) []link.Link {
	t.Helper()
	return ListAfter(t, s, link.Position{Added: after}, limit)
}

// ListAfter returns at most limit links after the position.
func ListAfter(t testing.TB, s store.Store, after link.Position, limit int) []link.Link {
	t.Helper()
	all, err := Collect(s.List(t.Context(), after, limit))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) > limit {
		t.Fatalf("List with limit %d: got %d links, want at most the limit", limit, len(all))
	}
	return all
}

// Traverse returns all links, which it lists in pages of the given size. If
// between is not nil, it is called after each page.
func Traverse(t *testing.T, s store.Store, size int, between func(page int)) []link.Link {
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

// Collect returns the links that the sequence yields before it ends or yields
// an error.
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

// concurrently calls f with 0 to n-1, each in a goroutine, and reports the
// errors.
func concurrently(t *testing.T, n int, f func(i int) error) {
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

// WantLinks reports an error unless the links are equal, except for Added, and
// in the same order.
func WantLinks(t testing.TB, got []link.Link, want ...link.Link) {
	t.Helper()
	same := func(a, b link.Link) bool {
		a.Added = b.Added
		return a == b
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("links: got %d: %.300v\nwant %d: %.300v", len(got), got, len(want), want)
	}
}

// wantEachOnce reports an error unless got contains every link of some, and
// none twice.
func wantEachOnce(t *testing.T, got, some []link.Link) {
	t.Helper()
	times := map[uuid.UUID]int{}
	for _, l := range got {
		if times[l.ID]++; times[l.ID] > 1 {
			t.Errorf("list: got %s twice, want it once", l.URL)
		}
	}
	for _, l := range some {
		if times[l.ID] == 0 {
			t.Errorf("list: got no %s, want it once", l.URL)
		}
	}
}

// wantDescending reports an error unless each Added is less than the one
// before.
func wantDescending(t *testing.T, got []link.Link) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		if string(got[i].Added[:]) >= string(got[i-1].Added[:]) {
			t.Fatalf("Added of link %d: got %v, want less than %v", i, got[i].Added, got[i-1].Added)
		}
	}
}
