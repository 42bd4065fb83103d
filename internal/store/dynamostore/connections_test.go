package dynamostore_test

import (
	"bytes"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

func TestWritesSideBySideKeepTheirConnections(t *testing.T) {
	const atOnce = 32
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	s := openExisting(t, table)
	for round := range 3 {
		var together sync.WaitGroup
		together.Add(atOnce)
		p.after = func(string) {
			together.Done()
			together.Wait()
		}
		storetest.Put(t, s, links(t, round*atOnce, atOnce)...)
	}
	p.after = nil
	storetest.Put(t, s, links(t, 0, 1000)...)
	t.Logf("three batches of %d and one of 1,000 dial %d times", atOnce, p.dialled())
	if n := p.dialled(); n > atOnce+8 {
		t.Errorf("%d dials, want about the %d that are under way at once", n, atOnce)
	}
}

func TestWarmOpensTheConnectionOfTheFirstCall(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	for _, c := range []struct {
		name  string
		start func(*httptest.Server)
		want  int
	}{
		{"https", (*httptest.Server).StartTLS, 1},
		{"http", (*httptest.Server).Start, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProxy(t, c.start)
			trust(t, p)
			s := openExisting(t, table)
			s.Warm(t.Context())
			if n := p.dialled(); n != c.want {
				t.Errorf("Warm dials %d times, want %d", n, c.want)
			}
			time.Sleep(100 * time.Millisecond) // net/http has a connection for the next call a moment after the answer was read
			if err := s.Ready(t.Context()); err != nil || p.dialled() != 1 {
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
