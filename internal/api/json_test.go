package api

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"links/internal/store"
)

func FuzzAListIsAsLongAsCounted(f *testing.F) {
	for _, link := range []string{"https://example.com/", `https://example.com/"\`, "https://example.com/\u2028é😀<&>\u0080"} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		if !utf8.ValidString(link) {
			t.Skip("a link is valid UTF-8")
		}
		list := newLinkList(1 << 20)
		for range 2 {
			if added, err := list.add(store.Link{URL: link}); err != nil || !added {
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
			t.Errorf("a list of %q is %d bytes as escaped, counted %d", link, want, got)
		}
	})
}

func TestAListStopsAtItsLimit(t *testing.T) {
	list := newLinkList(200)
	for range 2 {
		if added, err := list.add(store.Link{URL: "https://example.com/"}); err != nil || !added {
			break
		}
	}
	before := string(list.bytes())
	if added, err := list.add(store.Link{URL: "https://example.com/"}); err != nil || added {
		t.Errorf("add beyond the limit = %v, %v", added, err)
	}
	if after := string(list.bytes()); after != before {
		t.Errorf("the list has become %s", after)
	}
}
