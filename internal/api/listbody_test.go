package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"links/internal/link"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"
)

func FuzzAListIsAsLongAsCounted(f *testing.F) {
	for _, text := range []string{"https://example.com/", `https://example.com/"\`, "https://example.com/\u2028é😀<&>\u0080"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			t.Skip("longer than a link or a title, and perhaps than the list")
		}
		list := newListWriters(semaphore.NewWeighted(maxListMemory)).Get().(*listWriter)
		list.begin(1<<20, true)
		for _, l := range []link.Link{{URL: text}, {URL: text, Title: text}} {
			if fits, err := list.add(l); err != nil || !fits {
				t.Fatalf("add(%q) = %v, %v", l.URL, fits, err)
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
			t.Errorf("a list of %q is %d bytes as escaped, counted %d", text, want, got)
		}
	})
}

// Who has a list of an older form must not be told that it is unchanged.
func TestAnotherFormOfListsHasOtherTags(t *testing.T) {
	list := newListWriters(semaphore.NewWeighted(maxListMemory)).Get().(*listWriter)
	list.begin(1000, true)
	l := link.Link{ID: uuid.MustParse("95555d86-7dd0-51a7-ab15-99805fb8a4e4"), URL: "https://www.google.com", Title: "Google", Added: link.Timestamp(uuid.MustParse("019a8f5e-2c41-7d3a-9b60-5f1c4e8a7d02"))}
	if fits, err := list.add(l); err != nil || !fits {
		t.Fatal(fits, err)
	}
	if err := list.end(); err != nil {
		t.Fatal(err)
	}
	const body, tag = `[{"link_id":"95555d86-7dd0-51a7-ab15-99805fb8a4e4","link":"https://www.google.com","title":"Google","added":"2025-11-17T01:11:44.961Z"}]`, `"bbde318ee6d2e681185506daf6dd1a0c"`
	if got := string(bytes.Join(list.chunks, nil)); got != body {
		t.Errorf("the list is %s, want %s: if that is right, change listETagVersion", got, body)
	}
	if got := list.entityTag(""); got != tag {
		t.Errorf("its tag is %s, want %s", got, tag)
	}
}

func TestAListStopsAtItsLimit(t *testing.T) {
	list := newListWriters(semaphore.NewWeighted(maxListMemory)).Get().(*listWriter)
	list.begin(200, false)
	if fits, err := list.add(link.Link{URL: "https://example.com/"}); err != nil || !fits {
		t.Fatal("the first link does not fit")
	}
	before := string(bytes.Join(list.chunks, nil))
	if fits, err := list.add(link.Link{URL: "https://example.com/" + strings.Repeat("x", 100)}); err != nil || fits {
		t.Error("a link beyond the limit fits")
	}
	if after := string(bytes.Join(list.chunks, nil)); after != before {
		t.Errorf("the list has become %s", after)
	}
}
