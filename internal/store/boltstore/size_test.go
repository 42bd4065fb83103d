package boltstore

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store/storetest"
)

func TestPut_FileSize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	title := strings.Repeat("x", 60)
	for name, c := range map[string]struct {
		change func(i int, l *link.Link)
		fillIn bool // titles are filled in after each batch
		later  []func(*link.Link)
		most   int64
	}{
		"in order of storing": {func(_ int, l *link.Link) { l.Title = title }, false, nil, 7 << 20},
		"dates in random order": {func(_ int, l *link.Link) {
			l.Title, l.Added = title, link.TimestampAt(time.UnixMilli(random.Int64N(1<<40)))
		}, false, nil, 10 << 20},
		"titles filled in later": {func(int, *link.Link) {}, true, nil, 10 << 20},
		"tags and notes filled in when all links are stored": {func(_ int, l *link.Link) { l.Title = title }, false,
			[]func(*link.Link){
				func(l *link.Link) { l.Tags = "Reading list,Recipes/Soups" },
				func(l *link.Link) { l.Note = title },
				func(l *link.Link) { l.Tags = "more,third" },
			}, 10 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, newPath(t))
			for from := 0; from < 20_000; from += 1000 {
				batch := storetest.Links(t, from, 1000)
				for i := range batch {
					c.change(i, &batch[i])
				}
				storetest.Put(t, s, batch...)
				if c.fillIn {
					for i := range batch {
						batch[i].Title = title
					}
					storetest.Put(t, s, batch...)
				}
			}
			for _, change := range c.later {
				for from := 0; from < 20_000; from += 1000 {
					batch := storetest.Links(t, from, 1000)
					for i := range batch {
						change(&batch[i])
					}
					storetest.Put(t, s, batch...)
				}
			}
			var used int64 // the file itself grows by doubling
			must(t, s.db.View(func(tx *bbolt.Tx) error {
				used = tx.Size()
				return nil
			}))
			if used > c.most {
				t.Errorf("file of 20,000 links: got %.1f MB, want at most %.1f", float64(used)/1e6, float64(c.most)/1e6)
			}
		})
	}
}
