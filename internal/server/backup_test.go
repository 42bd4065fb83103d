package server

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackup_DeadlineMovesWithProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newBackupServer(fullStore(t), slog.New(slog.DiscardHandler))
		listener := &pipeListener{connections: make(chan net.Conn), closed: make(chan struct{})}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		request := func() *http.Response {
			connection, _ := listener.dial()
			send(connection, "GET / HTTP/1.1\r\nHost: store\r\n\r\n")
			response, err := http.ReadResponse(bufio.NewReaderSize(connection, 16), nil)
			if err != nil {
				t.Fatal(err)
			}
			return response
		}

		slow, start := request(), time.Now()
		var got int64
		for {
			n, err := io.CopyN(io.Discard, slow.Body, 32<<10)
			if got += n; err != nil {
				break
			}
			time.Sleep(backupStall * 9 / 10)
		}
		if got != slow.ContentLength || time.Since(start) < 3*backupStall {
			t.Errorf("a slow client received %d of %d bytes in %v", got, slow.ContentLength, time.Since(start))
		}

		stalled := request()
		time.Sleep(2 * backupStall)
		if got, err := io.Copy(io.Discard, stalled.Body); err == nil || got == stalled.ContentLength {
			t.Errorf("a client that stalled received %d of %d bytes, %v", got, stalled.ContentLength, err)
		}
	})
}

func TestBackup_SocketIsNeverOpenToOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "links.db.sock")
	var stop atomic.Bool
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for !stop.Load() {
			if info, err := os.Stat(path); err == nil && info.Mode() != os.ModeSocket|0o600 {
				t.Errorf("the socket has mode %v", info.Mode())
				return
			}
			if info, err := os.Stat(path + ".new"); err == nil && info.Mode() != os.ModeDir|0o700 {
				t.Errorf("the directory in which it is created has mode %v", info.Mode())
				return
			}
		}
	})
	for range 1000 {
		listener, err := listenPrivately(path)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != os.ModeSocket|0o600 {
			t.Fatalf("the socket has mode %v, %v", info.Mode(), err)
		}
		if err := errors.Join(listener.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	watcher.Wait()
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) > 0 {
		t.Errorf("ReadDir after Close: got %v, %v, want no files", entries, err)
	}
}
