package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"links/internal/store"
)

func FuzzAListIsAsLongAsCounted(f *testing.F) {
	for _, text := range []string{"https://example.com/", `https://example.com/"\`, "https://example.com/\u2028é😀<&>\u0080"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list := new(listBody)
		list.begin(1<<20, true)
		for _, l := range []store.Link{{URL: text}, {URL: text, Title: text}} {
			if fits, err := list.add(l); err != nil || !fits {
				t.Skip("longer than the list")
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

func TestAListStopsAtItsLimit(t *testing.T) {
	list := new(listBody)
	list.begin(200, false)
	if fits, err := list.add(store.Link{URL: "https://example.com/"}); err != nil || !fits {
		t.Fatal("the first link does not fit")
	}
	before := string(bytes.Join(list.chunks, nil))
	if fits, err := list.add(store.Link{URL: "https://example.com/" + strings.Repeat("x", 100)}); err != nil || fits {
		t.Error("a link beyond the limit fits")
	}
	if after := string(bytes.Join(list.chunks, nil)); after != before {
		t.Errorf("the list has become %s", after)
	}
}
