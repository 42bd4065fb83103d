package boltstore

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/storetest"
)

// smallDisk is the variable that contains, in the child process, the directory
// on a small disk.
const smallDisk = "BOLTSTORE_TEST_SMALL_DISK"

func TestPut_DiskFull(t *testing.T) {
	if dir := os.Getenv(smallDisk); dir != "" {
		fillDisk(t, dir)
		return
	}
	// In its own mount namespace, any user can mount a disk. It is removed when
	// the process ends.
	const script = `mount -t tmpfs -o size=4m tmpfs "$1" || exit 77; exec "$0" -test.run="$2" -test.v`
	cmd := exec.CommandContext(t.Context(), "unshare", "--map-root-user", "--mount", "sh", "-c", script,
		os.Args[0], t.TempDir(), "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), smallDisk+"="+cmd.Args[len(cmd.Args)-2])
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit) && exit.ExitCode() == 1 && len(out) > 0 && out[0] == '=':
		t.Errorf("%s", out)
	default:
		t.Skipf("a small disk cannot be mounted here: %v: %s", err, out)
	}
}

func fillDisk(t *testing.T, dir string) {
	ballast := filepath.Join(dir, "ballast")
	write(t, ballast, make([]byte, 2<<20))
	path := filepath.Join(dir, "links.db")
	s := open(t, path)
	stored := 0
	var err error
	for ; err == nil && stored < 1000; stored += 10 {
		err = s.Put(t.Context(), largeLinks(t, stored, 10)...)
	}
	stored -= 10 // the last Put failed
	if !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("Put on a full disk: got %v, want ErrUnavailable", err)
	}
	if n := len(storetest.List(t, s, link.Timestamp{}, 2000)); n != stored {
		t.Errorf("List on a full disk: got %d links, want the %d stored", n, stored)
	}

	must(t, os.Remove(ballast))
	storetest.Put(t, s, largeLinks(t, stored, 10)...)
	must(t, s.Close())
	_, err = Check(t.Context(), path)
	must(t, err)
	if n := len(storetest.List(t, open(t, path), link.Timestamp{}, 2000)); n != stored+10 {
		t.Errorf("List after space was freed and the file was reopened: got %d links, want %d", n, stored+10)
	}
}
