package dynamostore_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
)

// A barrier has the requests of concurrent calls answered when n of them are in flight, and have been written.
//
// The SDK closes the body of a request when the response arrives. If net/http has not finished with that body, it gives up
// the connection. DynamoDB is never that fast, and a test on one machine is.
type barrier struct {
	n       int
	written chan struct{} // gets a value for each request that was written

	mu      sync.Mutex
	waiting int
	reached chan struct{} // closed when n are waiting
}

func newBarrier(n int) *barrier {
	return &barrier{n: n, written: make(chan struct{}, 10_000), reached: make(chan struct{})}
}

// watch returns the context for calls.
func (b *barrier) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { b.written <- struct{}{} },
	})
}

// answer is a fault.
func (b *barrier) answer(w http.ResponseWriter, r *http.Request, _ string) bool {
	<-b.written
	b.mu.Lock()
	reached := b.reached
	if b.waiting++; b.waiting == b.n {
		close(reached)
		b.waiting, b.reached = 0, make(chan struct{})
	}
	b.mu.Unlock()
	select {
	case <-reached:
	case <-r.Context().Done(): // the attempt has timed out, and there will be another
		b.mu.Lock()
		defer b.mu.Unlock()
		if reached == b.reached {
			b.waiting--
		}
	}
	return answer(w)
}

func TestWritesSideBySideKeepTheirConnections(t *testing.T) {
	const atOnce, rounds = 32, 10
	p := newProxy(t, (*httptest.Server).Start)
	b := newBarrier(atOnce)
	p.fault = b.answer
	s := openExisting(t, "any")
	for round := range rounds {
		if err := s.Put(b.watch(t.Context()), links(t, round*atOnce, atOnce)...); err != nil {
			t.Fatal(err)
		}
	}
	attempts, _ := p.counted("UpdateItem")
	retries := attempts - rounds*atOnce // each of which may have lost a connection
	t.Logf("%d batches of %d dial %d times, with %d retries", rounds, atOnce, p.dialled(), retries)
	if n := p.dialled(); n > atOnce+retries {
		t.Errorf("%d dials and %d retries, want one for each of the %d concurrent writes", n, retries, atOnce)
	}
}

func TestWarmOpensTheConnectionOfTheFirstCall(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(*httptest.Server)
	}{
		{"https", (*httptest.Server).StartTLS},
		{"http", (*httptest.Server).Start},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProxy(t, c.start)
			trust(t, p)
			b := newBarrier(1)
			p.fault = b.answer
			s := openExisting(t, "any")
			s.Connect(b.watch(t.Context()))
			if n := p.dialled(); n != 1 {
				t.Errorf("Warm dials %d times, want 1", n)
			}
			if err := s.Ready(b.watch(t.Context())); err != nil || p.dialled() != 1 {
				t.Errorf("Ready = %v after %d dials, want one in all", err, p.dialled())
			}
		})
	}
}

func TestClose_ClosesItsConnections(t *testing.T) {
	p := newProxy(t, (*httptest.Server).Start)
	closed := make(chan struct{})
	p.closed = func() { close(closed) }
	s := openExisting(t, "any")
	b := newBarrier(1)
	p.fault = b.answer
	if err := s.Ready(b.watch(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-closed:
	case <-time.After(30 * time.Second):
		t.Error("the connection stays open for half a minute, want it closed with the Store")
	}
}

// What another host responds to a GET must not count as a write, and it gets no part of the request.
func TestRedirect_IsNotFollowed(t *testing.T) {
	var strangers atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		strangers.Add(1)
		answer(w)
	}))
	defer other.Close()
	for _, status := range []int{http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect} {
		p := newProxy(t, (*httptest.Server).Start)
		p.fault = func(w http.ResponseWriter, r *http.Request, _ string) bool {
			http.Redirect(w, r, other.URL, status)
			return true
		}
		if err := openExisting(t, "any").Put(t.Context(), links(t, 0, 1)...); err == nil || sentinels(err) != nil {
			t.Errorf("%d: Put = %v, want an error", status, err)
		}
	}
	if n := strangers.Load(); n > 0 {
		t.Errorf("another host got %d requests", n)
	}
}

// A host that drops packets, such as one in a zone that is down, costs an attempt and not the whole deadline.
func TestDial_IsLimited(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a listener that ignores connections: only on Linux")
	}
	dynamotest.Endpoint(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://"+silentAddress(t))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // without the limit a dial takes 30
	defer cancel()
	retried := &cancelOn{text: "retrying request", cancel: cancel}
	s, err := dynamostore.Open(t.Context(), dynamostore.Config{
		AWS: dynamotest.AWS(t), Table: "any", Log: slog.New(slog.NewTextHandler(retried, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ready(ctx); err == nil || !retried.seen.Load() {
		t.Errorf("Ready = %v without another attempt", err)
	}
}

// cancelOn is a log that cancels when it gets a text.
type cancelOn struct {
	text   string
	cancel context.CancelFunc
	seen   atomic.Bool
}

func (c *cancelOn) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(c.text)) {
		c.seen.Store(true)
		c.cancel()
	}
	return len(line), nil
}

// silentAddress returns an address at which Linux ignores attempts to connect: the queue of a listener is full.
func silentAddress(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	queued, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = queued.Close() })
	return address
}

// trust makes the proxy's certificate, if it has one, one that Stores opened from now on accept.
func trust(t *testing.T, p *proxy) {
	t.Helper()
	if p.Certificate() == nil {
		return
	}
	var bundle bytes.Buffer
	if err := pem.Encode(&bundle, &pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, bundle.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", file)
}
