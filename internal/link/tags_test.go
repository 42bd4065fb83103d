package link

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tagsOf returns n different tags of the given length, which have all but their
// end in common.
func tagsOf(n int, letter string, length int) []string {
	var tags []string
	for i := range n {
		number := fmt.Sprint(i)
		tags = append(tags, strings.Repeat(letter, (length-len(number))/len(letter))+number)
	}
	return tags
}

func TestParseTag_ValidAndInvalidTags(t *testing.T) {
	for tag, want := range map[string]string{
		"a":                            "a",
		" \t\r\n\fRecipes/Soups ":      "Recipes/Soups",
		"/":                            "/",
		"two  words":                   "two  words",
		"\u00a0日本語\u2028":              "\u00a0日本語\u2028",
		strings.Repeat("é", 50):        strings.Repeat("é", 50),
		strings.Repeat(" ", 200) + "x": "x",
	} {
		if got, err := ParseTag(tag); err != nil || got != want {
			t.Errorf("ParseTag(%.40q): got %q, %v, want %q", tag, got, err, want)
		}
	}
	for tag, hint := range map[string]string{
		"":                            "empty",
		" \n ":                        "empty",
		"a,b":                         "comma",
		",":                           "comma",
		"a\tb":                        "control characters",
		"a\x00":                       "control characters",
		"\x7f":                        "control characters",
		"\va":                         "control characters",
		"a\xff":                       "UTF-8",
		strings.Repeat("é", 50) + "x": "100 bytes",
	} {
		if _, err := ParseTag(tag); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("ParseTag(%.40q): got error %v, want one that contains %q", tag, err, hint)
		}
	}
}

func TestParseTags_DistinctUpToLimits(t *testing.T) {
	many, large := tagsOf(50, "x", 40), tagsOf(20, "é", 100)
	for _, c := range []struct {
		tags []string
		want Tags
	}{
		{nil, ""},
		{[]string{}, ""},
		{[]string{"b", "a"}, "b,a"},
		{[]string{" b", "B", "b/c", "a", "b "}, "b,b/c,a"},
		{[]string{"Straße", "STRAßE", "STRAẞE", "Strasse"}, "Straße,Strasse"},
		{[]string{"ǅ", "ǆ", "Ǆ", "k", "\u212a", "ſ", "S"}, "ǅ,k,ſ"},
		{many, Tags(strings.Join(many, ","))},   // both limits
		{large, Tags(strings.Join(large, ","))}, // 2,000 bytes
		{slices.Repeat(many, 100), Tags(strings.Join(many, ","))},
	} {
		if got, err := ParseTags(c.tags); err != nil || got != c.want {
			t.Errorf("ParseTags(%.80q): got %.80q, %v, want %.80q", c.tags, got, err, c.want)
		}
	}
	for hint, tags := range map[string][]string{
		"50 tags of 2000 bytes": tagsOf(51, "x", 4),
		"2000 bytes":            append(tagsOf(20, "x", 100), "y"),
		"empty":                 {"a", ""},
	} {
		if got, err := ParseTags(tags); err == nil || !strings.Contains(err.Error(), hint) || got != "" {
			t.Errorf("ParseTags(%.80q): got %.80q, %v, want an error that contains %q", tags, got, err, hint)
		}
	}
}

func TestTagsAdd_StopsAtFirstOverLimit(t *testing.T) {
	join := func(tags []string, more ...string) Tags { return Tags(strings.Join(slices.Concat(tags, more), ",")) }
	small, large := tagsOf(49, "x", 10), tagsOf(20, "x", 99) // 490 and 1,980 bytes
	for _, c := range []struct{ tags, others, want Tags }{
		{"", "", ""},
		{"b,a", "", "b,a"},
		{"", "b,a", "b,a"},
		{"b,a", "A,c,B,d", "b,a,c,d"},
		{join(small), "a,B,c", join(small, "a")},
		{join(small, "a"), "b,A", join(small, "a")},
		{join(large), Tags(strings.Repeat("y", 20)), join(large, strings.Repeat("y", 20))},
		{join(large), Tags(strings.Repeat("y", 21) + ",z"), join(large)}, // z would fit
	} {
		if got := c.tags.Add(c.others); got != c.want {
			t.Errorf("Tags(%.80q).Add(%q): got %.600q, want %.600q", c.tags, c.others, got, c.want)
		}
	}
}

// checkTags reports an error unless the tags are valid, distinct and within the
// limits.
func checkTags(t *testing.T, tags Tags) {
	t.Helper()
	all, size := slices.Collect(tags.All()), 0
	for i, tag := range all {
		size += len(tag)
		if got, err := ParseTag(tag); err != nil || got != tag {
			t.Errorf("ParseTag(%q): got %q, %v, want it unchanged", tag, got, err)
		}
		for _, other := range all[:i] {
			if strings.EqualFold(tag, other) {
				t.Errorf("tags %q: got %q and %q, want one of them", tags, other, tag)
			}
		}
	}
	if len(all) > MaxTags || size > MaxTagsBytes {
		t.Errorf("tags %q: got %d of %d bytes, want at most %d of %d", tags, len(all), size, MaxTags, MaxTagsBytes)
	}
	if again, err := ParseTags(all); err != nil || again != tags {
		t.Errorf("ParseTags(%q): got %q, %v, want them unchanged", all, again, err)
	}
}

func FuzzTags(f *testing.F) {
	f.Add("b\na\nB", "c\n A\nk")
	f.Add("\u212a\nß\nẞ", "K\ns\nſ")
	f.Add(strings.Join(tagsOf(49, "x", 10), "\n"), "a\nb\nc")
	f.Add(strings.Join(tagsOf(20, "x", 99), "\n"), strings.Repeat("y", 50)+"\nz")
	f.Add("a,b", "\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		parse := func(text string) Tags {
			given := strings.Split(text, "\n")
			tags, err := ParseTags(given)
			if err != nil {
				return ""
			}
			checkTags(t, tags)
			for _, tag := range given {
				if !containsFold(tags, strings.Trim(tag, ASCIISpace)) {
					t.Errorf("ParseTags(%q): got %q, which does not contain %q", given, tags, tag)
				}
			}
			return tags
		}
		tags, others := parse(a), parse(b)
		added := tags.Add(others)
		checkTags(t, added)
		if !strings.HasPrefix(string(added), string(tags)) {
			t.Errorf("Tags(%q).Add(%q): got %q, want the former first", tags, others, added)
		}
		if again := added.Add(others); again != added {
			t.Errorf("Tags(%q).Add(%q): got %q, want them unchanged", added, others, again)
		}
		wantAdded(t, tags, others, added)
	})
}

func containsFold(tags Tags, tag string) bool {
	for other := range tags.All() {
		if strings.EqualFold(tag, other) {
			return true
		}
	}
	return false
}

// wantAdded reports an error unless added consists of the tags and of all others
// before the first that does not fit.
func wantAdded(t *testing.T, tags, others, added Tags) {
	t.Helper()
	want := slices.Collect(tags.All())
	for tag := range others.All() {
		if containsFold(tags, tag) {
			continue
		}
		if len(want) == MaxTags || len(strings.Join(want, ""))+len(tag) > MaxTagsBytes {
			break
		}
		want = append(want, tag)
	}
	if got := slices.Collect(added.All()); !slices.Equal(got, want) {
		t.Errorf("Tags(%q).Add(%q): got %q, want %q", tags, others, got, want)
	}
}

// BenchmarkParseTags measures tags of a request body of 1 MiB: as many links as
// it can contain.
func BenchmarkParseTags(b *testing.B) {
	for _, c := range []struct {
		name string
		tags []string
	}{
		{"usual", []string{"Recipes/Soups", "to read", "2026", "golang"}},
		{"one", []string{"a"}},
		{"50", tagsOf(50, "x", 5)},
		{"50Large", tagsOf(50, "x", 40)},
		{"50NonASCII", tagsOf(50, "Ä", 40)},
		{"50Cherokee", tagsOf(50, "\uab70", 40)},
		{"EqualTags", slices.Repeat([]string{"a"}, 100_000)},
		{"EqualAfter49", append(tagsOf(49, "Ä", 40), slices.Repeat([]string{"a"}, 100_000)...)},
		{"EqualLarge", slices.Repeat([]string{strings.Repeat("Ä", 50)}, 10_000)},
	} {
		size := len(strings.Join(c.tags, `","`)) + len(`{"link":"http://a/","tags":[""]},`)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseTags(c.tags); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
