package server

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"links/internal/api"
	"links/internal/link"
	"links/internal/store/boltstore"
	"links/internal/store/boltstore/bolttest"
)

func TestServer_ClosesSlowClients(t *testing.T) {
	const header = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
	for name, c := range map[string]struct {
		client func(net.Conn)
		want   time.Duration
	}{
		"sends nothing":           {func(net.Conn) {}, 5 * time.Second},
		"sends its header slowly": {func(c net.Conn) { sendSlowly(c, header) }, 5 * time.Second},
		"stops in its body":       {func(c net.Conn) { send(c, header+"x"); read(c) }, 30 * time.Second},
		"sends its body slowly": {func(c net.Conn) {
			send(c, header)
			sendSlowly(c, strings.Repeat("x", 100))
		}, 30 * time.Second},
		"does not read the response": {func(c net.Conn) {
			send(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		}, 60 * time.Second},
		"is idle after the response": {func(c net.Conn) {
			send(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			read(c)
		}, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					fmt.Fprint(w, "response")
				})
				server := newServer(handler, slog.New(slog.DiscardHandler))
				listener := &pipeListener{connections: make(chan net.Conn), closed: make(chan struct{})}
				go func() { _ = server.Serve(listener) }()
				defer server.Close()
				connection, closed := listener.dial()
				start := time.Now()
				var client sync.WaitGroup
				client.Go(func() { c.client(connection) })
				<-closed
				if took := time.Since(start); took != c.want {
					t.Errorf("connection closed: got after %v, want %v", took, c.want)
				}
				connection.Close()
				client.Wait()
			})
		})
	}
}

func send(c net.Conn, text string) { _, _ = io.WriteString(c, text) }

func read(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// sendSlowly sends one byte per second and reads the response.
func sendSlowly(c net.Conn, text string) {
	go read(c)
	for _, b := range []byte(text) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// pipeListener accepts connections in memory, for the fake clock of synctest.
type pipeListener struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns a connection, and a channel that is closed when the server closes
// the connection.
func (l *pipeListener) dial() (client net.Conn, closedByServer <-chan struct{}) {
	client, server := net.Pipe()
	closed := make(chan struct{})
	l.connections <- &watchedConn{server, sync.OnceFunc(func() { close(closed) })}
	return client, closed
}

// watchedConn calls onClose when it is closed.
type watchedConn struct {
	net.Conn
	onClose func()
}

func (c *watchedConn) Close() error {
	defer c.onClose()
	return c.Conn.Close()
}

func TestServer_LargeBodiesMustProgress(t *testing.T) {
	const size = 1 << 20
	const header = "POST /link HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n"
	body := `[{"link": "https://www.example.com"}` + strings.Repeat(" ", size-37) + "]"
	for name, c := range map[string]struct {
		block  int           // bytes that the client sends together
		pause  time.Duration // between two blocks
		status int
		want   time.Duration // until the response
	}{
		"a slow client gets a response":                  {32 << 10, 4 * time.Second, 200, 31 * 4 * time.Second},
		"a client that stalls is disconnected":           {100 << 10, time.Hour, 400, 5 * time.Second},
		"a client that sends too slowly is disconnected": {2 << 10, time.Second, 400, 15*time.Second + 5*time.Second},
		"a client that stalls early is disconnected":     {16 << 10, time.Hour, 400, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			withServer(t, func(t *testing.T, dial func() net.Conn) {
				connection := dial()
				start := time.Now()
				go func() {
					send(connection, header)
					for rest := body; rest != ""; rest = rest[min(c.block, len(rest)):] {
						if _, err := io.WriteString(connection, rest[:min(c.block, len(rest))]); err != nil {
							return
						}
						time.Sleep(c.pause)
					}
				}()
				response, err := http.ReadResponse(bufio.NewReader(connection), nil)
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); response.StatusCode != c.status || took != c.want {
					t.Errorf("POST: got status %d after %v, want %d after %v",
						response.StatusCode, took, c.status, c.want)
				}
				connection.Close()
				time.Sleep(time.Hour) // until the client has returned
			})
		})
	}
}

func TestServer_LargeListsMustBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		pause    time.Duration // after each 64 KiB that the client reads
		complete bool
	}{
		"a slow client gets the list":               {9 * time.Second, true},
		"a client that stalls is disconnected":      {time.Hour, false},
		"a client that is too slow is disconnected": {21 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			withServer(t, func(t *testing.T, dial func() net.Conn) {
				connection := dial()
				send(connection, "GET /link HTTP/1.1\r\nHost: localhost\r\n\r\n")
				response, err := http.ReadResponse(bufio.NewReaderSize(connection, 1024), nil)
				if err != nil || response.StatusCode != http.StatusOK || response.ContentLength < 1<<20 {
					t.Fatalf("GET /link: got %v, %v, want 200 and at least 1 MB", response, err)
				}
				for err == nil {
					time.Sleep(c.pause)
					_, err = io.CopyN(io.Discard, response.Body, 64<<10)
				}
				if complete := err == io.EOF; complete != c.complete {
					t.Errorf("list complete: got %v (%v), want %v", complete, err, c.complete)
				}
				connection.Close()
			})
		})
	}
}

func TestServer_LimitsSendBuffer(t *testing.T) {
	const limit = 1 << 20
	written := make(chan int)
	server := newServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		total := 0
		for part := make([]byte, 64<<10); total <= limit; total += len(part) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := w.Write(part); err != nil {
				break
			}
		}
		written <- total
	}), slog.New(slog.DiscardHandler))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	send(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if total := <-written; total > limit {
		t.Errorf("bytes buffered for a client that does not read: got %d, want at most %d", total, limit)
	}
}

// withServer runs a test with a server that has a list of more than 1 MB, over
// connections in memory, in a bubble of synctest.
func withServer(t *testing.T, test func(t *testing.T, dial func() net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		handler, err := api.New(api.Config{Store: fullStore(t), Timeout: requestTimeout})
		if err != nil {
			t.Fatal(err)
		}
		server := newServer(handler, slog.New(slog.DiscardHandler))
		listener := &pipeListener{connections: make(chan net.Conn), closed: make(chan struct{})}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		test(t, func() net.Conn {
			connection, _ := listener.dial()
			return connection
		})
	})
}

// fullStore returns a store with more than 1 MB of links.
func fullStore(t *testing.T) *boltstore.Store {
	t.Helper()
	s := bolttest.Open(t)
	links := make([]link.Link, 200)
	for i := range links {
		var err error
		url := fmt.Sprintf("https://example.com/%d/%s", i, strings.Repeat("x", 7000))
		if links[i], err = link.Parse(url); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put(t.Context(), links...); err != nil {
		t.Fatal(err)
	}
	return s
}
