package systemtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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

	"links/internal/link"
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
	steps, known := record(t, 8)
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
	// The first 3 are those of a new file. Every third of a thread, then, and each kind in turn: a commit has two.
	steps, known := record(t, 8, "-e", "inject=fdatasync:error=EIO:when=7+3")
	tryCuts(t, cuts(t)/5, steps, known)
}

// The retry of a lone writer is the next that follows a failed commit. It changes nothing, so no further commit makes it durable.
func TestPowerCut_RetryOfLoneWriter(t *testing.T) {
	t.Parallel()
	steps, known := record(t, 1, failingCommits...)
	cutAfterAnswers(t, steps, known)
}

// A server that is killed after its last commit failed leaves a commit that can be read and is not durable. The next server
// responds to the client that retries.
func TestPowerCut_AfterRestart(t *testing.T) {
	t.Parallel()
	r := newRecording(t)
	p := r.start(t, failingCommits...)
	known := map[uuid.UUID]link.Link{}
	var l link.Link
	for status, readable := 0, false; status != http.StatusInternalServerError || !readable; {
		var err error
		if l, err = link.Parse(fmt.Sprint("https://example.com/", len(known))); err != nil {
			t.Fatal(err)
		}
		known[l.ID] = l
		if status, err = postLinks(p.url, l); err != nil {
			t.Fatal(err)
		}
		answer, err := http.Head(p.url + "/link/" + l.ID.String())
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		readable = answer.StatusCode == http.StatusOK
	}
	_ = p.end(t, syscall.SIGKILL)

	p = r.start(t)
	if status, err := postLinks(p.url, l); err != nil || status != http.StatusOK {
		t.Errorf("after a restart: status %d, %v", status, err)
	}
	if err := p.end(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	cutAfterAnswers(t, r.steps(t), known)
}

// failingCommits has every second sync of a thread fail. After a first sync that failed, these are the last ones of commits.
var failingCommits = []string{"-e", "inject=fdatasync:error=EIO:when=5+2"}

// cutAfterAnswers cuts the power after each response, at the worst: nothing is on the disk that was not synced.
func cutAfterAnswers(t *testing.T, steps []step, known map[uuid.UUID]link.Link) {
	t.Helper()
	n := 0
	for i, s := range steps {
		if s.kind != answerSent {
			continue
		}
		n++
		if err := afterCutAt(t, rand.New(rand.NewPCG(1, 2)), 0, steps[:i+1], known); err != nil {
			t.Fatalf("cut after response %d: %v", n, err)
		}
	}
	if n == 0 {
		t.Error("the trace contains no response")
	}
}

// tryCuts cuts the power at so many moments.
func tryCuts(t *testing.T, number int, steps []step, known map[uuid.UUID]link.Link) {
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

// A recording is what strace sees of servers that run one after the other and have one file.
type recording struct {
	strace, dir string
	traces      []string // files, one of each server
}

func newRecording(t *testing.T) *recording {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("REQUIRE_STRACE") != "" {
			t.Fatal(err)
		}
		t.Skip("strace is not installed")
	}
	return &recording{strace: strace, dir: t.TempDir()}
}

func (r *recording) file() string { return filepath.Join(r.dir, "links.db") }

// start starts a server under strace.
func (r *recording) start(t *testing.T, moreOfStrace ...string) *process {
	t.Helper()
	trace := filepath.Join(r.dir, fmt.Sprint("trace", len(r.traces)))
	r.traces = append(r.traces, trace)
	cmd := command(t, nil, "-addr", "127.0.0.1:0", "-store", "bolt:"+r.file())
	// strace runs beside the server, which stays this test's own child.
	cmd.Args = slices.Concat([]string{r.strace, "-D", "-o", trace}, straceArguments, moreOfStrace, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path = r.strace
	p := start(t, cmd)
	p.waitUntilItListens(t)
	return p
}

// steps returns what strace saw of all servers, which have ended.
func (r *recording) steps(t *testing.T) []step {
	t.Helper()
	var all []io.Reader
	for _, name := range r.traces {
		trace, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.NewReader(trace))
	}
	return readTrace(t, io.MultiReader(all...), r.file())
}

// record runs a server under strace, stores links from several clients at once, and returns what strace saw and the links by
// their ids. Clients ask again when they are answered with an error.
func record(t *testing.T, clients int, moreOfStrace ...string) ([]step, map[uuid.UUID]link.Link) {
	t.Helper()
	r := newRecording(t)
	p := r.start(t, moreOfStrace...)

	known := map[uuid.UUID]link.Link{}
	var writers sync.WaitGroup
	for w := range clients {
		var batches [][]link.Link
		for i := range 25 {
			batch := make([]link.Link, 1+i%3*w)
			for j := range batch {
				l, err := link.Parse(fmt.Sprintf("https://example.com/%d/%d/%d?%s", w, i, j, strings.Repeat("x", 40*w)))
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
	return r.steps(t), known
}

// afterCut makes the file as it may be after a cut at a random moment, and says what is wrong with it.
func afterCut(t *testing.T, random *rand.Rand, steps []step, known map[uuid.UUID]link.Link) error {
	t.Helper()
	return afterCutAt(t, random, random.IntN(3), steps[:random.IntN(len(steps)+1)], known)
}

// afterCutAt is afterCut for a cut after the last step. some is what the disk has of the writes that were not synced: 0 for
// nothing, 1 for all, 2 for some sectors.
func afterCutAt(t *testing.T, random *rand.Rand, some int, steps []step, known map[uuid.UUID]link.Link) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	if image, exists := disk(random, some, steps); exists {
		if err := os.WriteFile(path, image, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := boltstore.Open(boltstore.Config{Path: path})
	if err != nil {
		return fmt.Errorf("after %d steps: %w", len(steps), err)
	}
	defer s.Close()
	return errors.Join(hasAnswered(t.Context(), s, steps, known), storesOn(t.Context(), s))
}

// disk is what the disk has of the file after the steps.
func disk(random *rand.Rand, some int, steps []step) (image []byte, exists bool) {
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
func hasAnswered(ctx context.Context, s *boltstore.Store, steps []step, known map[uuid.UUID]link.Link) error {
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
	for l, err := range s.List(ctx, link.Position{}, len(known)+1) {
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
