package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// makeBackup runs server -backup and returns what it says.
func makeBackup(t *testing.T, store, file string) string {
	t.Helper()
	out, err := command(t, nil, "-store", "bolt:"+store, "-backup", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// filesBeside are the names in a file's directory.
func filesBeside(t *testing.T, file string) (names []string) {
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
	store, copies := filepath.Join(t.TempDir(), "links.db"), t.TempDir()
	p := startServer(t, nil, "-store", "bolt:"+store)
	var answered sync.Map
	var stop atomic.Bool
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				link := fmt.Sprintf("https://example.com/%d/%d", w, i)
				if status, err := post(p.url, link); err != nil || status != http.StatusOK {
					t.Errorf("status %d, %v", status, err)
					return
				}
				answered.Store(link, true)
			}
		})
	}
	before := make([][]string, 5)
	for i := range before {
		for len(before[i]) < 200*(i+1) {
			before[i] = nil
			answered.Range(func(link, _ any) bool {
				before[i] = append(before[i], link.(string))
				return true
			})
		}
		makeBackup(t, store, filepath.Join(copies, fmt.Sprint(i)))
	}
	stop.Store(true)
	writers.Wait()
	if err := p.end(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if names := filesBeside(t, store); !slices.Equal(names, []string{"links.db"}) {
		t.Errorf("beside the store are %q", names)
	}
	for i, want := range before {
		restored := startServer(t, nil, "-store", "bolt:"+filepath.Join(copies, fmt.Sprint(i)))
		there := map[string]bool{}
		for _, link := range list(t, restored.url) {
			there[link] = true
		}
		for _, link := range want {
			if !there[link] {
				t.Fatalf("%s was answered before copy %d of %d links, and is not in it", link, i, len(there))
			}
		}
		if status, err := post(restored.url, "https://example.com/on"); status != http.StatusOK {
			t.Errorf("a restored store answers %d, %v", status, err)
		}
		_ = restored.end(t, syscall.SIGTERM)
	}
}

func TestABackupIsMadeOfAStoreThatNobodyHasOpenToo(t *testing.T) {
	store := filepath.Join(t.TempDir(), "links.db")
	p := startServer(t, nil, "-store", "bolt:"+store)
	if status, err := post(p.url, numbered(3)...); status != http.StatusOK {
		t.Fatal(status, err)
	}
	_ = p.end(t, syscall.SIGKILL) // its socket is left behind
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(file, []byte("an older copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := makeBackup(t, store, file); !strings.Contains(out, "3 links") {
		t.Errorf("it says %q", out)
	}
	p = startServer(t, nil, "-store", "bolt:"+file)
	if got := list(t, p.url); !slices.Equal(got, numbered(3)) {
		t.Errorf("the copy has %q", got)
	}
}

func TestABackupThatFailsLeavesNothingBehind(t *testing.T) {
	store := filepath.Join(t.TempDir(), "links.db")
	startServer(t, nil, "-store", "bolt:"+store)
	file := filepath.Join(t.TempDir(), "copy.db")
	for name, c := range map[string]struct {
		args []string
		hint string
	}{
		"onto itself":          {[]string{"-store", "bolt:" + store, "-backup", store}, "store itself"},
		"of no file":           {[]string{"-store", "bolt:" + store + ".not", "-backup", file}, "no such file"},
		"into no directory":    {[]string{"-store", "bolt:" + store, "-backup", "no/such/copy.db"}, "no/such"},
		"of a DynamoDB table":  {[]string{"-store", "dynamodb:linkTable", "-backup", file}, "point-in-time recovery"},
		"of a file of another": {[]string{"-store", "bolt:/etc/passwd", "-backup", file}, "no database of links"},
	} {
		if out := fails(t, nil, c.args...); !strings.Contains(out, c.hint) {
			t.Errorf("%s: it says %q, want %q in it", name, out, c.hint)
		}
	}
	if names := filesBeside(t, file); names != nil {
		t.Errorf("there are %q", names)
	}
}

func TestCheckTellsADamagedFile(t *testing.T) {
	store := filepath.Join(t.TempDir(), "links.db")
	p := startServer(t, nil, "-store", "bolt:"+store)
	for i := range 20 {
		if status, err := post(p.url, numbered(100 * (i + 1))[100*i:]...); status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	if out := fails(t, nil, "-check", store); !strings.Contains(out, "another process has it open") {
		t.Errorf("of a file in use it says %q", out)
	}
	_ = p.end(t, syscall.SIGTERM)
	whole, err := os.ReadFile(store)
	if err != nil {
		t.Fatal(err)
	}
	out, err := command(t, nil, "-check", store).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "2000 links") {
		t.Errorf("of a whole file it says %v, %s", err, out)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	found := 0
	for page := 2; page < len(whole)/4096; page++ {
		spoiled := slices.Clone(whole)
		clear(spoiled[page*4096 : page*4096+4096])
		if err := os.WriteFile(damaged, spoiled, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := command(t, nil, "-check", damaged).CombinedOutput(); err != nil && strings.Contains(string(out), damaged) {
			found++
		}
	}
	if used := len(whole) / 4096 / 3; found < used {
		t.Errorf("of %d pages that were wiped one by one %d were found", len(whole)/4096, found)
	}
	for _, length := range []int{0, 100, 4096, len(whole) / 2} {
		if err := os.WriteFile(damaged, whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		fails(t, nil, "-check", damaged)
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
