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

// runBackup runs server -backup and returns what it says.
func runBackup(t *testing.T, storeFile, file string) string {
	t.Helper()
	out, err := command(t, nil, "-store", "bolt:"+storeFile, "-backup", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// siblings are the names in a file's directory.
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

func TestABackupUnderLoadHasEveryLinkAnsweredBeforeItBegan(t *testing.T) {
	storeFile, copies := filepath.Join(t.TempDir(), "links.db"), t.TempDir()
	p := startServer(t, nil, "-store", "bolt:"+storeFile)
	var answered sync.Map
	var stop atomic.Bool
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				l := fmt.Sprintf("https://example.com/%d/%d", w, i)
				if status, err := post(p.url, l); err != nil || status != http.StatusOK {
					t.Errorf("status %d, %v", status, err)
					return
				}
				answered.Store(l, true)
			}
		})
	}
	before := make([][]string, 5)
	for i := range before {
		for len(before[i]) < 200*(i+1) {
			before[i] = nil
			answered.Range(func(l, _ any) bool {
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
		t.Errorf("beside the store are %q", names)
	}
	for i, want := range before {
		restored := startServer(t, nil, "-store", "bolt:"+filepath.Join(copies, fmt.Sprint(i)))
		there := map[string]bool{}
		for _, l := range list(t, restored.url) {
			there[l] = true
		}
		for _, l := range want {
			if !there[l] {
				t.Fatalf("%s was answered before copy %d of %d links, and is not in it", l, i, len(there))
			}
		}
		if status, err := post(restored.url, "https://example.com/on"); status != http.StatusOK {
			t.Errorf("a restored store answers %d, %v", status, err)
		}
		_ = restored.stop(t, syscall.SIGTERM)
	}
}

func TestABackupIsMadeOfAStoreThatNobodyHasOpenToo(t *testing.T) {
	storeFile := filepath.Join(t.TempDir(), "links.db")
	p := startServer(t, nil, "-store", "bolt:"+storeFile)
	if status, err := post(p.url, numbered(3)...); status != http.StatusOK {
		t.Fatal(status, err)
	}
	_ = p.stop(t, syscall.SIGKILL) // its socket is left behind
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(file, []byte("an older copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := runBackup(t, storeFile, file); !strings.Contains(out, "3 links") {
		t.Errorf("it says %q", out)
	}
	p = startServer(t, nil, "-store", "bolt:"+file)
	if got := list(t, p.url); !slices.Equal(got, numbered(3)) {
		t.Errorf("the copy has %q", got)
	}
}

func TestABackupThatFailsLeavesNothingBehind(t *testing.T) {
	storeFile := filepath.Join(t.TempDir(), "links.db")
	startServer(t, nil, "-store", "bolt:"+storeFile)
	file := filepath.Join(t.TempDir(), "copy.db")
	for name, c := range map[string]struct {
		args []string
		hint string
	}{
		"onto itself":          {[]string{"-store", "bolt:" + storeFile, "-backup", storeFile}, "store itself"},
		"of no file":           {[]string{"-store", "bolt:" + storeFile + ".not", "-backup", file}, "no such file"},
		"into no directory":    {[]string{"-store", "bolt:" + storeFile, "-backup", "no/such/copy.db"}, "no/such"},
		"of a DynamoDB table":  {[]string{"-store", "dynamodb:linkTable", "-backup", file}, "point-in-time recovery"},
		"of a file of another": {[]string{"-store", "bolt:/etc/passwd", "-backup", file}, "not a database of links"},
	} {
		if out := mustFail(t, nil, c.args...); !strings.Contains(out, c.hint) {
			t.Errorf("%s: it says %q, want %q in it", name, out, c.hint)
		}
	}
	if names := siblings(t, file); names != nil {
		t.Errorf("there are %q", names)
	}
}

func TestCheckTellsADamagedFile(t *testing.T) {
	storeFile := filepath.Join(t.TempDir(), "links.db")
	p := startServer(t, nil, "-store", "bolt:"+storeFile)
	for i := range 20 {
		if status, err := post(p.url, numbered(100 * (i + 1))[100*i:]...); status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	if out, err := command(t, nil, "-check", storeFile).CombinedOutput(); err != nil || !strings.Contains(string(out), "2000 links") {
		t.Errorf("of a file in use it says %v, %s", err, out)
	}
	copied := filepath.Join(t.TempDir(), "copy.db") // which has hardly a free page
	runBackup(t, storeFile, copied)
	_ = p.stop(t, syscall.SIGTERM)
	whole, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	found := 0
	for page := 2; page < len(whole)/4096; page++ {
		spoiled := slices.Clone(whole)
		clear(spoiled[page*4096 : page*4096+4096])
		if err := os.WriteFile(damaged, spoiled, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := command(t, nil, "-check", damaged).CombinedOutput(); err != nil && strings.Contains(string(out), damaged) && bytes.Count(out, []byte("\n")) == 1 {
			found++
		}
	}
	if found < len(whole)/4096*9/10 {
		t.Errorf("of %d pages that were wiped one by one %d were found", len(whole)/4096, found)
	}
	for _, length := range []int{0, 100, 4096, len(whole) / 2} {
		if err := os.WriteFile(damaged, whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		mustFail(t, nil, "-check", damaged)
	}
}

// largeStore creates a store of some megabytes and returns its path.
func largeStore(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	links, err := boltstore.Open(boltstore.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := links.Put(t.Context(), largeLinks(t, 0, 1000)...); err != nil {
		t.Fatal(err)
	}
	if err := links.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// largeLinks returns n links of 5,000 bytes.
func largeLinks(t *testing.T, from, n int) []link.Link {
	t.Helper()
	links := make([]link.Link, n)
	for i := range links {
		var err error
		if links[i], err = link.Parse(fmt.Sprintf("https://example.com/%d/%s", from+i, strings.Repeat("x", 5000))); err != nil {
			t.Fatal(err)
		}
	}
	return links
}

func TestBackup_StoppedClientStopsNobody(t *testing.T) {
	file := largeStore(t)
	p := startServer(t, nil, "-store", "bolt:"+file)
	// A client that sends a request and then stops, as if suspended.
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
			t.Fatalf("while a backup is stalled, POST is %d, %v", status, err)
		}
		response, err := http.Get(p.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("while a backup is stalled, /readyz is %s", response.Status)
		}
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("with a stalled backup the server ends with %v", err)
	}
	if !strings.Contains(p.log.String(), "backup failed") {
		t.Errorf("the log does not contain the failed backup: %s", p.log)
	}
}

func TestBackup_LeavesOutDeletedLinks(t *testing.T) {
	file := largeStore(t)
	links, err := boltstore.Open(boltstore.Config{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range largeLinks(t, 10, 990) {
		if err := links.Delete(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := links.Close(); err != nil {
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
		t.Errorf("it says %q", out)
	}
	if size(copied) > size(file)/20 {
		t.Errorf("of a file of %d bytes with 1%% of its links left the copy has %d bytes", size(file), size(copied))
	}
	p := startServer(t, nil, "-store", "bolt:"+file)
	if out := runBackup(t, file, copied); !strings.Contains(out, " 10 links") || size(copied) > size(file)/20 {
		t.Errorf("of the file of a server the copy has %d bytes, and it says %q", size(copied), out)
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
	if err := p.stop(t, syscall.SIGINT); err == nil || strings.Count(p.log.String(), "\n") != 1 || !strings.Contains(p.log.String(), "interrupted") {
		t.Errorf("on SIGINT it ends with %v and %q", err, p.log)
	}
	if names := siblings(t, copied); names != nil {
		t.Errorf("it leaves %q", names)
	}
}

func TestBackup_LocksNobodyOut(t *testing.T) {
	file := largeStore(t)
	links := bolttest.OpenFile(t, file) // locked, without a socket
	copied := filepath.Join(t.TempDir(), "copy.db")
	if out := runBackup(t, file, copied); !strings.Contains(out, "1000 links") {
		t.Errorf("it says %q", out)
	}
	if err := links.Put(t.Context(), largeLinks(t, 1000, 1)...); err != nil {
		t.Error(err)
	}
}

func TestBackup_OfAReadOnlyFileSystem(t *testing.T) {
	file, copied := largeStore(t), filepath.Join(t.TempDir(), "copy.db")
	const script = `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && ! touch "$1/x" 2>/dev/null || exit 77
		exec "$0" -store "bolt:$1/links.db" -backup "$2"`
	cmd := command(t, nil)
	cmd.Args = []string{"unshare", "--map-root-user", "--mount", "sh", "-c", script, cmd.Path, filepath.Dir(file), copied}
	var err error
	if cmd.Path, err = exec.LookPath("unshare"); err != nil {
		t.Skip(err)
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit) && exit.ExitCode() == 1 && strings.HasPrefix(string(out), "links:"):
		t.Errorf("%s", out)
	default:
		t.Skipf("a read-only file system cannot be mounted here: %v: %s", err, out)
	}
}

func TestBackup_RefusesTargets(t *testing.T) {
	file := largeStore(t)
	startServer(t, nil, "-store", "bolt:"+file)
	dir := t.TempDir()
	hardLink := filepath.Join(dir, "hard.db")
	if err := os.Link(file, hardLink); err != nil {
		t.Fatal(err)
	}
	before, inStore := siblings(t, hardLink), siblings(t, file)
	for _, target := range []string{dir, file, file + ".sock", hardLink, os.DevNull} {
		if out := mustFail(t, nil, "-store", "bolt:"+file, "-backup", target); !strings.Contains(out, target) || !strings.Contains(out, "name another file") {
			t.Errorf("with the target %s it says %q", target, out)
		}
	}
	if after := siblings(t, hardLink); !slices.Equal(after, before) {
		t.Errorf("it leaves %q, before were %q", after, before)
	}
	if after := siblings(t, file); !slices.Equal(after, inStore) {
		t.Errorf("it leaves %q, before were %q", after, inStore)
	}
	stopped := largeStore(t)
	if out := mustFail(t, nil, "-store", "bolt:"+stopped, "-backup", stopped+".sock"); !strings.Contains(out, "name another file") {
		t.Errorf("with the name of a socket as target it says %q", out)
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
	if names := siblings(t, copied); !slices.Equal(names, []string{"copy.db", "copy.db.part-124", "copy.db.part-old"}) {
		t.Errorf("it leaves %q", names)
	}
}

func TestBackup_ThroughSymbolicLinks(t *testing.T) {
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
			t.Errorf("the server has sent %d copies, want %d", n, i+1)
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
		t.Errorf("the log does not contain the reason: %s", log)
	}
	if status, err := post(p.url, numbered(3)...); status != http.StatusOK {
		t.Fatal(status, err)
	}
	if out := runBackup(t, file, copied); !strings.Contains(out, "3 links") {
		t.Errorf("without a socket it says %q", out)
	}
	_ = p.stop(t, syscall.SIGTERM)

	cmd := command(t, nil, "-addr", "127.0.0.1:0", "-store", "bolt:"+file)
	cmd.Dir = dir
	p = start(t, cmd)
	p.waitUntilListening(t)
	cmd = command(t, nil, "-store", "bolt:"+file, "-backup", copied)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(p.log.String(), "backup sent") {
		t.Errorf("in the directory of the store: %v, %s%s", err, out, p.log)
	}
}

// numbered is n different links.
func numbered(n int) []string {
	links := make([]string, n)
	for i := range links {
		links[i] = fmt.Sprintf("https://example.com/%d", i)
	}
	return links
}
