package systemtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"links/internal/store/boltstore/bolttest"
)

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
				t.Errorf("server -backup: got exit status %d and %q, want 1, the local file and %q",
					status, out, remedy)
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
