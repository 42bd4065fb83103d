package boltstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/link"
	"links/internal/store/storetest"
)

// BenchmarkBareCommit measures bbolt alone, with the two entries of a link. No
// Put can be faster.
func BenchmarkBareCommit(b *testing.B) {
	s := benchStore(b, 0)
	for i := 0; b.Loop(); i++ {
		l := realistic(i)
		must(b, s.db.Update(func(tx *bbolt.Tx) error {
			added := uuid.Must(uuid.NewV7())
			if err := tx.Bucket([]byte(linksBucket)).Put(l.ID[:], added[:]); err != nil {
				return err
			}
			return tx.Bucket([]byte(byAddedBucket)).Put(added[:], append(l.ID[:], l.URL...))
		}))
	}
}

func BenchmarkPut(b *testing.B) {
	s := benchStore(b, 0)
	for i := 0; b.Loop(); i++ {
		storetest.Put(b, s, realistic(i))
	}
}

// BenchmarkPutParallel32 measures the time between two links of 32 concurrent
// writers.
func BenchmarkPutParallel32(b *testing.B) {
	const writers = 32
	s := benchStore(b, 0)
	b.ResetTimer()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < b.N; i += writers {
				if err := s.Put(b.Context(), realistic(i)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkGet(b *testing.B) {
	for _, n := range []int{1000, 300_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := benchStore(b, n)
			all := make([]link.Link, 1000)
			for i := range all {
				all[i] = realistic(rand.IntN(n))
			}
			for i := 0; b.Loop(); i++ {
				if _, err := s.Get(b.Context(), all[i%len(all)].ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPage50 lists all links repeatedly, in pages of 50.
func BenchmarkPage50(b *testing.B) {
	for _, size := range []int{1000, 300_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := benchStore(b, size)
			var after link.Position
			for b.Loop() {
				n := 0
				for l, err := range s.List(b.Context(), after, 50) {
					if err != nil {
						b.Fatal(err)
					}
					n, after = n+1, l.Position()
				}
				if n < 50 {
					after = link.Position{}
				}
			}
		})
	}
}

// benchStore returns a store that contains n links.
func benchStore(b *testing.B, n int) *Store {
	b.Helper()
	s, err := Open(Config{Path: filepath.Join(b.TempDir(), "links.db")})
	must(b, err)
	b.Cleanup(func() { s.Close() })
	for i := 0; i < n; i += 1000 {
		batch := make([]link.Link, 1000)
		for j := range batch {
			batch[j] = realistic(i + j)
		}
		must(b, s.Put(context.Background(), batch...))
	}
	return s
}

// realistic returns link number i, of 50 to 100 bytes.
func realistic(i int) link.Link {
	return linkTo(fmt.Sprintf("https://www.example%d.com/articles/2024/%09d/%s", i%977, i, strings.Repeat("x", i%51)))
}
