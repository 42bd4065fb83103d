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

func TestPost_SendsNewLinksEachTime(t *testing.T) {
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
				t.Fatalf("request body contains %d links, want %d", len(links), batch)
			}
			for _, l := range links {
				if seen[string(l)] {
					t.Fatalf("%s was posted twice", l)
				}
				seen[string(l)] = true
			}
		}
		// wrk requests one more link from the script than it sends.
		if next := link(batch); !seen[next] {
			t.Errorf("post.lua did not send %s, which link() returns", next)
		}
		var parsed struct{ Link, Title string }
		err := json.Unmarshal([]byte(link(7)), &parsed)
		if err != nil || len(parsed.Title) != 60 || len(parsed.Link) != 71 {
			t.Errorf("link(7) = %s (%v), want a URL of 71 bytes and a title of 60", link(7), err)
		}
	}
}

func TestGetEach_RequestsEveryPath(t *testing.T) {
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
		t.Errorf("requests: got %v, want each path of the file", s.targets)
	}
}

func TestRun_FailedRequestIsAnError(t *testing.T) {
	s := newRecorder(t, http.StatusServiceUnavailable)
	b := newBench(t)
	_, _, err := b.run(t.Context(), s.process, get(1, "/link"))
	if err == nil || !strings.Contains(err.Error(), "Non-2xx") {
		t.Errorf("run against a failing server: got %v, want Non-2xx", err)
	}
	s = newRecorder(t, http.StatusOK)
	missing := get(1, "/link", "-s", "missing.lua")
	_, _, err = b.run(t.Context(), s.process, missing)
	if err == nil || !strings.Contains(err.Error(), "cannot open") {
		t.Errorf("run without its script: got %v, want cannot open", err)
	}
}

func TestWithFigures_ReplacesOldFigures(t *testing.T) {
	document := "head\n" + beginFigures + "old\n" + endFigures + "tail\n"
	got, err := withFigures([]byte(document), "new")
	if want := "head\n" + beginFigures + "\nnew\n" + endFigures + "tail\n"; err != nil || string(got) != want {
		t.Errorf("withFigures: got %q, %v, want %q", got, err, want)
	}
	if _, err := withFigures([]byte("head\n"+beginFigures), "new"); err == nil {
		t.Error("withFigures without the end line: got nil, want an error")
	}
}

func TestWriteRows_MedianRatioOfRounds(t *testing.T) {
	b := bench{samples: samples{"links": {20, 30, 100}, "other": {10, 10, 10}}}
	var out strings.Builder
	b.writeRows(&out, []row{
		{"pages", "links", "other", "other", perSecond, target{}},
	})
	if want := "| pages | 30/s | other: 10/s | 3.00 (2.00 to 10.00) |"; !strings.Contains(out.String(), want) {
		t.Errorf("writeRows: got %s, want %q in it", out.String(), want)
	}
}

func TestTargetCheck_ReportsMissedTargets(t *testing.T) {
	for _, c := range []struct {
		target target
		value  float64
		missed int
	}{
		{atLeast(3), 3, 0}, {atLeast(3), 2.9, 1}, {atMost(2), 2, 0}, {atMost(2), 2.1, 1}, {target{}, 100, 0},
	} {
		if got := c.target.check(nil, "pages", c.value); len(got) != c.missed {
			t.Errorf("%+v.check(%v): got %q, want %d lines", c.target, c.value, got, c.missed)
		}
	}
}

func TestFormat_SignificantDigits(t *testing.T) {
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

// A recorder is a server that records its requests. Close waits for requests in
// flight.
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
		time.Sleep(10 * time.Millisecond) // the time a store would need
		body, err := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.targets[r.URL.RequestURI()]++; err == nil { // wrk aborts the requests in flight at the end
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
	t.Chdir("..") // the directory that the paths of the scripts are relative to
	return &bench{seconds: 1, tools: tools{wrk: wrk}}
}
