package boltstore

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store/storetest"
)

// testdata/make-file creates the files with the programs that had the formats.
func TestOpen_MigratesOlderFormats(t *testing.T) {
	for _, format := range []string{"format-1", "format-2"} {
		t.Run(format, func(t *testing.T) {
			path := newPath(t)
			write(t, path, unpacked(t, "testdata/"+format+".db.gz"))
			want := listedIn(t, "testdata/"+format+".json")
			if report, err := Check(t.Context(), path); err != nil || report.Links != len(want) {
				t.Errorf("Check before Open: got %+v, %v, want %d links", report, err, len(want))
			}
			for range 2 { // the first time migrates the file
				s := open(t, path)
				wantListed(t, s, want)
				// An older version must not open the file again.
				must(t, s.db.View(func(tx *bbolt.Tx) error {
					if got := string(tx.Bucket([]byte(metaBucket)).Get([]byte(formatKey))); got != "3" {
						t.Errorf("format after Open: got %q, want 3", got)
					}
					return nil
				}))
				must(t, s.Close())
			}

			s := open(t, path)
			added := storetest.Link(t, 1)
			added.Title, added.Tags, added.Note = "New", "a,b", "new"
			filledIn := link.Link{Tags: "c", Note: "filled in"}
			filledIn.ID, filledIn.URL = want[2].ID, want[2].URL
			storetest.Put(t, s, added, filledIn)
			want[2] = want[2].FillIn(filledIn)
			changes := link.Changes{Title: new("Changed"), Tags: new(link.Tags("d")), Note: new("e")}
			for _, i := range []int{0, 3, len(want) - 1} {
				want[i] = changes.Apply(want[i])
				got, err := s.Update(t.Context(), want[i].ID, changes)
				must(t, err)
				storetest.WantLinks(t, []link.Link{got}, want[i])
			}
			must(t, s.Close())
			wantListed(t, open(t, path), append([]link.Link{added}, want...))
			if report, err := Check(t.Context(), path); err != nil || report.Tagged != 5 || report.Noted != 5 {
				t.Errorf("Check: got %+v, %v, want 5 links with tags and a note", report, err)
			}
		})
	}
}

// listedIn returns the links of a response to GET /link?added=true. An Added
// that is missing is zero.
func listedIn(t *testing.T, path string) (links []link.Link) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	var listed []struct {
		ID    uuid.UUID `json:"link_id"`
		URL   string    `json:"link"`
		Title string    `json:"title"`
		Added time.Time `json:"added"`
	}
	must(t, json.Unmarshal(text, &listed))
	for _, l := range listed {
		links = append(links, link.Link{ID: l.ID, URL: l.URL, Title: l.Title})
		if !l.Added.IsZero() {
			links[len(links)-1].Added = link.TimestampAt(l.Added)
		}
	}
	return links
}

// wantListed reports an error unless List and Get return the links, with the
// time of Added unless it is zero.
func wantListed(t *testing.T, s *Store, want []link.Link) {
	t.Helper()
	got := storetest.List(t, s, link.Timestamp{}, 1000)
	storetest.WantLinks(t, got, want...)
	for i, l := range got {
		if !want[i].Added.IsZero() && !l.Added.Time().Equal(want[i].Added.Time()) {
			t.Errorf("Added of link %d: got %v, want %v", i, l.Added.Time(), want[i].Added.Time())
		}
		if one, err := s.Get(t.Context(), l.ID); err != nil || one != l {
			t.Errorf("Get of link %d: got %v, %v, want %v", i, one, err, l)
		}
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
