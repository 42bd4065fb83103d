package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"links/internal/api"
	"links/internal/link"
	"links/internal/store/boltstore/bolttest"
)

func TestList_LargeListsShareMemory(t *testing.T) {
	handler := newLargeListHandler(t)
	get := func(target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		return w
	}
	length := get("/link").Body.Len()
	if length < api.DefaultMaxResponse*99/100 || length > api.DefaultMaxResponse {
		t.Fatalf("GET /link: got %d bytes, want nearly %d", length, api.DefaultMaxResponse)
	}
	before := liveHeap()

	// Clients request lists and do not read them, until no memory is left.
	var stalled sync.WaitGroup
	gone := make(chan struct{})
	stall := func(target string) (served int) {
		for {
			w := &stalledWriter{header: http.Header{}, status: make(chan int, 1), gone: gone}
			stalled.Go(func() { handler.ServeHTTP(w, httptest.NewRequest("GET", target, nil)) })
			if <-w.status != http.StatusOK {
				return served
			}
			served++
			if served > 1000 {
				t.Fatalf("GET %s: got memory for %d lists, want a limit", target, served)
			}
		}
	}
	served := stall("/link")
	if held := served * length; held > api.MaxListMemory || held < api.MaxListMemory*3/4 {
		t.Errorf("memory of large lists: got %d bytes, want nearly %d", held, api.MaxListMemory)
	}
	stall("/link?limit=50")
	stall("/link?limit=10")
	if grown := liveHeap() - before; grown > api.MaxListMemory*5/4 {
		t.Errorf("growth of the heap: got %d bytes, want little more than %d", grown, api.MaxListMemory)
	}
	for _, target := range []string{"/link", "/link?limit=1000", "/link?limit=50", "/link?limit=10"} {
		if w := get(target); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
			t.Errorf("GET %s without memory: got status %d with Retry-After %q, want 503", target, w.Code,
				w.Header().Get("Retry-After"))
		}
	}
	for _, target := range []string{"/link?limit=4", "/link?limit=1", "/link?link=https://example.com/1"} {
		if w := get(target); w.Code != http.StatusOK {
			t.Errorf("GET %s without memory: got status %d, want 200", target, w.Code)
		}
	}

	close(gone)
	stalled.Wait()
	gone = make(chan struct{})
	if again := stall("/link"); again != served {
		t.Errorf("large lists after the others ended: got %d, want %d", again, served)
	}
	close(gone)
	stalled.Wait()
	if grown := liveHeap() - before; grown > api.MaxListMemory/10 {
		t.Errorf("growth of the heap after all lists ended: got %d bytes, want at most %d", grown, api.MaxListMemory/10)
	}
}

// liveHeap returns how many bytes of the heap are in use.
func liveHeap() int64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int64(memory.HeapAlloc)
}

// A stalledWriter blocks each write of a body until its client disconnects.
type stalledWriter struct {
	header http.Header
	status chan int
	gone   chan struct{}
}

func (w *stalledWriter) Header() http.Header    { return w.header }
func (w *stalledWriter) WriteHeader(status int) { w.status <- status }

func (w *stalledWriter) Write([]byte) (int, error) {
	<-w.gone
	return 0, io.ErrClosedPipe
}

// newLargeListHandler returns a handler whose list fills a response.
func newLargeListHandler(t *testing.T) http.Handler {
	t.Helper()
	s := bolttest.Open(t)
	var all []link.Link
	for i := range api.DefaultMaxResponse / 7000 {
		l, err := link.Parse(fmt.Sprintf("https://example.com/%d/%s", i, strings.Repeat("x", 7000)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if err := s.Put(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	handler, err := api.New(api.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}
