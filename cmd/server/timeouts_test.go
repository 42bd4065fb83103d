package main

import (
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
)

func TestSlowClientsAreCutInTime(t *testing.T) {
	const header = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
	for name, c := range map[string]struct {
		client func(net.Conn)
		want   time.Duration
	}{
		"sends nothing":                   {func(net.Conn) {}, 5 * time.Second},
		"sends its header byte by byte":   {func(c net.Conn) { sendSlowly(c, header) }, 5 * time.Second},
		"stops within its body":           {func(c net.Conn) { send(c, header+"x"); read(c) }, 30 * time.Second},
		"sends its body byte by byte":     {func(c net.Conn) { send(c, header); sendSlowly(c, strings.Repeat("x", 100)) }, 30 * time.Second},
		"does not read the answer":        {func(c net.Conn) { send(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") }, 60 * time.Second},
		"is idle when it read the answer": {func(c net.Conn) { send(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); read(c) }, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					fmt.Fprint(w, "an answer")
				})
				server := newServer(handler, slog.New(slog.DiscardHandler))
				listener := &pipeListener{connections: make(chan net.Conn), closed: make(chan struct{})}
				go func() { _ = server.Serve(listener) }()
				defer server.Close()
				connection, cut := listener.dial()
				start := time.Now()
				var client sync.WaitGroup
				client.Go(func() { c.client(connection) })
				<-cut
				if took := time.Since(start); took != c.want {
					t.Errorf("cut after %v, want %v", took, c.want)
				}
				connection.Close()
				client.Wait()
			})
		})
	}
}

func send(c net.Conn, text string) { _, _ = io.WriteString(c, text) }

func read(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// sendSlowly sends a byte a second, and reads what comes back.
func sendSlowly(c net.Conn, text string) {
	go read(c)
	for _, b := range []byte(text) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// pipeListener accepts connections that are in memory, and so need no real time.
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

// dial connects, and tells when the server closes the connection.
func (l *pipeListener) dial() (client net.Conn, cut <-chan struct{}) {
	client, server := net.Pipe()
	closed := make(chan struct{})
	l.connections <- &watchedConn{server, sync.OnceFunc(func() { close(closed) })}
	return client, closed
}

// watchedConn says when it is closed.
type watchedConn struct {
	net.Conn
	onClose func()
}

func (c *watchedConn) Close() error {
	defer c.onClose()
	return c.Conn.Close()
}
