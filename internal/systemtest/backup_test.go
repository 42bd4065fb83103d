package systemtest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"links/internal/link"
	"links/internal/store/boltstore"
	"links/internal/store/boltstore/bolttest"
)

// runBackup runs server -backup and returns its output.
func runBackup(t *testing.T, storeFile, file string) string {
	t.Helper()
	out, err := command(t, nil, "-store", "bolt:"+storeFile, "-backup", file).CombinedOutput()
	if err != nil {
		t.Fatalf("server -backup %s: %v: %s", file, err, out)
	}
	return string(out)
}

func TestBackup_ContainsAcknowledgedLinks(t *testing.T) {
	storeFile, copies := filepath.Join(t.TempDir(), "links.db"), t.TempDir()
	p := startServer(t, nil, "-store", "bolt:"+storeFile)
	var acknowledged sync.Map
	var stop atomic.Bool
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				l := fmt.Sprintf("https://example.com/%d/%d", w, i)
				if status, err := post(p.url, l); err != nil || status != http.StatusOK {
					t.Errorf("POST %s: got status %d, %v, want 200", l, status, err)
					return
				}
				acknowledged.Store(l, true)
			}
		})
	}
	before := make([][]string, 5)
	for i := range before {
		for len(before[i]) < 200*(i+1) {
			before[i] = nil
			acknowledged.Range(func(l, _ any) bool {
				before[i] = append(before[i], l.(string))
				return true
			})
		}
		runBackup(t, storeFile, filepath.Join(copies, fmt.Sprint(i)))
	}
	stop.Store(true)
	writers.Wait()
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if names := siblings(t, storeFile); !slices.Equal(names, []string{"links.db"}) {
		t.Errorf("files of the store after SIGTERM: got %q, want links.db", names)
	}
	for i, want := range before {
		restored := startServer(t, nil, "-store", "bolt:"+filepath.Join(copies, fmt.Sprint(i)))
		got := map[string]bool{}
		for _, l := range list(t, restored.url) {
			got[l] = true
		}
		for _, l := range want {
			if !got[l] {
				t.Fatalf("copy %d of %d links: got no %s, which was acknowledged before", i, len(got), l)
			}
		}
		mustPost(t, restored.url, "https://example.com/new")
		_ = restored.stop(t, syscall.SIGTERM)
	}
}

func TestBackup_WithoutServer(t *testing.T) {
	storeFile := filepath.Join(t.TempDir(), "links.db")
	p := startServer(t, nil, "-store", "bolt:"+storeFile)
	mustPost(t, p.url, numbered(3)...)
	postObjects(t, p.url, []string{`{"link": "https://example.com/", "title": "t", "tags": ["a", "b"], "note": "n"}`})
	want := fullList(t, p.url)
	_ = p.stop(t, syscall.SIGKILL) // it leaves its socket
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(file, []byte("an earlier copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := runBackup(t, storeFile, file); !strings.Contains(out, "4 links") {
		t.Errorf("server -backup: got %q, want 4 links", out)
	}
	p = startServer(t, nil, "-store", "bolt:"+file)
	if got := fullList(t, p.url); got != want {
		t.Errorf("list of the copy: got %s, want %s", got, want)
	}
}

// largeStore creates a store of several megabytes and returns its path.
func largeStore(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	s, err := boltstore.Open(boltstore.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), largeLinks(t, 0, 1000)...); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// largeLinks returns n links of 5,000 bytes, numbered from from.
func largeLinks(t *testing.T, from, n int) []link.Link {
	t.Helper()
	links := make([]link.Link, n)
	for i := range links {
		var err error
		url := fmt.Sprintf("https://example.com/%d/%s", from+i, strings.Repeat("x", 5000))
		if links[i], err = link.Parse(url); err != nil {
			t.Fatal(err)
		}
	}
	return links
}

func TestBackup_StalledClientBlocksNobody(t *testing.T) {
	file := largeStore(t)
	p := startServer(t, nil, "-store", "bolt:"+file)
	// The client sends a request and then stops, as if suspended.
	client, err := net.Dial("unix", file+".sock")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: store\r\n\r\n")
	if _, err := io.ReadFull(client, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	for from := 1000; from < 5000; from += 100 { // the file grows to several times its size
		if status, err := postLinks(p.url, largeLinks(t, from, 100)...); status != http.StatusOK {
			t.Fatalf("POST during a stalled backup: got status %d, %v, want 200", status, err)
		}
		response, err := http.Get(p.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("GET /readyz during a stalled backup: got %s, want 200", response.Status)
		}
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM during a stalled backup: got %v, want exit status 0", err)
	}
	if !strings.Contains(p.log.String(), "backup failed") {
		t.Errorf("log: got %s, want \"backup failed\" in it", p.log)
	}
}

// A power loss must neither leave a truncated copy under the name, nor the previous
// copy after -backup has reported success.
func TestBackup_SyncedBeforeAndAfterRename(t *testing.T) {
	strace, storeFile, file := newRecording(t).strace, largeStore(t), filepath.Join(t.TempDir(), "copy.db")
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := command(t, nil, "-store", "bolt:"+storeFile, "-backup", file)
	cmd.Args = slices.Concat([]string{strace, "-f", "-qq", "-y", "-o", trace, "-e", "signal=none",
		"-e", "trace=pwrite64,fdatasync,fsync,?rename,?renameat,?renameat2"}, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path = strace
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("server -backup: %v: %s", err, out)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	part, directory := "<"+file+".part-", "<"+filepath.Dir(file)+">"
	written, synced, renamed, nameSynced := false, false, false, false
	for line := range strings.Lines(string(text)) {
		isSync := strings.Contains(line, "fsync(") || strings.Contains(line, "fdatasync(")
		switch {
		case strings.Contains(line, "pwrite64(") && strings.Contains(line, part):
			written, synced = true, false
		case isSync && strings.Contains(line, part):
			synced = true
		case strings.Contains(line, " rename"):
			renamed = written && synced
		case isSync && strings.Contains(line, directory):
			nameSynced = renamed
		}
	}
	if !renamed || !nameSynced {
		t.Errorf("calls of server -backup: got the copy synced before its rename: %v, its directory after it: %v; "+
			"want both", renamed, nameSynced)
	}
}

func TestBackup_OmitsDeletedLinks(t *testing.T) {
	file := largeStore(t)
	s, err := boltstore.Open(boltstore.Config{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range largeLinks(t, 10, 990) {
		if err := s.Delete(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	size := func(file string) int64 {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if out := runBackup(t, file, copied); !strings.Contains(out, " 10 links") {
		t.Errorf("server -backup: got %q, want 10 links", out)
	}
	if got, limit := size(copied), size(file)/20; got > limit {
		t.Errorf("size of the copy of 1%% of the links: got %d bytes, want at most %d", got, limit)
	}
	p := startServer(t, nil, "-store", "bolt:"+file)
	if out := runBackup(t, file, copied); !strings.Contains(out, " 10 links") || size(copied) > size(file)/20 {
		t.Errorf("server -backup of a running server: got %q and %d bytes, want 10 links and at most %d bytes",
			out, size(copied), size(file)/20)
	}
	_ = p.stop(t, syscall.SIGTERM)
}

func TestBackup_EndsOnInterrupt(t *testing.T) {
	file := largeStore(t)
	silent, err := net.Listen("unix", file+".sock") // a server that accepts and never responds
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	copied := filepath.Join(t.TempDir(), "copy.db")
	p := start(t, command(t, nil, "-store", "bolt:"+file, "-backup", copied))
	if _, err := silent.Accept(); err != nil {
		t.Fatal(err)
	}
	err = p.stop(t, syscall.SIGINT)
	if out := p.log.String(); err == nil || strings.Count(out, "\n") != 1 || !strings.Contains(out, "interrupted") {
		t.Errorf("server -backup on SIGINT: got %v and %q, want an error and one line with \"interrupted\"", err, out)
	}
	if names := siblings(t, copied); names != nil {
		t.Errorf("files after an interrupt: got %q, want none", names)
	}
}

func TestBackup_NeedsNoLock(t *testing.T) {
	file := largeStore(t)
	s := bolttest.OpenFile(t, file) // locked, without a socket
	copied := filepath.Join(t.TempDir(), "copy.db")
	if out := runBackup(t, file, copied); !strings.Contains(out, "1000 links") {
		t.Errorf("server -backup of a locked store: got %q, want 1000 links", out)
	}
	if err := s.Put(t.Context(), largeLinks(t, 1000, 1)...); err != nil {
		t.Error(err)
	}
}
