package systemtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
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

// siblings returns the names in the directory of a file.
func siblings(t *testing.T, file string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
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
	_ = p.stop(t, syscall.SIGKILL) // it leaves its socket
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(file, []byte("an earlier copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := runBackup(t, storeFile, file); !strings.Contains(out, "3 links") {
		t.Errorf("server -backup: got %q, want 3 links", out)
	}
	p = startServer(t, nil, "-store", "bolt:"+file)
	if got, want := list(t, p.url), numbered(3); !slices.Equal(got, want) {
		t.Errorf("list of the copy: got %q, want %q", got, want)
	}
}

func TestBackup_FailureLeavesNoFile(t *testing.T) {
	storeFile := filepath.Join(t.TempDir(), "links.db")
	startServer(t, nil, "-store", "bolt:"+storeFile)
	file := filepath.Join(t.TempDir(), "copy.db")
	for name, c := range map[string]struct {
		args []string
		hint string
	}{
		"the store as target": {[]string{"-store", "bolt:" + storeFile, "-backup", storeFile}, "store itself"},
		"a missing store": {[]string{"-store", "bolt:" + storeFile + ".not", "-backup", file},
			"no such file"},
		"a missing directory": {[]string{"-store", "bolt:" + storeFile, "-backup", "no/such/copy.db"},
			"no/such"},
		"a DynamoDB table": {[]string{"-store", "dynamodb:linkTable", "-backup", file},
			"point-in-time recovery"},
		"a file that is not a store": {[]string{"-store", "bolt:/etc/passwd", "-backup", file},
			"not a database of links"},
	} {
		if out := mustFail(t, nil, c.args...); !strings.Contains(out, c.hint) {
			t.Errorf("%s: got %q, want %q in it", name, out, c.hint)
		}
	}
	if names := siblings(t, file); names != nil {
		t.Errorf("files after failed backups: got %q, want none", names)
	}
}

func TestCheck_DetectsDamage(t *testing.T) {
	storeFile := filepath.Join(t.TempDir(), "links.db")
	p := startServer(t, nil, "-store", "bolt:"+storeFile)
	for i := range 20 {
		mustPost(t, p.url, numbered(100 * (i + 1))[100*i:]...)
	}
	out, err := command(t, nil, "-check", storeFile).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "2000 links") {
		t.Errorf("server -check of a file in use: got %v, %s, want 2000 links", err, out)
	}
	copied := filepath.Join(t.TempDir(), "copy.db") // almost without free pages
	runBackup(t, storeFile, copied)
	_ = p.stop(t, syscall.SIGTERM)
	intact, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	found := 0
	for page := 2; page < len(intact)/4096; page++ {
		wiped := slices.Clone(intact)
		clear(wiped[page*4096 : page*4096+4096])
		if err := os.WriteFile(damaged, wiped, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := command(t, nil, "-check", damaged).CombinedOutput()
		if err != nil && strings.Contains(string(out), damaged) && bytes.Count(out, []byte("\n")) == 1 {
			found++
		}
	}
	if want := len(intact) / 4096 * 9 / 10; found < want {
		t.Errorf("server -check with one wiped page: got %d errors for %d pages, want at least %d",
			found, len(intact)/4096, want)
	}
	for _, length := range []int{0, 100, 4096, len(intact) / 2} {
		if err := os.WriteFile(damaged, intact[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		mustFail(t, nil, "-check", damaged)
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

// runMounted runs a shell script in its own mount namespace, in which any user
// can mount file systems, and returns its output and exit status. $0 is the
// server. A script that cannot mount exits with status 77, which skips the test.
func runMounted(t *testing.T, script string, args ...string) (out string, status int) {
	t.Helper()
	cmd := command(t, nil)
	cmd.Args = slices.Concat([]string{"unshare", "--map-root-user", "--mount", "sh", "-c", script, cmd.Path}, args)
	var err error
	if cmd.Path, err = exec.LookPath("unshare"); err != nil {
		t.Skip(err)
	}
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1 || !bytes.HasPrefix(output, []byte("links:"))) {
		t.Skipf("cannot mount a file system: %v: %s", err, output)
	}
	return string(output), cmd.ProcessState.ExitCode()
}

func TestBackup_ReadOnlyFileSystem(t *testing.T) {
	file, copied := largeStore(t), filepath.Join(t.TempDir(), "copy.db")
	const script = `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && ! touch "$1/x" 2>/dev/null || exit 77
		exec "$0" -store "bolt:$1/links.db" -backup "$2"`
	if out, status := runMounted(t, script, filepath.Dir(file), copied); status != 0 {
		t.Errorf("server -backup: got exit status %d, want 0: %s", status, out)
	}
}

func TestBackup_DiskFull(t *testing.T) {
	file := largeStore(t) // of 8 MB
	const script = `mount -t tmpfs -o size="$3" tmpfs "$2" || exit 77
		exec "$0" -store "bolt:$1" -backup "$2/copy.db"`
	for _, c := range []struct {
		name, size string
		server     bool
	}{
		{"without space for the snapshot of a file", "1m", false},
		{"without space for the compact copy", "12m", false},
		{"without space for the snapshot of a server", "1m", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.server {
				startServer(t, nil, "-store", "bolt:"+file)
			}
			dir := t.TempDir()
			out, status := runMounted(t, script, file, dir, c.size)
			const remedy = "no space left on device: free disk space, or name a file on another disk\n"
			if status != 1 || !strings.Contains(out, ": write "+dir+"/copy.db.part-") ||
				!strings.HasSuffix(out, remedy) || strings.Contains(out, "its log") {
				t.Errorf("server -backup: got exit status %d and %q, want 1, the local file and %q", status, out, remedy)
			}
		})
	}
}

func TestBackup_RejectsInvalidTargets(t *testing.T) {
	file := largeStore(t)
	startServer(t, nil, "-store", "bolt:"+file)
	dir := t.TempDir()
	hardLink := filepath.Join(dir, "hard.db")
	if err := os.Link(file, hardLink); err != nil {
		t.Fatal(err)
	}
	before, inStore := siblings(t, hardLink), siblings(t, file)
	for _, target := range []string{dir, file, file + ".sock", hardLink, os.DevNull} {
		out := mustFail(t, nil, "-store", "bolt:"+file, "-backup", target)
		if !strings.Contains(out, target) || !strings.Contains(out, "name another file") {
			t.Errorf("server -backup %s: got %q, want \"name another file\"", target, out)
		}
	}
	if got := siblings(t, hardLink); !slices.Equal(got, before) {
		t.Errorf("files after the backups: got %q, want %q", got, before)
	}
	if got := siblings(t, file); !slices.Equal(got, inStore) {
		t.Errorf("files of the store after the backups: got %q, want %q", got, inStore)
	}
	stopped := largeStore(t)
	out := mustFail(t, nil, "-store", "bolt:"+stopped, "-backup", stopped+".sock")
	if !strings.Contains(out, "name another file") {
		t.Errorf("server -backup to the path of the socket: got %q, want \"name another file\"", out)
	}
}

func TestBackup_RemovesPartsOfKilledRuns(t *testing.T) {
	file, copied := largeStore(t), filepath.Join(t.TempDir(), "copy.db")
	killed, other := copied+".part-123", copied+".part-old"
	for _, name := range []string{killed, other} {
		if err := os.WriteFile(name, []byte("not complete"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bolttest.OpenFile(t, copied+".part-124") // the part of a run that continues
	runBackup(t, file, copied)
	want := []string{"copy.db", "copy.db.part-124", "copy.db.part-old"}
	if got := siblings(t, copied); !slices.Equal(got, want) {
		t.Errorf("files after a backup: got %q, want %q", got, want)
	}
}

func TestBackup_FollowsSymbolicLinks(t *testing.T) {
	file := largeStore(t)
	l := filepath.Join(t.TempDir(), "links.db")
	if err := os.Symlink(file, l); err != nil {
		t.Fatal(err)
	}
	p := startServer(t, nil, "-store", "bolt:"+l)
	copied := filepath.Join(t.TempDir(), "copy.db")
	for i, name := range []string{file, l} {
		runBackup(t, name, copied)
		if n := strings.Count(p.log.String(), "backup sent"); n != i+1 {
			t.Errorf("copies sent by the server after -backup %s: got %d, want %d", name, n, i+1)
		}
	}
}

func TestBackup_LongPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", 100), strings.Repeat("y", 100))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file, copied := filepath.Join(dir, "links.db"), filepath.Join(t.TempDir(), "copy.db")

	p := startServer(t, nil, "-store", "bolt:"+file)
	if log := p.log.String(); !strings.Contains(log, "too long for a socket") {
		t.Errorf("log: got %s, want \"too long for a socket\" in it", log)
	}
	mustPost(t, p.url, numbered(3)...)
	if out := runBackup(t, file, copied); !strings.Contains(out, "3 links") {
		t.Errorf("server -backup without a socket: got %q, want 3 links", out)
	}
	_ = p.stop(t, syscall.SIGTERM)

	cmd := command(t, nil, "-addr", "127.0.0.1:0", "-store", "bolt:"+file)
	cmd.Dir = dir
	p = start(t, cmd)
	p.waitUntilListening(t)
	cmd = command(t, nil, "-store", "bolt:"+file, "-backup", copied)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(p.log.String(), "backup sent") {
		t.Errorf("server -backup in the directory of the store: got %v, %s, want a copy from the server\n%s",
			err, out, p.log)
	}
}
