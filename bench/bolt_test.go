// Package bench measures Links from outside, over HTTP. The scripts beside it run the benchmarks and print their ratios.
package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"links/internal/api"
	"links/internal/store"
	"links/internal/store/boltstore"
)

// BenchmarkBareCommit is the least that a POST could cost: net/http and one bbolt transaction that writes what a link is
// made of, an entry of 16 + 16 bytes and one of 16 + 16 bytes and the address.
func BenchmarkBareCommit(b *testing.B) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
	must(b, err)
	b.Cleanup(func() { db.Close() })
	must(b, db.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucket([]byte("links")); err != nil {
			return err
		}
		_, err := tx.CreateBucket([]byte("by_added"))
		return err
	}))
	client := newClient(b, serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = db.Update(func(tx *bbolt.Tx) error {
				id, added := uuid.NewSHA1(uuid.NameSpaceURL, body), uuid.Must(uuid.NewV7())
				if err := tx.Bucket([]byte("links")).Put(id[:], added[:]); err != nil {
					return err
				}
				return tx.Bucket([]byte("by_added")).Put(added[:], append(id[:], body...))
			})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})))
	for i := 0; b.Loop(); i++ {
		must(b, client.post(i))
	}
}

func BenchmarkLoneWriter(b *testing.B) {
	client := newClient(b, serveLinks(b, 0))
	for i := 0; b.Loop(); i++ {
		must(b, client.post(i))
	}
}

// Benchmark32Writers gives the time between two answers of 32 writers together.
func Benchmark32Writers(b *testing.B) {
	const writers = 32
	addr := serveLinks(b, 0)
	clients := make([]client, writers)
	for w := range clients {
		clients[w] = newClient(b, addr)
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for w, client := range clients {
		wg.Go(func() {
			for i := w; i < b.N; i += writers {
				if err := client.post(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkPage50 walks the whole list again and again, a page of 50 at a time. The two stores take turns, so that what
// else the machine does falls on both.
func BenchmarkPage50(b *testing.B) {
	const first = "/link?limit=50"
	type walk struct {
		client client
		target string
	}
	walks := map[int]*walk{}
	sizes := []int{1000, 300_000}
	for _, n := range sizes {
		walks[n] = &walk{newClient(b, serveLinks(b, n)), first}
	}
	for range 5 {
		for _, n := range sizes {
			b.Run(fmt.Sprint(n), func(b *testing.B) {
				w := walks[n]
				for b.Loop() {
					next, err := w.client.page(w.target)
					must(b, err)
					if w.target = next; next == "" {
						w.target = first
					}
				}
			})
		}
	}
}

// serveLinks serves a store of n links as the server does, and returns its address.
func serveLinks(b *testing.B, n int) string {
	b.Helper()
	s, err := boltstore.Open(filepath.Join(b.TempDir(), "links.db"))
	must(b, err)
	b.Cleanup(func() { must(b, s.Close()) })
	for i := 0; i < n; i += 1000 {
		batch := make([]store.Link, 1000)
		for j := range batch {
			batch[j], err = store.Parse(address(i + j))
			must(b, err)
		}
		must(b, s.Put(context.Background(), batch...))
	}
	handler, err := api.New(api.Config{Store: s, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))})
	must(b, err)
	return serve(b, handler)
}

func serve(b *testing.B, handler http.Handler) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	server := &http.Server{Handler: handler}
	go server.Serve(listener)
	b.Cleanup(func() { must(b, server.Shutdown(context.Background())) })
	return listener.Addr().String()
}

// A client is one connection to a server. It does little, since it shares the processors with what is measured.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func newClient(b *testing.B, addr string) client {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	must(b, err)
	b.Cleanup(func() { conn.Close() })
	return client{conn, bufio.NewReader(conn)}
}

// post stores the i-th link.
func (c client) post(i int) error {
	_, err := c.request("POST /link", `{"link": "`+address(i)+`"}`)
	return err
}

// page gets a page of the list and returns the target of the next one, or nothing.
func (c client) page(target string) (next string, err error) {
	header, err := c.request("GET "+target, "")
	if next, _, more := strings.Cut(strings.TrimPrefix(header.Get("Link"), "<"), ">"); more {
		return "/link" + next, err
	}
	return "", err
}

// request returns the header of an answer, which must be 200.
func (c client) request(line, body string) (http.Header, error) {
	_, err := fmt.Fprintf(c.conn, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", line, len(body), body)
	if err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", line, answer.Status, text)
	}
	return answer.Header, err
}

// address is the i-th of an endless supply of addresses of 50 to 100 bytes.
func address(i int) string {
	return fmt.Sprintf("https://www.example%d.com/articles/2024/%09d/%s", i%977, i, strings.Repeat("x", i%51))
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
