package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"links/internal/store"
	"links/internal/store/boltstore"
)

// A kill -9 does not show that a sync is missing, since what was written stays in the page cache. So this test writes down
// what the server writes, syncs and answers, puts the file together as a disk could have it after a cut at any moment, and
// opens it: everything synced is there, and of the rest nothing, all, or some sectors.

const sectorBytes = 512

// cuts is how many moments the test tries: POWER_CUTS, or 50.
func cuts(t *testing.T) int {
	if text := os.Getenv("POWER_CUTS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 50
}

func TestAPowerCutLosesNothingThatWasAnswered(t *testing.T) {
	t.Parallel()
	steps, known := record(t)
	tryCuts(t, cuts(t), steps, known)
	// Without the syncs the same cuts must lose something, or they show nothing.
	unsynced := bytesOnly(steps)
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		if afterCut(t, random, unsynced, known) != nil {
			return
		}
	}
	t.Error("a server that syncs nothing passes too")
}

// When a sync fails, what it was to write is lost, and a later one that succeeds does not bring it back.
func TestAPowerCutAfterSyncsThatFailedLosesNothingThatWasAnswered(t *testing.T) {
	t.Parallel()
	// The first 5 are those of a new file. Every third, then, and each kind in turn: a commit has two.
	steps, known := record(t, "-e", "inject=fdatasync:error=EIO:when=7+3")
	tryCuts(t, cuts(t)/5, steps, known)
}

// tryCuts cuts the power at so many moments.
func tryCuts(t *testing.T, number int, steps []step, known map[uuid.UUID]store.Link) {
	t.Helper()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for cut := range number {
		some := steps
		if cut%10 == 0 { // while the file is made
			some = steps[:20]
		}
		if err := afterCut(t, random, some, known); err != nil {
			t.Fatalf("cut %d with seed %d: %v", cut, seed, err)
		}
	}
}

// bytesOnly is a trace as of a server that never syncs.
func bytesOnly(steps []step) (rest []step) {
	for _, s := range steps {
		if s.kind != syncBegins && s.kind != syncEnds {
			rest = append(rest, s)
		}
	}
	return rest
}

// record runs a server under strace, stores links from several clients at once, and returns what strace saw and the links by
// their ids. Clients ask again when they are answered with an error.
func record(t *testing.T, moreOfStrace ...string) ([]step, map[uuid.UUID]store.Link) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("REQUIRE_STRACE") != "" {
			t.Fatal(err)
		}
		t.Skip("strace is not installed")
	}
	dir := t.TempDir()
	file, trace := filepath.Join(dir, "links.db"), filepath.Join(dir, "trace")
	cmd := command(t, nil, "-addr", "127.0.0.1:0", "-store", "bolt:"+file)
	// strace runs beside the server, which stays this test's own child.
	cmd.Args = slices.Concat([]string{strace, "-D", "-o", trace}, straceArguments, moreOfStrace, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path = strace
	p := start(t, cmd)
	p.waitUntilItListens(t)

	known := map[uuid.UUID]store.Link{}
	var writers sync.WaitGroup
	for w := range 8 {
		var batches [][]store.Link
		for i := range 25 {
			batch := make([]store.Link, 1+i%3*w)
			for j := range batch {
				l, err := store.Parse(fmt.Sprintf("https://example.com/%d/%d/%d?%s", w, i, j, strings.Repeat("x", 40*w)))
				if err != nil {
					t.Fatal(err)
				}
				l.Title = fmt.Sprintf("Page %d of %d by %d", j, i, w)
				known[l.ID], batch[j] = l, l
			}
			batches = append(batches, batch)
		}
		writers.Go(func() {
			for _, batch := range batches {
				status, err := postLinks(p.url, batch...)
				for status == http.StatusInternalServerError && moreOfStrace != nil {
					status, err = postLinks(p.url, batch...)
				}
				if err != nil || status != http.StatusOK {
					t.Errorf("status %d, %v", status, err)
				}
			}
		})
	}
	writers.Wait()
	if err := p.end(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	recorded, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer recorded.Close()
	return readTrace(t, recorded, file), known
}

// afterCut makes the file as it may be after a cut at a random moment, and says what is wrong with it.
func afterCut(t *testing.T, random *rand.Rand, steps []step, known map[uuid.UUID]store.Link) error {
	t.Helper()
	steps = steps[:random.IntN(len(steps)+1)]
	path := filepath.Join(t.TempDir(), "links.db")
	if image, exists := disk(random, steps); exists {
		if err := os.WriteFile(path, image, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := boltstore.Open(path)
	if err != nil {
		return fmt.Errorf("after %d steps: %w", len(steps), err)
	}
	defer s.Close()
	return errors.Join(hasAnswered(t.Context(), s, steps, known), storesOn(t.Context(), s))
}

// disk is what the disk has of the file after the steps.
func disk(random *rand.Rand, steps []step) (image []byte, exists bool) {
	ended, inSync, synced := map[int]bool{}, map[int]map[int]bool{}, map[int]bool{}
	for _, s := range steps {
		switch s.kind {
		case writeEnds:
			ended[s.call] = true
		case syncBegins:
			inSync[s.call] = make(map[int]bool, len(ended))
			for call := range ended {
				inSync[s.call][call] = true
			}
			clear(ended) // whoever syncs has them: none is asked for twice
		case syncEnds:
			for call := range inSync[s.call] {
				synced[call] = true
			}
		}
	}
	some := random.IntN(3) // of what is not synced: nothing, all, or some sectors
	for _, s := range steps {
		switch s.kind {
		case fileIsNamed:
			exists = some > 0
		case namesSynced:
			exists = true
		case writeBegins:
			image = apply(image, s, func() bool { return synced[s.call] || some == 1 || some == 2 && random.IntN(2) == 0 })
		}
	}
	return image, exists
}

// apply writes the sectors that are there.
func apply(image []byte, s step, there func() bool) []byte {
	if s.bytes == nil {
		if there() && int64(len(image)) < s.at {
			image = append(image, make([]byte, s.at-int64(len(image)))...)
		}
		return image
	}
	for from := 0; from < len(s.bytes); from += sectorBytes {
		sector := s.bytes[from:min(from+sectorBytes, len(s.bytes))]
		if !there() {
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

var answeredID = regexp.MustCompile(`"link_id":"([0-9a-f-]{36})"`)

// hasAnswered says which link is not there, or not whole, though a client was told that it is stored.
func hasAnswered(ctx context.Context, s *boltstore.Store, steps []step, known map[uuid.UUID]store.Link) error {
	for _, answer := range steps {
		if answer.kind != answerSent {
			continue
		}
		for _, match := range answeredID.FindAllSubmatch(answer.bytes, -1) {
			id := uuid.MustParse(string(match[1]))
			got, err := s.Get(ctx, id)
			if want := known[id]; err != nil || got.URL != want.URL || got.Title != want.Title {
				return fmt.Errorf("after %d steps %s is %v, %w", len(steps), want.URL, got, err)
			}
		}
	}
	var last []byte
	for l, err := range s.List(ctx, store.Position{}, len(known)+1) {
		if err != nil {
			return err
		}
		if want := known[l.ID]; l.URL != want.URL || l.Title != want.Title {
			return fmt.Errorf("the list has %v, want %v", l, want)
		}
		if last != nil && bytes.Compare(l.Added[:], last) >= 0 {
			return fmt.Errorf("the list is not in order at %v", l)
		}
		last = bytes.Clone(l.Added[:])
	}
	return nil
}

func storesOn(ctx context.Context, s *boltstore.Store) error {
	l, err := store.Parse("https://example.com/afterwards")
	if err != nil {
		return err
	}
	if err := s.Put(ctx, l); err != nil {
		return err
	}
	_, err = s.Get(ctx, l.ID)
	return err
}
