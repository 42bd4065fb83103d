package dynamostore_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"sync"
	"testing"
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
			s.Warm(b.watch(t.Context()))
			if n := p.dialled(); n != 1 {
				t.Errorf("Warm dials %d times, want 1", n)
			}
			if err := s.Ready(b.watch(t.Context())); err != nil || p.dialled() != 1 {
				t.Errorf("Ready = %v after %d dials, want one in all", err, p.dialled())
			}
		})
	}
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
