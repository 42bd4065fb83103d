// Package bolttest opens stores for tests.
package bolttest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"links/internal/store"
	"links/internal/store/boltstore"
)

// Open returns an empty Store in a temporary file. The Cleanup of the test
// closes the Store, unless the test has closed it, and checks the file.
func Open(t testing.TB) *boltstore.Store {
	t.Helper()
	return OpenFile(t, filepath.Join(t.TempDir(), "links.db"))
}

// OpenFile is like Open for the file at path, which it creates if it does not
// exist.
func OpenFile(t testing.TB, path string) *boltstore.Store {
	t.Helper()
	return OpenConfig(t, boltstore.Config{Path: path})
}

// OpenConfig is like Open with the given configuration.
func OpenConfig(t testing.TB, c boltstore.Config) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
		if _, err := boltstore.Check(context.Background(), c.Path); err != nil {
			t.Error(err)
		}
	})
	return s
}
