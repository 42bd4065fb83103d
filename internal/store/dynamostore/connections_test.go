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
	"links/internal/store/storetest"
)

// A barrier delays responses until n requests are in flight and have been
// written.
//
// The SDK closes the body of a request when the response arrives. If net/http
// has not finished writing that body, it closes the connection. DynamoDB is
// never that fast, but a test on one machine is.
type barrier struct {
	n       int
	written chan struct{} // receives a value for each request that was written

	mu      sync.Mutex
	waiting int
	reached chan struct{} // closed when n are waiting
}

func newBarrier(n int) *barrier {
	return &barrier{n: n, written: make(chan struct{}, 10_000), reached: make(chan struct{})}
}

// watch returns a context for calls.
func (b *barrier) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { b.written <- struct{}{} },
	})
}

// respond is a dynamotest.Fault.
func (b *barrier) respond(w http.ResponseWriter, r *http.Request, _ string) bool {
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
	return dynamotest.WriteEmpty(w)
}

func TestPut_ReusesConnections(t *testing.T) {
	const writes, rounds = 32, 10
	p := newProxy(t, (*httptest.Server).Start)
	b := newBarrier(writes)
	p.Fault = b.respond
	s := openExisting(t, "any")
	for round := range rounds {
		if err := s.Put(b.watch(t.Context()), storetest.Links(t, round*writes, writes)...); err != nil {
			t.Fatal(err)
		}
	}
	attempts, _ := p.Count("UpdateItem")
	retries := attempts - rounds*writes // each of which may have lost a connection
	t.Logf("%d batches of %d: %d dials, %d retries", rounds, writes, p.Dials(), retries)
	if n := p.Dials(); n > writes+retries {
		t.Errorf("Put: got %d dials and %d retries, want one dial for each of %d concurrent writes", n, retries, writes)
	}
}

func TestConnect_OpensFirstConnection(t *testing.T) {
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
			returned, idle := make(chan struct{}), make(chan struct{})
			p.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				<-returned
				return dynamotest.WriteEmpty(w)
			}
			s := openExisting(t, "any")
			// As in the function, the context is canceled when Connect has returned.
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			s.Connect(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
				PutIdleConn: func(error) { close(idle) },
			}))
			if ctx.Err() != nil {
				t.Error("Connect waits for the response")
			}
			cancel()
			close(returned)
			select {
			case <-idle:
			case <-time.After(30 * time.Second):
				t.Fatal("the connection is not idle half a minute after Connect")
			}
			if n := p.Dials(); n != 1 {
				t.Errorf("Connect: got %d dials, want 1", n)
			}
			if n, _ := p.Count("GetItem"); n > 0 {
				t.Errorf("Connect: got %d reads of an item, want none", n)
			}
			b := newBarrier(1)
			p.Fault = b.respond
			if err := s.Ready(b.watch(t.Context())); err != nil || p.Dials() != 1 {
				t.Errorf("Ready: got %v after %d dials, want one in all", err, p.Dials())
			}
		})
	}
}

func TestClose_ClosesItsConnections(t *testing.T) {
	p := newProxy(t, (*httptest.Server).Start)
	closed := make(chan struct{})
	p.ConnClosed = func() { close(closed) }
	s := openExisting(t, "any")
	b := newBarrier(1)
	p.Fault = b.respond
	if err := s.Ready(b.watch(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-closed:
	case <-time.After(30 * time.Second):
		t.Error("the connection is still open half a minute after Close")
	}
}

// The response of another host must not count as a write, and the host must not
// receive any part of the request.
func TestRedirect_IsNotFollowed(t *testing.T) {
	var strangers atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		strangers.Add(1)
		dynamotest.WriteEmpty(w)
	}))
	defer other.Close()
	for _, status := range []int{http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect} {
		p := newProxy(t, (*httptest.Server).Start)
		p.Fault = func(w http.ResponseWriter, r *http.Request, _ string) bool {
			http.Redirect(w, r, other.URL, status)
			return true
		}
		err := openExisting(t, "any").Put(t.Context(), storetest.Links(t, 0, 1)...)
		if err == nil || sentinels(err) != nil {
			t.Errorf("Put with a redirect %d: got %v, want an internal error", status, err)
		}
	}
	if n := strangers.Load(); n > 0 {
		t.Errorf("requests to another host: got %d, want none", n)
	}
}

// A host that drops packets must not use up the deadline with one attempt.
func TestDial_IsLimited(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a listener that ignores connections, which exists only on Linux")
	}
	dynamotest.Endpoint(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://"+unresponsiveAddress(t))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // without the limit a dial takes 30
	defer cancel()
	retried := &cancelOn{text: "retrying request", cancel: cancel}
	c := dynamotest.Config(t, "any")
	c.ResponseTimeout = 200 * time.Millisecond
	c.Log = slog.New(slog.NewTextHandler(retried, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := dynamostore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ready(ctx); err == nil || !retried.seen.Load() {
		t.Errorf("Ready: got %v, want another attempt", err)
	}
}

// A cancelOn is a log that calls cancel when it receives the text.
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

// unresponsiveAddress returns an IP address and port at which Linux ignores
// connections, because the queue of the listener is full.
func unresponsiveAddress(t *testing.T) string {
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

// trust makes Stores opened from now on accept the proxy's certificate, if any.
func trust(t *testing.T, p *dynamotest.Proxy) {
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
