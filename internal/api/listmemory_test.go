package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"links/internal/api"
	"links/internal/store"
	"links/internal/store/boltstore"
)

func TestLongListsShareAMemoryAndShortPagesAreAlwaysServed(t *testing.T) {
	base, handler := serveLongList(t)
	get := func(path string) *http.Response {
		t.Helper()
		answer, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	if length := get("/link").ContentLength; length < api.DefaultMaxAnswer*99/100 || length > api.DefaultMaxAnswer {
		t.Fatalf("GET /link: %d bytes, want nearly %d", length, api.DefaultMaxAnswer)
	}

	before := liveHeap()
	// Clients ask for a long list, read how the answer begins, and then no more.
	var stalled []net.Conn
	stall := func(path string) (served bool) {
		t.Helper()
		connection := dialToStall(t, base)
		stalled = append(stalled, connection)
		fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: links\r\n\r\n", path)
		status, err := bufio.NewReaderSize(connection, 64).ReadString('\n')
		if err != nil || !strings.Contains(status, " 200 ") && !strings.Contains(status, " 503 ") {
			t.Fatalf("GET %s: the answer begins with %q, %v", path, status, err)
		}
		return strings.Contains(status, " 200 ")
	}
	held, refused := 0, 0
	for range 2 * api.MaxListMemory / api.DefaultMaxAnswer {
		if stall("/link") {
			held += api.DefaultMaxAnswer
		} else {
			refused++
		}
	}
	if held > api.MaxListMemory || held < api.MaxListMemory*3/4 || refused == 0 {
		t.Errorf("answers of %d bytes are held at once and %d clients were answered 503, want nearly %d bytes", held, refused, api.MaxListMemory)
	}
	if grown := liveHeap() - before; grown > api.MaxListMemory*5/4 {
		t.Errorf("the process holds %d bytes more than before, want little more than %d", grown, api.MaxListMemory)
	}
	// What room is left goes to shorter answers, which sockets may take in whole: so they stall within the server.
	gone := make(chan struct{})
	for left := 64; ; left-- {
		w := &stalledWriter{header: http.Header{}, status: make(chan int, 1), gone: gone}
		go handler.ServeHTTP(w, httptest.NewRequest("GET", "/link?limit=51", nil))
		if <-w.status == http.StatusServiceUnavailable {
			break
		}
		if left == 0 {
			t.Fatal("pages of 51 find room without end")
		}
	}
	for _, path := range []string{"/link", "/link?limit=1000", "/link?limit=51"} {
		if a := get(path); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "1" {
			t.Errorf("GET %s: status %d with Retry-After %q while there is no room, want 503", path, a.StatusCode, a.Header.Get("Retry-After"))
		}
	}
	for _, path := range []string{"/link?limit=50", "/link?limit=1", "/link?link=https://example.com/1"} {
		if a := get(path); a.StatusCode != http.StatusOK {
			t.Errorf("GET %s: status %d while there is no room for long lists", path, a.StatusCode)
		}
	}

	close(gone)
	for _, connection := range stalled {
		connection.Close()
	}
	waitFor(t, "a long list finds room again", func() bool { return get("/link").StatusCode == http.StatusOK })
}

// liveHeap is how many bytes of the heap are in use.
func liveHeap() int64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int64(memory.HeapAlloc)
}

// stalledWriter takes no byte of a body until its client is gone.
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

// serveLongList serves a list that fills a whole answer.
func serveLongList(t *testing.T) (base string, handler http.Handler) {
	t.Helper()
	links, err := boltstore.Open(filepath.Join(t.TempDir(), "links.db"))
	if err != nil {
		t.Fatal(err)
	}
	var all []store.Link
	for i := range api.DefaultMaxAnswer / 7000 {
		l, err := store.Parse(fmt.Sprintf("https://example.com/%d/%s", i, strings.Repeat("x", 7000)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if err := links.Put(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	handler, err = api.New(api.Config{Store: links})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		if err := links.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL, handler
}

// dialToStall connects with a small window, so that what is not read stays in the server.
func dialToStall(t *testing.T, base string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}
