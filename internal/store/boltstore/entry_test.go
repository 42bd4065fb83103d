package boltstore

import (
	"bytes"
	"testing"

	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store/storetest"
)

// entryOf returns the text after the ID in the entry of a link.
func entryOf(t *testing.T, s *Store, l link.Link) (text string) {
	t.Helper()
	must(t, s.db.View(func(tx *bbolt.Tx) error {
		text = string(tx.Bucket([]byte(byAddedBucket)).Get(tx.Bucket([]byte(linksBucket)).Get(l.ID[:]))[idBytes:])
		return nil
	}))
	return text
}

func TestPut_Entry(t *testing.T) {
	s := open(t, newPath(t))
	for i, c := range []struct {
		l    link.Link
		want string
	}{
		{link.Link{}, ""},
		{link.Link{Title: "Title"}, "\nTitle"},
		{link.Link{Tags: "a,b/c"}, "\x1fta,b/c"},
		{link.Link{Note: "one\n\ttwo"}, "\x1fnone\n\ttwo"},
		{link.Link{Title: "n", Tags: "t", Note: "x"}, "\nn\x1ftt\x1fnx"},
	} {
		c.l.ID, c.l.URL = storetest.Link(t, i).ID, storetest.Link(t, i).URL
		storetest.Put(t, s, c.l)
		if got, want := entryOf(t, s, c.l), c.l.URL+c.want; got != want {
			t.Errorf("entry of %v: got %q, want %q", c.l, got, want)
		}
	}
}

// A newer version may store members that this version does not know.
func TestStore_PreservesUnknownMembers(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	const unknown = "\x1fx1,\n2\x1fy"
	l := storetest.Link(t, 1)
	l.Tags = "a"
	storetest.Put(t, s, l, storetest.Link(t, 2))
	must(t, s.db.Update(func(tx *bbolt.Tx) error {
		byAdded := tx.Bucket([]byte(byAddedBucket))
		for _, stored := range []link.Link{l, storetest.Link(t, 2)} {
			added := bytes.Clone(tx.Bucket([]byte(linksBucket)).Get(stored.ID[:]))
			must(t, byAdded.Put(added, append(bytes.Clone(byAdded.Get(added)), unknown...)))
		}
		return nil
	}))
	must(t, s.loadHead())
	storetest.WantLinks(t, storetest.List(t, s, link.Timestamp{}, 10), l, storetest.Link(t, 2))

	filledIn := storetest.Link(t, 1)
	filledIn.Title, filledIn.Tags, filledIn.Note = "One", "b", "one"
	storetest.Put(t, s, filledIn)
	if got, want := entryOf(t, s, l), l.URL+"\nOne\x1fta,b\x1fnone"+unknown; got != want {
		t.Errorf("entry after Put: got %q, want %q", got, want)
	}
	_, err := s.Update(t.Context(), l.ID, link.Changes{Title: new(""), Tags: new(link.Tags("")), Note: new("")})
	must(t, err)
	if got, want := entryOf(t, s, l), l.URL+unknown; got != want {
		t.Errorf("entry after Update: got %q, want %q", got, want)
	}

	must(t, s.Close())
	copied, err := compact(t, path)
	must(t, err)
	s = open(t, copied)
	for _, stored := range storetest.Links(t, 1, 2) {
		if got, want := entryOf(t, s, stored), stored.URL+unknown; got != want {
			t.Errorf("entry after Compact: got %q, want %q", got, want)
		}
	}
}

func FuzzDecodeText(f *testing.F) {
	for _, text := range []string{"", "u", "u\nt", "u\nt\x1fta,b\x1fnc\nd\x1fx", "u\x1f\x1ft\x1ft\x1fn", "\n\n\x1f"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var l link.Link
		unknown := decodeText(&l, text)
		again, unknownAgain := decode(l.Added[:], encode(l, unknown))
		if again != l || unknownAgain != unknown {
			t.Errorf("decode(encode(%v, %q)): got %v, %q, want the same", l, unknown, again, unknownAgain)
		}
	})
}
