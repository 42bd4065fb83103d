// Package bolttest gives tests stores in temporary folders.
package bolttest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"links/internal/store"
	"links/internal/store/boltstore"
)

// Open returns an empty Store in a file of its own. When the test has ended the Store is closed, which the test may do
// before, and its file is checked.
func Open(t testing.TB) *boltstore.Store {
	t.Helper()
	return OpenFile(t, filepath.Join(t.TempDir(), "links.db"))
}

// OpenFile is Open for the file at path, which is made when it is missing.
func OpenFile(t testing.TB, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(boltstore.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
		if _, err := boltstore.Check(context.Background(), path); err != nil {
			t.Error(err)
		}
	})
	return s
}
