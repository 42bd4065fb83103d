package storetest

import (
	"strings"
	"testing"

	"links/internal/link"
	"links/internal/store"
)

func noted(t *testing.T, i int, note string) link.Link {
	t.Helper()
	l := Link(t, i)
	l.Note = note
	return l
}

func noteByteForByte(t *testing.T, s store.Store) {
	var want []link.Link
	for i, note := range []string{
		"A note.", "one\n\ntwo\n\tindented", `"quoted" <b>&amp;</b> 'é' \n`, "\u00a0日本語 😀\u2028\u0085",
		"null", "a, b, c",
		strings.Repeat("x", link.MaxNoteBytes), strings.Repeat("é\n", link.MaxNoteBytes/3) + "x", "",
	} {
		want = append(want, noted(t, i, note))
	}
	Put(t, s, want...)
	wantStored(t, s, want...)
}

func noteFilledIn(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1), Link(t, 2))
	before := List(t, s, link.Timestamp{}, 10)
	Put(t, s, noted(t, 1, "one\ntwo"))
	wantStored(t, s, noted(t, 1, "one\ntwo"), Link(t, 2))
	for _, other := range []link.Link{Link(t, 1), noted(t, 1, "another"), noted(t, 1, "one\ntwo\nthree")} {
		Put(t, s, other)
		wantStored(t, s, noted(t, 1, "one\ntwo"), Link(t, 2))
	}
	if after := List(t, s, link.Timestamp{}, 10); after[0].Added != before[0].Added {
		t.Errorf("Added: got %v, want it unchanged: %v", after[0].Added, before[0].Added)
	}
}
