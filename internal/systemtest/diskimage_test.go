package systemtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store/boltstore"
)

const sectorBytes = 512

// A lossKind is what the disk contains of the writes that were not synced.
type lossKind int

const (
	onlySynced    lossKind = iota // nothing
	allWrites                     // everything
	randomSectors                 // some of them
)

// checkRandomLoss is checkLoss after a random step.
func checkRandomLoss(t *testing.T, random *rand.Rand, steps []step, sent versions) error {
	t.Helper()
	return checkLoss(t, random, lossKind(random.IntN(3)), steps[:random.IntN(len(steps)+1)], sent)
}

// checkLoss opens the file as the disk contains it after a power loss, and
// returns an error if a link is missing or the file does not work.
func checkLoss(t *testing.T, random *rand.Rand, k lossKind, steps []step, sent versions) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	if image, exists := diskImage(random, k, steps); exists {
		if err := os.WriteFile(path, image, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := boltstore.Open(boltstore.Config{Path: path})
	if err != nil {
		return fmt.Errorf("after %d steps: %w", len(steps), err)
	}
	defer s.Close()
	return errors.Join(checkAcknowledged(t.Context(), s, steps, sent), checkWritable(t.Context(), s))
}

// diskImage returns what the disk contains of the file after the steps.
func diskImage(random *rand.Rand, k lossKind, steps []step) (image []byte, exists bool) {
	written, inSync, synced := map[int]bool{}, map[int]map[int]bool{}, map[int]bool{}
	for _, s := range steps {
		switch s.kind {
		case writeEnd:
			written[s.call] = true
		case syncStart:
			inSync[s.call] = maps.Clone(written)
			clear(written) // a failed sync loses them
		case syncEnd:
			for call := range inSync[s.call] {
				synced[call] = true
			}
		}
	}
	for _, s := range steps {
		switch s.kind {
		case fileLinked:
			exists = k != onlySynced
		case directorySynced:
			exists = true
		case writeStart:
			image = apply(image, s, func() bool {
				return synced[s.call] || k == allWrites || k == randomSectors && random.IntN(2) == 0
			})
		}
	}
	return image, exists
}

// apply applies a write or a truncation, only the sectors for which onDisk
// returns true.
func apply(image []byte, s step, onDisk func() bool) []byte {
	if s.bytes == nil {
		if onDisk() && int64(len(image)) < s.at {
			image = append(image, make([]byte, s.at-int64(len(image)))...)
		}
		return image
	}
	for from := 0; from < len(s.bytes); from += sectorBytes {
		sector := s.bytes[from:min(from+sectorBytes, len(s.bytes))]
		if !onDisk() {
			continue
		}
		at := int(s.at) + from
		if missing := at + len(sector) - len(image); missing > 0 {
			image = append(image, make([]byte, missing)...)
		}
		copy(image[at:], sector)
	}
	return image
}

var responseID = regexp.MustCompile(`"link_id":"([0-9a-f-]{36})"`)

// checkAcknowledged returns an error if a link is missing or incomplete although
// a response acknowledged it, or if the list is invalid.
func checkAcknowledged(ctx context.Context, s *boltstore.Store, steps []step, sent versions) error {
	acknowledged := map[uuid.UUID]int{} // the number of states
	for _, response := range steps {
		if response.kind != responseSent {
			continue
		}
		for _, match := range responseID.FindAllSubmatch(response.bytes, -1) {
			acknowledged[uuid.MustParse(string(match[1]))]++
		}
	}
	for id, n := range acknowledged {
		if got, err := s.Get(ctx, id); err != nil || !sent.contains(got, n-1) {
			return fmt.Errorf("after %d steps, Get(%s): got %v, %v, want one of %v from number %d",
				len(steps), id, got, err, sent[id], n)
		}
	}
	var last []byte
	for l, err := range s.List(ctx, link.Position{}, len(sent)+1) {
		if err != nil {
			return err
		}
		if !sent.contains(l, 0) {
			return fmt.Errorf("List: got %v, want one of %v", l, sent[l.ID])
		}
		if last != nil && bytes.Compare(l.Added[:], last) >= 0 {
			return fmt.Errorf("List: got %v with a position that is not below the one before", l)
		}
		last = bytes.Clone(l.Added[:])
	}
	return nil
}

// checkWritable returns an error if the store does not store another link.
func checkWritable(ctx context.Context, s *boltstore.Store) error {
	l, err := link.Parse("https://example.com/afterwards")
	if err != nil {
		return err
	}
	if err := s.Put(ctx, l); err != nil {
		return err
	}
	_, err = s.Get(ctx, l.ID)
	return err
}
