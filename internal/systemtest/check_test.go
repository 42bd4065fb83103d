package systemtest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

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
