package api_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"links/internal/api"
	"links/internal/link"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
)

func TestSearch_ExaminedLinks(t *testing.T) {
	for n, wantLink := range map[int]bool{10_000: false, 10_001: true} {
		handler := newHandler(t, n)
		for _, query := range []string{"q=zebra", "tag=zebra", "q=zebra&limit=1", "tag=zebra&limit=1000"} {
			page := request(t, handler, "GET", "/link?"+query, "", nil)
			next := nextOf(page.Header())
			if page.Body.String() != "[]" || (next != "") != wantLink {
				t.Errorf("GET /link?%s of %d links: got %s with Link %q, want [] and a Link: %t", query, n, page.Body,
					next, wantLink)
			}
			if next == "" {
				continue
			}
			last := request(t, handler, "GET", "/link"+next, "", nil)
			if last.Body.String() != "[]" || nextOf(last.Header()) != "" {
				t.Errorf("GET /link%s, the last page of %d links: got %s with Link %q, want [] without Link", next, n,
					last.Body, last.Header().Get("Link"))
			}
		}
	}
}

func TestSearch_ExaminedBytes(t *testing.T) {
	of := func(text string, n int) string { return strings.Repeat(text, n/len(text)) }
	for n, wantLink := range map[int]bool{400: false, 401: true} {
		all := make([]link.Link, n)
		title, note, tags := of("title", 2000), of("note", 4000), link.Tags("")
		for i := range 20 {
			tags = tags.Add(link.Tags(fmt.Sprintf("%d%s", i, of("tag", 96))))
		}
		for i := range all {
			rawURL := fmt.Sprintf("https://example.com/%04d", i)
			rawURL += of("x", 10_000-len(rawURL)-len(title)-len(note)-len(tags))
			var err error
			if all[i], err = link.Parse(rawURL); err != nil {
				t.Fatal(err)
			}
			all[i].Title, all[i].Note, all[i].Tags = title, note, tags
		}
		s := bolttest.Open(t)
		if err := s.Put(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
		handler, err := api.New(api.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		page := request(t, handler, "GET", "/link?q=zebra", "", nil)
		if next := nextOf(page.Header()); page.Body.String() != "[]" || (next != "") != wantLink {
			t.Errorf("GET /link?q=zebra of %d links of 10,000 bytes: got %.100s with Link %q, want [] and a Link: %t",
				n, page.Body, next, wantLink)
		}
	}
}

// nextOf returns the query of the Link header, with its question mark, or "".
func nextOf(header http.Header) string {
	next, _, _ := strings.Cut(strings.TrimPrefix(header.Get("Link"), "<"), ">")
	return next
}

// blockedLists is a store whose lists wait for a channel that is closed.
type blockedLists struct {
	store.Store
	began *atomic.Int64 // number of lists
	end   chan struct{}
}

func (s blockedLists) List(context.Context, link.Position, int) iter.Seq2[link.Link, error] {
	return func(func(link.Link, error) bool) {
		s.began.Add(1)
		<-s.end
	}
}

func TestSearch_HalfOfTheProcessors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := blockedLists{began: new(atomic.Int64), end: make(chan struct{})}
		handler, err := api.New(api.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		half := max(1, runtime.GOMAXPROCS(0)/2)
		var requests sync.WaitGroup
		get := func(target string) {
			requests.Go(func() { request(t, handler, "GET", target, "", nil) })
			synctest.Wait()
		}
		wantLists := func(what string, want int) {
			t.Helper()
			if got := s.began.Load(); got != int64(want) {
				t.Errorf("lists read for %s: got %d, want %d", what, got, want)
			}
		}
		for range half {
			get("/link?q=zebra")
			get("/link?tag=zebra&limit=1")
		}
		wantLists("searches on all processors", half)
		get("/link?limit=50")
		wantLists("these searches and another list", half+1)
		close(s.end)
		requests.Wait()
		wantLists("all requests", 2*half+1)
	})
}

func TestSearch_ClientsThatStopReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := open(t, api.Config{Timeout: 10 * time.Second})
		serve(handler, "POST", "/link", `{"link": "https://example.com"}`)
		gone := make(chan struct{})
		for range runtime.GOMAXPROCS(0) + 1 {
			w := &stalledWriter{header: http.Header{}, status: make(chan int, 1), gone: gone}
			go handler.ServeHTTP(w, httptest.NewRequest("GET", "/link?q=example", nil))
			if status := <-w.status; status != http.StatusOK {
				t.Errorf("GET /link?q=example while other clients do not read: got status %d, want 200", status)
			}
		}
		close(gone)
	})
}
