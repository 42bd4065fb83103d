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
		list := newListBody(1<<20, true)
		for _, l := range []store.Link{{URL: text}, {URL: text, Title: text}} {
			if !list.add(l) {
				t.Skip("longer than the list")
			}
		}
		var escaped bytes.Buffer
		encoder := json.NewEncoder(&escaped)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(string(list.bytes())); err != nil {
			t.Fatal(err)
		}
		if got, want := list.escaped, escaped.Len()-len("\n"); got != want {
			t.Errorf("a list of %q is %d bytes as escaped, counted %d", text, want, got)
		}
	})
}

func TestAListStopsAtItsLimit(t *testing.T) {
	list := newListBody(200, false)
	if !list.add(store.Link{URL: "https://example.com/"}) {
		t.Fatal("the first link does not fit")
	}
	before := string(list.bytes())
	if list.add(store.Link{URL: "https://example.com/" + strings.Repeat("x", 100)}) {
		t.Error("a link beyond the limit fits")
	}
	if after := string(list.bytes()); after != before {
		t.Errorf("the list has become %s", after)
	}
}
