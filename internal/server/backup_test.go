package server

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"links/internal/config"
	"links/internal/store/boltstore/bolttest"
	"links/internal/store/storetest"
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
			t.Errorf("slow client: got %d bytes in %v, want all %d", got, time.Since(start), slow.ContentLength)
		}

		stalled := request()
		time.Sleep(2 * backupStall)
		if got, err := io.Copy(io.Discard, stalled.Body); err == nil || got == stalled.ContentLength {
			t.Errorf("stalled client: got %d bytes, %v, want fewer than %d and an error",
				got, err, stalled.ContentLength)
		}
	})
}

func TestListenPrivately_Permissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "links.db.sock")
	var stop atomic.Bool
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for !stop.Load() {
			if info, err := os.Stat(path); err == nil && info.Mode() != os.ModeSocket|0o600 {
				t.Errorf("mode of the socket: got %v, want S0600", info.Mode())
				return
			}
			if info, err := os.Stat(path + ".new"); err == nil && info.Mode() != os.ModeDir|0o700 {
				t.Errorf("mode of its first directory: got %v, want d0700", info.Mode())
				return
			}
		}
	})
	for range 1000 {
		listener, _, err := listenPrivately(path)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != os.ModeSocket|0o600 {
			t.Fatalf("Stat(%s): got %v, %v, want mode S0600", path, info, err)
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

func TestServeBackups_RemovesItsOwnSocketOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "links.db")
	log := slog.New(slog.DiscardHandler)
	stopReplaced := serveBackups(file, bolttest.OpenFile(t, file), log)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	stop := serveBackups(file, bolttest.OpenFile(t, file), log)
	stopReplaced()
	connection, err := net.Dial("unix", file+".sock")
	if err != nil {
		t.Fatalf("Dial after the server of the replaced file stopped: %v", err)
	}
	_ = connection.Close()
	stop()
	if _, err := os.Lstat(file + ".sock"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Lstat of the socket after both servers stopped: got %v, want %v", err, os.ErrNotExist)
	}
}

func TestCheck_Summary(t *testing.T) {
	path, copied := filepath.Join(t.TempDir(), "links.db"), filepath.Join(t.TempDir(), "copy.db")
	s := bolttest.OpenFile(t, path)
	links := storetest.Links(t, 0, 10)
	for i := range links {
		if i < 6 {
			links[i].Title = "Title"
		}
		if i < 5 {
			links[i].Tags = "first,second"
		}
		if i < 4 {
			links[i].Note = "Note"
		}
	}
	storetest.Put(t, s, links...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var checked, backedUp bytes.Buffer
	if err := check(t.Context(), path, &checked); err != nil {
		t.Fatal(err)
	}
	from := config.Store{Kind: config.Bolt, Name: path}
	if err := backup(t.Context(), from, copied, &backedUp, io.Discard); err != nil {
		t.Fatal(err)
	}
	const want = " is intact: 10 links (6 with a title, 5 with tags, 4 with a note) in "
	if !strings.HasPrefix(checked.String(), path+want) {
		t.Errorf("check: got %q, want a line that starts with %q", &checked, path+want)
	}
	if !strings.HasPrefix(backedUp.String(), copied+want) {
		t.Errorf("backup: got %q, want a line that starts with %q", &backedUp, copied+want)
	}
}
