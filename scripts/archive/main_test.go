package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An entry is a file in an archive.
type entry struct {
	text         string
	isExecutable bool
}

// release creates an archive of a release with this extension, and returns its files by
// name. The server and the notices are empty files.
func release(t *testing.T, extension string) map[string]entry {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
	if _, err := os.Stat(".git"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("not a clone, so git does not know the files of a release")
	}
	script, err := exec.LookPath("scripts/release") // so that a change invalidates a cached result
	if err != nil {
		t.Fatal(err)
	}
	list, err := exec.CommandContext(t.Context(), script, "--files").Output()
	if err != nil {
		t.Fatalf("scripts/release --files: %v", err)
	}
	server, notices := filepath.Join(t.TempDir(), "server"), filepath.Join(t.TempDir(), "THIRD_PARTY_NOTICES")
	if err := errors.Join(os.WriteFile(server, nil, 0o700), os.WriteFile(notices, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "links"+extension)
	files := append([]string{server, notices}, strings.Fields(string(list))...)
	if err := run(append([]string{"0", out, "links-v1"}, files...)); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]entry{}
	add := func(name string, mode fs.FileMode, content io.Reader) {
		text, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		below, ok := strings.CutPrefix(name, "links-v1/")
		if !ok {
			t.Errorf("%s: file %s is not in the folder links-v1", extension, name)
		}
		entries[below] = entry{string(text), mode&0o111 == 0o111}
	}
	if extension == ".zip" {
		unzip(t, packed, add)
	} else {
		untar(t, packed, add)
	}
	return entries
}

func unzip(t *testing.T, packed []byte, add func(string, fs.FileMode, io.Reader)) {
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.File {
		content, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		add(file.Name, file.Mode(), content)
	}
}

func untar(t *testing.T, packed []byte, add func(string, fs.FileMode, io.Reader)) {
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(unpacked)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		add(header.Name, header.FileInfo().Mode(), archive)
	}
}

func TestRelease_ContainsWhatItMentions(t *testing.T) {
	for _, extension := range []string{".tar.gz", ".zip"} {
		t.Run(extension, func(t *testing.T) { checkReferences(t, release(t, extension)) })
	}
}

var (
	links = regexp.MustCompile(`\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"`)
	paths = regexp.MustCompile(`\b(?:deploy|docs|scripts|bench)/[\w./-]*\w`)
	// forDevelopers mention files that only a clone contains.
	forDevelopers = []string{"CONTRIBUTING.md", "bench/README.md", "docs/design.md"}
)

// checkReferences checks that each relative link, and each path that a text for users
// mentions, is a file or a directory of the archive.
func checkReferences(t *testing.T, entries map[string]entry) {
	for _, name := range []string{"server", "scripts/copy-links"} {
		if !entries[name].isExecutable {
			t.Errorf("%s is missing or not executable", name)
		}
	}
	names := slices.Sorted(maps.Keys(entries))
	contains := func(name string) bool {
		return slices.ContainsFunc(names, func(other string) bool {
			return other == name || strings.HasPrefix(other, name+"/")
		})
	}
	count := 0
	for _, name := range names {
		text := entries[name].text
		if strings.HasSuffix(name, ".md") {
			for _, match := range links.FindAllStringSubmatch(text, -1) {
				target, _, _ := strings.Cut(match[1]+match[2], "#")
				if target == "" || strings.Contains(target, ":") {
					continue // within the document, or an absolute URL
				}
				count++
				if !contains(path.Join(path.Dir(name), target)) {
					t.Errorf("%s: the link to %s has no target", name, target)
				}
			}
		}
		if slices.Contains(forDevelopers, name) || strings.HasSuffix(name, ".png") {
			continue
		}
		for _, mentioned := range paths.FindAllString(text, -1) {
			count++
			if !contains(mentioned) {
				t.Errorf("%s mentions %s, which is missing", name, mentioned)
			}
		}
	}
	if count < 50 {
		t.Errorf("found %d references in %d files, want at least 50", count, len(names))
	}
}
