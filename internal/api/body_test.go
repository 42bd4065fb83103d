package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
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
)

// largeBody returns an array of one link, padded to a length in bytes.
func largeBody(length int) string {
	const link = `[{"link": "https://www.example.com"}`
	return link + strings.Repeat(" ", length-len(link)-1) + "]"
}

// A pausedBody waits after each of its parts until pause returns.
type pausedBody struct {
	parts []string
	pause func()
	from  *strings.Reader // nil before the first part
}

func (b *pausedBody) Read(p []byte) (int, error) {
	for b.from == nil || b.from.Len() == 0 {
		if b.from != nil {
			b.pause()
		}
		if len(b.parts) == 0 {
			return 0, io.EOF
		}
		b.from, b.parts = strings.NewReader(b.parts[0]), b.parts[1:]
	}
	return b.from.Read(p)
}

// inParts returns a body that is sent in parts of a length in bytes.
func inParts(body string, length int, pause func()) *pausedBody {
	b := &pausedBody{pause: pause}
	for len(body) > length {
		b.parts, body = append(b.parts, body[:length]), body[length:]
	}
	b.parts = append(b.parts, body)
	return b
}

// postTo posts a body without a connection, so nothing closes a client that
// stalls.
func postTo(handler http.Handler, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/link", body)
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// withHandler runs a test in a synctest bubble.
func withHandler(t *testing.T, test func(*testing.T, http.Handler)) {
	synctest.Test(t, func(t *testing.T) {
		test(t, open(t, api.Config{Tokens: tokens}))
	})
}

func TestPost_LargeBodiesShareMemory(t *testing.T) {
	withHandler(t, func(t *testing.T, handler http.Handler) {
		large := largeBody(api.MaxBody)
		var stalled sync.WaitGroup
		rest := make(chan struct{})
		for range api.MaxBodyMemory / api.MaxBody {
			stalled.Go(func() {
				body := inParts(large, api.MaxBody-1, func() { <-rest })
				if w := postTo(handler, body); w.Code != http.StatusOK {
					t.Errorf("POST of a body for which memory is left: got status %d, want 200", w.Code)
				}
			})
		}
		synctest.Wait()

		start := time.Now()
		w := postTo(handler, strings.NewReader(large))
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
			t.Errorf("POST of one body more: got status %d, want 503 with Retry-After: %s", w.Code, w.Body)
		}
		if waited := time.Since(start); waited != api.MaxBodyWait {
			t.Errorf("POST of one body more: got a wait of %v, want %v", waited, api.MaxBodyWait)
		}
		if w := postTo(handler, strings.NewReader(largeBody(api.SmallBody-1))); w.Code != http.StatusOK {
			t.Errorf("POST of a small body: got status %d, want 200", w.Code)
		}
		for name, body := range map[string]io.Reader{
			"of known length":   strings.NewReader(large + " "),
			"of unknown length": io.MultiReader(strings.NewReader(large + " ")),
		} {
			if w := postTo(handler, body); w.Code != http.StatusRequestEntityTooLarge {
				t.Errorf("POST of a body %s that is too large: got status %d, want 413", name, w.Code)
			}
		}

		stalled.Go(func() {
			if w := postTo(handler, strings.NewReader(large)); w.Code != http.StatusOK {
				t.Errorf("POST of a body that waited for memory: got status %d, want 200", w.Code)
			}
		})
		time.Sleep(api.MaxBodyWait - time.Second)
		close(rest)
		stalled.Wait()

		// All memory is released: two clients can stall and a third is served.
		rest = make(chan struct{})
		for range 2 {
			stalled.Go(func() { postTo(handler, inParts(large, api.MaxBody-1, func() { <-rest })) })
		}
		synctest.Wait()
		if w := postTo(handler, strings.NewReader(large)); w.Code != http.StatusOK {
			t.Errorf("POST after all others: got status %d, want 200", w.Code)
		}
		close(rest)
		stalled.Wait()
	})
}

func TestPost_StalledBodiesReserveLittle(t *testing.T) {
	withHandler(t, func(t *testing.T, handler http.Handler) {
		var stalled sync.WaitGroup
		rest := make(chan struct{})
		for range 4 * api.MaxBodyMemory / api.MaxBody {
			stalled.Go(func() {
				postTo(handler, inParts(largeBody(api.MaxBody), api.SmallBody+1000, func() { <-rest }))
			})
		}
		synctest.Wait()
		if w := postTo(handler, strings.NewReader(largeBody(api.MaxBody))); w.Code != http.StatusOK {
			t.Errorf("POST of another client: got status %d, want 200: %s", w.Code, w.Body)
		}
		close(rest)
		stalled.Wait()
	})
}

func TestPost_ManyLargeBodiesAllComplete(t *testing.T) {
	withHandler(t, func(t *testing.T, handler http.Handler) {
		var all sync.WaitGroup
		for range 4 * api.MaxBodyMemory / api.MaxBody {
			all.Go(func() {
				// All clients send at the same speed, so that each holds memory when
				// none is left.
				body := inParts(largeBody(api.MaxBody), api.SmallBody, func() { time.Sleep(time.Millisecond) })
				if w := postTo(handler, body); w.Code != http.StatusOK {
					t.Errorf("POST: got status %d, want 200: %s", w.Code, w.Body)
				}
			})
		}
		all.Wait()
	})
}

func TestPost_BodyOfAnyLength(t *testing.T) {
	withHandler(t, func(t *testing.T, handler http.Handler) {
		for _, length := range []int{
			100, 511, 512, 513, api.SmallBody - 1, api.SmallBody, api.SmallBody + 1, 2 * api.SmallBody,
			api.MaxBody - 1, api.MaxBody,
		} {
			body := largeBody(length)
			for name, from := range map[string]io.Reader{
				"of known length":   strings.NewReader(body),
				"of unknown length": io.MultiReader(strings.NewReader(body)),
			} {
				if w := postTo(handler, from); w.Code != http.StatusOK {
					t.Errorf("POST of a body %s of %d bytes: got status %d, want 200: %s", name, length, w.Code, w.Body)
				}
			}
		}
	})
}

// A countedBody counts how many bytes of a body were read.
type countedBody struct {
	io.Reader
	read int
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += n
	return n, err
}

func TestPost_ExpectContinueTooLarge(t *testing.T) {
	handler := newHandler(t, 0)
	for expect, want := range map[string]int{"100-continue": 0, "": api.MaxBody + 1} {
		t.Run(fmt.Sprintf("with Expect %q", expect), func(t *testing.T) {
			body := &countedBody{Reader: bytes.NewReader(make([]byte, api.MaxBody+1))}
			r := httptest.NewRequest("POST", "/link", body)
			r.ContentLength = api.MaxBody + 1
			if expect != "" {
				r.Header.Set("Expect", expect)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusRequestEntityTooLarge || body.read != want {
				t.Errorf("POST: got status %d after %d bytes, want 413 after %d", w.Code, body.read, want)
			}
		})
	}
}

// A decodingContext blocks the decoding of an array, which calls Err, until resume
// is closed.
type decodingContext struct {
	context.Context
	decoding *atomic.Int64
	resume   chan struct{}
}

func (c decodingContext) Err() error {
	c.decoding.Add(1)
	<-c.resume
	return c.Context.Err()
}

func TestDecoding_HalfOfTheProcessors(t *testing.T) {
	withHandler(t, func(t *testing.T, handler http.Handler) {
		var all sync.WaitGroup
		var decoding atomic.Int64
		resume := make(chan struct{})
		post := func(length int) {
			r := httptest.NewRequest("POST", "/link", strings.NewReader(largeBody(length)))
			r.Header.Set("Authorization", "Bearer token")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r.WithContext(decodingContext{r.Context(), &decoding, resume}))
			if w.Code != http.StatusOK {
				t.Errorf("POST: got status %d, want 200: %s", w.Code, w.Body)
			}
		}
		processors := runtime.GOMAXPROCS(0)
		for range 2 * processors {
			all.Go(func() { post(api.SmallBody) })
		}
		synctest.Wait()
		limit := int64(max(1, processors/2))
		if n := decoding.Load(); n != limit {
			t.Errorf("large bodies decoded concurrently on %d processors: got %d, want %d", processors, n, limit)
		}
		for range processors {
			all.Go(func() { post(api.SmallBody - 1) })
		}
		synctest.Wait()
		if n := decoding.Load(); n != limit+int64(processors) {
			t.Errorf("bodies decoded concurrently: got %d, want %d: small bodies wait for large ones", n,
				limit+int64(processors))
		}
		var patched atomic.Int64
		patch := func(length int) {
			const other = `{"other": null}`
			body := other + strings.Repeat(" ", length-len(other))
			if w := serve(handler, "PATCH", googlePath, body); w.Code != http.StatusBadRequest {
				t.Errorf("PATCH: got status %d, want 400: %s", w.Code, w.Body)
			}
			patched.Add(1)
		}
		all.Go(func() { patch(api.SmallBody - 1) })
		all.Go(func() { patch(api.SmallBody) })
		synctest.Wait()
		if n := patched.Load(); n != 1 {
			t.Errorf("patches decoded meanwhile: got %d, want only the small one", n)
		}
		close(resume)
		all.Wait()
	})
}
