package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"links/internal/link"
)

func newListWriter() *listWriter {
	return newListWriters(semaphore.NewWeighted(maxListMemory)).Get().(*listWriter)
}

func FuzzListWriter_EscapedSize(f *testing.F) {
	for _, text := range []string{
		"https://example.com/", `https://example.com/"\`, "a\n\tb", "a,b", "https://example.com/\u2028é😀<&>\u0080",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			t.Skip("larger than the list may be")
		}
		list := newListWriter()
		list.begin(1<<20, true)
		for _, l := range []link.Link{{URL: text}, {URL: text, Title: text, Tags: link.Tags(text), Note: text}} {
			if fits, err := list.add(&l); err != nil || !fits {
				t.Fatalf("add(%q): got %v, %v, want true", l.URL, fits, err)
			}
		}
		if err := list.end(); err != nil {
			t.Fatal(err)
		}
		var escaped bytes.Buffer
		encoder := json.NewEncoder(&escaped)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(string(bytes.Join(list.chunks, nil))); err != nil {
			t.Fatal(err)
		}
		if got, want := list.escaped, escaped.Len()-len("\n"); got != want {
			t.Errorf("escaped size of a list of %q: got %d, want %d", text, got, want)
		}
	})
}

// A client with a list in an older format must not receive a 304.
func TestListETag_DependsOnTheFormat(t *testing.T) {
	list := newListWriter()
	list.begin(1000, true)
	l := link.Link{
		ID: uuid.MustParse("95555d86-7dd0-51a7-ab15-99805fb8a4e4"), URL: "https://www.google.com", Title: "Google",
		Added: link.Timestamp(uuid.MustParse("019a8f5e-2c41-7d3a-9b60-5f1c4e8a7d02")),
	}
	if fits, err := list.add(&l); err != nil || !fits {
		t.Fatalf("add: got %v, %v, want true", fits, err)
	}
	if err := list.end(); err != nil {
		t.Fatal(err)
	}
	const body = `[{"link_id":"95555d86-7dd0-51a7-ab15-99805fb8a4e4","link":"https://www.google.com",` +
		`"title":"Google","added":"2025-11-17T01:11:44.961Z"}]`
	const tag = `"bbde318ee6d2e681185506daf6dd1a0c"`
	if got := string(bytes.Join(list.chunks, nil)); got != body {
		t.Errorf("list: got %s, want %s (if the change is intended, change listETagVersion)", got, body)
	}
	if got := list.entityTag(""); got != tag {
		t.Errorf("entityTag: got %s, want %s", got, tag)
	}
}

func TestListETag_DependsOnEveryMember(t *testing.T) {
	seen := map[string]int{}
	added := link.Timestamp(uuid.MustParse("019a8f5e-2c41-7d3a-9b60-5f1c4e8a7d02"))
	second := string(added[:]) + "b" // what is hashed of another link
	for i, links := range [][]link.Link{
		{{Title: "ab"}},
		{{Title: "a", Tags: "b"}},
		{{Title: "a", Note: "b"}},
		{{Tags: "ab"}},
		{{Tags: "a,b"}},
		{{Tags: "a", Note: "b"}},
		{{Note: "a,b"}},
		{{Note: "ab"}},
		{{Note: "a\nb"}},
		{{Title: "a"}, {Title: "b"}},
		{{Note: "a"}, {Title: "b"}},
		{{Note: "a\n" + second}},
		{{Title: "a", Note: "\n" + second}},
	} {
		list := newListWriter()
		list.begin(1000, true)
		for _, l := range links {
			l.Added = added
			if fits, err := list.add(&l); err != nil || !fits {
				t.Fatalf("add: got %v, %v, want true", fits, err)
			}
		}
		tag := list.entityTag("")
		if other, ok := seen[tag]; ok {
			t.Errorf("ETag of list %d: got the same as that of list %d", i, other)
		}
		seen[tag] = i
	}
}

func TestListWriter_StopsAtItsLimit(t *testing.T) {
	list := newListWriter()
	list.begin(200, false)
	if fits, err := list.add(&link.Link{URL: "https://example.com/"}); err != nil || !fits {
		t.Fatalf("add of the first link: got %v, %v, want true", fits, err)
	}
	before := string(bytes.Join(list.chunks, nil))
	if fits, err := list.add(&link.Link{URL: "https://example.com/" + strings.Repeat("x", 100)}); err != nil || fits {
		t.Errorf("add of a link beyond the limit: got %v, %v, want false", fits, err)
	}
	if after := string(bytes.Join(list.chunks, nil)); after != before {
		t.Errorf("list after add of a link beyond the limit: got %s, want %s", after, before)
	}
}
