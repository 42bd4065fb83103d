package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestALoadPostsLinksThatAreNewEachTime(t *testing.T) {
	b := newBench(t)
	for _, batch := range []int{1, 1000} {
		s := newRecorder(t, http.StatusOK)
		for range 2 {
			if _, _, err := b.run(t.Context(), s.process, b.post(s.process, 1, "/link", batch)); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
		seen := map[string]bool{}
		for _, body := range s.bodies {
			links := []json.RawMessage{json.RawMessage(body)}
			if batch > 1 {
				if err := json.Unmarshal([]byte(body), &links); err != nil {
					t.Fatalf("%v: %.200s", err, body)
				}
			}
			if len(links) != batch {
				t.Fatalf("a request has %d links, not %d", len(links), batch)
			}
			for _, l := range links {
				if seen[string(l)] {
					t.Fatalf("%s is posted twice", l)
				}
				seen[string(l)] = true
			}
		}
		// wrk asks the script for a request that it does not send.
		if next := link(batch); !seen[next] {
			t.Errorf("%s is not posted: the script and the program differ", next)
		}
		var parsed struct{ Link, Title string }
		if err := json.Unmarshal([]byte(link(7)), &parsed); err != nil || len(parsed.Title) != 60 || len(parsed.Link) != 71 {
			t.Errorf("%s: %v", link(7), err)
		}
	}
}

func TestALoadGetsEveryPath(t *testing.T) {
	s := newRecorder(t, http.StatusOK)
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "paths")
	if err := os.WriteFile(file, []byte("/a?x=1\n/b\n/c"), 0o644); err != nil {
		t.Fatal(err)
	}
	if rate, _, err := b.run(t.Context(), s.process, getEach(file)); err != nil || rate == 0 {
		t.Fatal(rate, err)
	}
	s.Close()
	if len(s.targets) != 3 || s.targets["/a?x=1"] == 0 || s.targets["/b"] == 0 || s.targets["/c"] == 0 {
		t.Errorf("got %v", s.targets)
	}
}

func TestALoadThatFailsIsAnError(t *testing.T) {
	s := newRecorder(t, http.StatusServiceUnavailable)
	b := newBench(t)
	if _, _, err := b.run(t.Context(), s.process, get(1, "/link")); err == nil || !strings.Contains(err.Error(), "Non-2xx") {
		t.Errorf("got %v", err)
	}
	s = newRecorder(t, http.StatusOK)
	missing := get(1, "/link", "-s", "missing.lua")
	if _, _, err := b.run(t.Context(), s.process, missing); err == nil || !strings.Contains(err.Error(), "cannot open") {
		t.Errorf("got %v", err)
	}
}

func TestFiguresReplaceThoseBefore(t *testing.T) {
	document := "head\n" + beginFigures + "old\n" + endFigures + "tail\n"
	got, err := withFigures([]byte(document), "new")
	if want := "head\n" + beginFigures + "\nnew\n" + endFigures + "tail\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := withFigures([]byte("head\n"+beginFigures), "new"); err == nil {
		t.Error("a document without the last line is no error")
	}
}

func TestTheRatioIsTheMedianOfTheRounds(t *testing.T) {
	b := bench{samples: samples{"links": {20, 30, 100}, "other": {10, 10, 10}}}
	var out strings.Builder
	b.writeRows(&out, []row{
		{"what", "links", "other", "other", perSecond, atLeast(3)},
		{"memory", "links", "other", "other", megabytes, atMost(2)},
	})
	for _, want := range []string{"| what | 30/s | other: 10/s | 3.00 (2.00 to 10.00) | ≥ 3: yes |", "| ≤ 2: no |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
}

func TestFiguresReadWell(t *testing.T) {
	for want, got := range map[string]string{
		"15,200/s": perSecond(15199.6), "1,000,007/s": perSecond(1000007), "7/s": perSecond(7),
		"120 µs": duration(120e-6), "1.2 ms": duration(1.234e-3), "705 ms": duration(0.705), "44 s": duration(44.2),
		"4.3 MB": megabytes(4.335e6), "1,204 MB": megabytes(1204e6),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A recorder keeps what it is asked, and stands for a process. Close waits for the requests that wrk has left.
type recorder struct {
	*process
	*httptest.Server
	mu      sync.Mutex
	bodies  []string
	targets map[string]int
}

func newRecorder(t *testing.T, status int) *recorder {
	s := &recorder{targets: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(10 * time.Millisecond) // as a store takes some time
		body, err := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.targets[r.URL.RequestURI()]++; err == nil { // wrk cuts the last requests off
			s.bodies = append(s.bodies, string(body))
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	s.process = &process{url: s.URL, command: &exec.Cmd{Process: &os.Process{Pid: os.Getpid()}}}
	return s
}

func newBench(t *testing.T) *bench {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		t.Skip("wrk is not installed: apt-get install wrk")
	}
	t.Chdir("..") // where the scripts are found
	return &bench{seconds: 1, tools: tools{wrk: wrk}}
}
