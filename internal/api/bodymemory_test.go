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
	"links/internal/store/boltstore/bolttest"
)

// largeBody returns a body of one link that is padded to a length.
func largeBody(length int) string {
	const link = `[{"link": "https://www.example.com"}`
	return link + strings.Repeat(" ", length-len(link)-1) + "]"
}

// A pausedBody waits after each of its parts until pause returns.
type pausedBody struct {
	parts []string
	pause func()
	from  *strings.Reader // nil: the first part has not begun
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

// inParts returns a body that is sent in parts of a length.
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
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("POST", "/link", body))
	return w
}

// withHandler runs a test in a bubble of synctest.
func withHandler(t *testing.T, test func(*testing.T, http.Handler)) {
	synctest.Test(t, func(t *testing.T) {
		handler, err := api.New(api.Config{Store: bolttest.Open(t)})
		if err != nil {
			t.Fatal(err)
		}
		test(t, handler)
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
					t.Errorf("a body that fits is %d", w.Code)
				}
			})
		}
		synctest.Wait()

		start := time.Now()
		w := postTo(handler, strings.NewReader(large))
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
			t.Errorf("one body more is %d, want 503 with Retry-After: %s", w.Code, w.Body)
		}
		if waited := time.Since(start); waited != api.MaxBodyWait {
			t.Errorf("it waited for %v", waited)
		}
		if w := postTo(handler, strings.NewReader(largeBody(api.SmallBody-1))); w.Code != http.StatusOK {
			t.Errorf("a small body is %d", w.Code)
		}
		for name, body := range map[string]io.Reader{
			"of known length":   strings.NewReader(large + " "),
			"of unknown length": io.MultiReader(strings.NewReader(large + " ")),
		} {
			if w := postTo(handler, body); w.Code != http.StatusRequestEntityTooLarge {
				t.Errorf("a body %s that is too large is %d", name, w.Code)
			}
		}

		stalled.Go(func() {
			if w := postTo(handler, strings.NewReader(large)); w.Code != http.StatusOK {
				t.Errorf("a body that waited for memory is %d", w.Code)
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
			t.Errorf("a body after all others is %d", w.Code)
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
			stalled.Go(func() { postTo(handler, inParts(largeBody(api.MaxBody), api.SmallBody+1000, func() { <-rest })) })
		}
		synctest.Wait()
		if w := postTo(handler, strings.NewReader(largeBody(api.MaxBody))); w.Code != http.StatusOK {
			t.Errorf("another client's body is %d: %s", w.Code, w.Body)
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
					t.Errorf("status %d: %s", w.Code, w.Body)
				}
			})
		}
		all.Wait()
	})
}

func TestPost_BodyOfAnyLength(t *testing.T) {
	withHandler(t, func(t *testing.T, handler http.Handler) {
		for _, length := range []int{
			100, 511, 512, 513, api.SmallBody - 1, api.SmallBody, api.SmallBody + 1, 2 * api.SmallBody, api.MaxBody - 1, api.MaxBody,
		} {
			body := largeBody(length)
			for name, from := range map[string]io.Reader{
				"of known length":   strings.NewReader(body),
				"of unknown length": io.MultiReader(strings.NewReader(body)),
			} {
				if w := postTo(handler, from); w.Code != http.StatusOK {
					t.Errorf("a body %s of %d bytes is %d: %s", name, length, w.Code, w.Body)
				}
			}
		}
	})
}

// countedBody reports how many bytes of a body were read.
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
				t.Errorf("status %d after %d bytes, want 413 after %d", w.Code, body.read, want)
			}
		})
	}
}

// A decodingContext is the context of a request. Decoding an array asks it for
// its error, and then waits.
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

func TestPost_LargeBodiesDecodeSequentially(t *testing.T) {
	withHandler(t, func(t *testing.T, handler http.Handler) {
		var all sync.WaitGroup
		var decoding atomic.Int64
		resume := make(chan struct{})
		post := func(length int) {
			r := httptest.NewRequest("POST", "/link", strings.NewReader(largeBody(length)))
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r.WithContext(decodingContext{r.Context(), &decoding, resume}))
			if w.Code != http.StatusOK {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		}
		processors := runtime.GOMAXPROCS(0)
		for range 2 * processors {
			all.Go(func() { post(api.SmallBody) })
		}
		synctest.Wait()
		most := int64(max(1, processors/2))
		if n := decoding.Load(); n != most {
			t.Errorf("%d large bodies are decoded concurrently on %d processors, want %d", n, processors, most)
		}
		for range processors {
			all.Go(func() { post(api.SmallBody - 1) })
		}
		synctest.Wait()
		if n := decoding.Load(); n != most+int64(processors) {
			t.Errorf("small bodies wait for large ones")
		}
		close(resume)
		all.Wait()
	})
}
