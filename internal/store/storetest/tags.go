package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"links/internal/link"
	"links/internal/store"
)

// tagsOf returns the tags, which must be valid.
func tagsOf(t *testing.T, tags ...string) link.Tags {
	t.Helper()
	parsed, err := link.ParseTags(tags)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func tagged(t *testing.T, i int, tags ...string) link.Link {
	t.Helper()
	l := Link(t, i)
	l.Tags = tagsOf(t, tags...)
	return l
}

// numbered returns the tags number from to number to-1, of the given length.
func numbered(from, to, length int) []string {
	var tags []string
	for i := from; i < to; i++ {
		tag := fmt.Sprintf("tag %d ", i)
		tags = append(tags, tag+strings.Repeat("x", length-len(tag)))
	}
	return tags
}

func tagsByteForByte(t *testing.T, s store.Store) {
	want := []link.Link{
		tagged(t, 0, "one"),
		tagged(t, 1, "Zebra", "apple", "Äpfel", "10", "9"),
		tagged(t, 2, `"quoted"`, "<b>&amp;</b>", `é\n`, "null", "Recipes/Soups", "/", "a b"),
		tagged(t, 3, "\u00a0日本語 😀\u2028", "I", "İ", "ı"),
		tagged(t, 4, strings.Repeat("é", link.MaxTagBytes/2)),
		tagged(t, 5, numbered(0, link.MaxTags, link.MaxTagsBytes/link.MaxTags)...),
		Link(t, 6),
	}
	Put(t, s, want...)
	wantStored(t, s, want...)
}

func tagsAdded(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1), Link(t, 2))
	before := List(t, s, link.Timestamp{}, 10)
	for _, c := range []struct{ given, want []string }{
		{[]string{"b", "Straße"}, []string{"b", "Straße"}},
		{nil, []string{"b", "Straße"}},
		{[]string{"B", "STRAßE"}, []string{"b", "Straße"}},
		{[]string{"c", "b", "a"}, []string{"b", "Straße", "c", "a"}},
		{[]string{"strasse", "\u212a", "A"}, []string{"b", "Straße", "c", "a", "strasse", "\u212a"}},
		{[]string{"k", "d"}, []string{"b", "Straße", "c", "a", "strasse", "\u212a", "d"}}, // \u212a is a K
	} {
		Put(t, s, tagged(t, 1, c.given...))
		wantStored(t, s, tagged(t, 1, c.want...), Link(t, 2))
	}
	after := List(t, s, link.Timestamp{}, 10)
	for i := range after {
		if after[i].Added != before[i].Added {
			t.Errorf("Added of link %d: got %v, want it unchanged: %v", i, after[i].Added, before[i].Added)
		}
	}
}

func tagsAddedUpToLimits(t *testing.T, s store.Store) {
	large := numbered(0, 19, 100) // 1,900 bytes
	small := numbered(0, 49, 10)
	both := func(a []string, b ...string) []string { return slices.Concat(a, b) }
	for i, c := range []struct{ existing, given, want []string }{
		{small, []string{"TAG 0 xxxx", "x", "tag 1 xxxx", "y"}, both(small, "x")},
		{both(small, "x"), []string{"y"}, both(small, "x")},
		// "c" would fit, but follows a tag that does not.
		{large, both(numbered(19, 20, 99), "ab", "c"), both(large, numbered(19, 20, 99)...)},
		{large, numbered(19, 20, 100), both(large, numbered(19, 20, 100)...)},
	} {
		Put(t, s, tagged(t, i, c.existing...))
		Put(t, s, tagged(t, i, c.given...))
		got, err := s.Get(t.Context(), Link(t, i).ID)
		if err != nil {
			t.Fatal(err)
		}
		WantLinks(t, []link.Link{got}, tagged(t, i, c.want...))
	}
}

func raceTags(t *testing.T, s store.Store) {
	for i, existing := range []link.Tags{"", "existing"} {
		if existing != "" {
			Put(t, s, tagged(t, i, string(existing)))
		}
		// Some of the writers add the same tag, in different cases.
		tags := numbered(1, link.MaxTags, 10)
		concurrently(t, 64, func(writer int) error {
			tag := tags[writer%len(tags)]
			if writer >= len(tags) {
				tag = strings.ToUpper(tag)
			}
			l := Link(t, i)
			l.Tags = link.Tags(tag)
			return s.Put(t.Context(), l)
		})
		got, err := s.Get(t.Context(), Link(t, i).ID)
		if err != nil {
			t.Fatal(err)
		}
		all := link.Tags(strings.ToLower(string(got.Tags)))
		want := append(slices.Collect(existing.All()), tags...)
		if !slices.Equal(slices.Sorted(all.All()), slices.Sorted(slices.Values(want))) {
			t.Errorf("tags after 64 calls of Put: got %q, want %q in any order and case", got.Tags, want)
		}
	}
}
