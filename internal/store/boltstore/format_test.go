package boltstore

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store/storetest"
)

func TestOpen_MigratesFormat1(t *testing.T) {
	text, err := os.ReadFile("testdata/before-titles.json")
	must(t, err)
	var want []struct {
		ID  uuid.UUID `json:"link_id"`
		URL string    `json:"link"`
	}
	must(t, json.Unmarshal(text, &want))
	path := newPath(t)
	write(t, path, unpacked(t, "testdata/before-titles.db.gz"))

	for range 2 { // the first time migrates the file
		s := open(t, path)
		got := storetest.List(t, s, link.Timestamp{}, 1000)
		if len(got) != len(want) || len(got) == 0 {
			t.Fatalf("List: got %d links, want %d", len(got), len(want))
		}
		for i, l := range got {
			if l.ID != want[i].ID || l.URL != want[i].URL || l.Title != "" {
				t.Fatalf("link %d: got %v, want %v", i, l, want[i])
			}
		}
		must(t, s.Close())
	}

	s := open(t, path)
	first := storetest.List(t, s, link.Timestamp{}, 1)[0]
	storetest.Put(t, s, link.Link{ID: first.ID, URL: first.URL, Title: "Filled in"}, storetest.Link(t, 1))
	first.Title = "Filled in"
	got := storetest.List(t, s, link.Timestamp{}, 1000)
	if len(got) != len(want)+1 || got[0].ID != storetest.Link(t, 1).ID || !slices.Contains(got, first) {
		t.Errorf("List after Put: got %d links, the first %v and %v, want %d", len(got), got[0], got[1], len(want)+1)
	}
}

func TestOpen_CurrentFormatWritesNoCommit(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	before := commits(t, s)
	must(t, s.Close())
	if after := commits(t, open(t, path)); after != before {
		t.Errorf("last commit after Open: got %d, want %d, as before", after, before)
	}
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	must(t, err)
	defer file.Close()
	packed, err := gzip.NewReader(file)
	must(t, err)
	content, err := io.ReadAll(packed)
	must(t, err)
	return content
}
