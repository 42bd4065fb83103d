package systemtest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"links/internal/link"
)

// A kill -9 does not reveal a missing sync, because the page cache survives it.
// These tests record with strace what the server writes, syncs and responds.
// From the record they build files as a disk may contain them after a power loss,
// and open them. Everything synced is in such a file, and of all other writes
// nothing, everything, or a random set of sectors.

// powerLosses returns how many a test simulates: POWER_LOSSES, or 50.
func powerLosses(t *testing.T) int {
	if text := os.Getenv("POWER_LOSSES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 50
}

func TestPowerLoss_PreservesAcknowledged(t *testing.T) {
	t.Parallel()
	steps, sent := record(t, 8)
	losePower(t, powerLosses(t), steps, sent)
	// Without the syncs, some power loss must lose data. Otherwise the test could
	// not detect a missing sync.
	unsynced := withoutSyncs(steps)
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		if checkRandomLoss(t, random, unsynced, sent) != nil {
			return
		}
	}
	t.Error("checkRandomLoss without syncs: got nil 1000 times, want an error")
}

// A failed sync can lose writes, and a later sync that succeeds does not write
// them.
func TestPowerLoss_AfterFailedSyncs(t *testing.T) {
	t.Parallel()
	// The first 3 syncs are those of a new file. After that, every third one of a
	// thread fails, alternately the first and the second one of a commit.
	steps, sent := record(t, 8, "-e", "inject=fdatasync:error=EIO:when=7+3")
	losePower(t, powerLosses(t)/5, steps, sent)
}

// The retry of a lone writer is the first request after a failed commit. It
// changes nothing, so no other commit makes it durable.
func TestPowerLoss_RetryOfLoneWriter(t *testing.T) {
	t.Parallel()
	steps, sent := record(t, 1, failingCommits...)
	losePowerAfterResponses(t, steps, sent)
}

// A server that is killed after a failed commit leaves a commit that is readable
// but not durable. The next server responds to the retry of the client.
func TestPowerLoss_AfterRestart(t *testing.T) {
	t.Parallel()
	r := newRecording(t)
	p := r.start(t, failingCommits...)
	sent := versions{}
	var l link.Link
	for status, readable := 0, false; status != http.StatusInternalServerError || !readable; {
		var err error
		if l, err = link.Parse(fmt.Sprint("https://example.com/", len(sent))); err != nil {
			t.Fatal(err)
		}
		sent.add(l)
		if status, err = postLinks(p.url, l); err != nil {
			t.Fatal(err)
		}
		response, err := http.Head(p.url + "/link/" + l.ID.String())
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		readable = response.StatusCode == http.StatusOK
	}
	_ = p.stop(t, syscall.SIGKILL)

	p = r.start(t)
	if status, err := postLinks(p.url, l); err != nil || status != http.StatusOK {
		t.Errorf("POST after a restart: got status %d, %v, want 200", status, err)
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	losePowerAfterResponses(t, r.steps(t), sent)
}

// failingCommits makes every second sync of a thread fail. After the first
// failure, these are always the second syncs of commits.
var failingCommits = []string{"-e", "inject=fdatasync:error=EIO:when=5+2"}

// losePowerAfterResponses simulates the worst power loss after each response:
// the disk contains nothing that was not synced.
func losePowerAfterResponses(t *testing.T, steps []step, sent versions) {
	t.Helper()
	n := 0
	for i, s := range steps {
		if s.kind != responseSent {
			continue
		}
		n++
		if err := checkLoss(t, rand.New(rand.NewPCG(1, 2)), onlySynced, steps[:i+1], sent); err != nil {
			t.Fatalf("power loss after response %d: %v", n, err)
		}
	}
	if n == 0 {
		t.Error("responses in the trace: got 0, want at least 1")
	}
}

// losePower simulates a power loss after n random steps.
func losePower(t *testing.T, n int, steps []step, sent versions) {
	t.Helper()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		some := steps
		if i%10 == 0 { // while the file is created
			some = steps[:20]
		}
		if err := checkRandomLoss(t, random, some, sent); err != nil {
			t.Fatalf("power loss %d with seed %d: %v", i, seed, err)
		}
	}
}

// withoutSyncs returns the trace of a server that never syncs.
func withoutSyncs(steps []step) (rest []step) {
	for _, s := range steps {
		if s.kind != syncStart && s.kind != syncEnd {
			rest = append(rest, s)
		}
	}
	return rest
}

// A recording traces servers that run sequentially with the same file.
type recording struct {
	strace, dir string
	traces      []string // one file per server
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

// start starts a server under strace with additional arguments of strace.
func (r *recording) start(t *testing.T, args ...string) *process {
	t.Helper()
	trace := filepath.Join(r.dir, fmt.Sprint("trace", len(r.traces)))
	r.traces = append(r.traces, trace)
	cmd := command(t, nil, "-addr", "127.0.0.1:0", "-store", "bolt:"+r.file())
	// With -D, the server remains the child of this process.
	cmd.Args = slices.Concat([]string{r.strace, "-D", "-o", trace}, straceArgs, args, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path = r.strace
	p := start(t, cmd)
	p.waitUntilListening(t)
	return p
}

// steps returns the steps of all servers, which must have ended.
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

// versions contains, by ID, the states of each link in the order in which a
// client requested them. Each state was requested after the response to the
// request for the state before it.
type versions map[uuid.UUID][]link.Link

func (v versions) add(l link.Link) { v[l.ID] = append(v[l.ID], l) }

// contains reports whether l, except its Added, is a state of a link, not
// counting the first ones.
func (v versions) contains(l link.Link, except int) bool {
	l.Added = link.Timestamp{}
	states := v[l.ID]
	return slices.Contains(states[min(except, len(states)):], l)
}

// record runs a server under strace while concurrent clients store and change
// links. It returns the trace and the links. If strace injects faults, clients
// retry after an error.
func record(t *testing.T, clients int, args ...string) ([]step, versions) {
	t.Helper()
	r := newRecording(t)
	p := r.start(t, args...)

	sent := versions{}
	var writers sync.WaitGroup
	for w := range clients {
		var calls []func() (int, error)
		for i := range 25 {
			batch := make([]link.Link, 1+i%3*w)
			for j := range batch {
				l, err := link.Parse(fmt.Sprintf("https://example.com/%d/%d/%d?%s", w, i, j, strings.Repeat("x", 40*w)))
				if err != nil {
					t.Fatal(err)
				}
				l.Title, l.Tags = fmt.Sprintf("Page %d of %d by %d", j, i, w), "go,Recipes/Soups"
				sent.add(l)
				batch[j] = l
			}
			calls = append(calls, func() (int, error) { return postLinks(p.url, batch...) })
			switch i % 3 {
			case 1: // the same links with another tag and a note
				merged := slices.Clone(batch)
				for j := range merged {
					merged[j].Tags, merged[j].Note = "go,Recipes/Soups,other", strings.Repeat("note\n", 20*j)+"end"
					sent.add(merged[j])
				}
				calls = append(calls, func() (int, error) { return postLinks(p.url, merged...) })
			case 2:
				changed := batch[0]
				changed.Title, changed.Tags, changed.Note = "changed", "changed", "changed"
				sent.add(changed)
				calls = append(calls, func() (int, error) { return patchLink(p.url, changed) })
			}
		}
		writers.Go(func() {
			for i, call := range calls {
				status, err := call()
				for status == http.StatusInternalServerError && args != nil {
					status, err = call()
				}
				if err != nil || status != http.StatusOK {
					t.Errorf("call %d of client %d: got status %d, %v, want 200", i, w, status, err)
				}
			}
		})
	}
	writers.Wait()
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	return r.steps(t), sent
}
