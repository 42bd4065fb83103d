package webui_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"links/internal/webui"
)

func TestNew_SizeLimit(t *testing.T) {
	for _, canEdit := range []bool{true, false} {
		p, err := webui.New(canEdit)
		if err != nil {
			t.Fatal(err)
		}
		if size := len(p.Gzip); size > 25_000 {
			t.Errorf("New(%v): got %d bytes, want at most %d", canEdit, size, 25_000)
		}
	}
}

func TestGenerated_IsCurrent(t *testing.T) {
	if text, err := exec.CommandContext(t.Context(), "go", "run", "./bundle", "-check").CombinedOutput(); err != nil {
		t.Errorf("bundle -check: %v\n%s", err, text)
	}
	// go test's cache observes only the files that the test itself opens.
	for _, dir := range []string{"web", "generated", "bundle"} {
		if err := os.CopyFS(t.TempDir(), os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
}

func decompress(t *testing.T, compressed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestNew_GzipIsHTML(t *testing.T) {
	p := mustNew(t)
	if html := decompress(t, p.Gzip); !bytes.Equal(html, p.HTML) {
		t.Errorf("decompressed Gzip: got %d bytes, want the %d bytes of HTML", len(html), len(p.HTML))
	}
}

func TestNew_LoadsNothingExternal(t *testing.T) {
	loads := regexp.MustCompile(`<link\b[^>]*>|<[a-z]+\b[^>]*\ssrc=[^>]*>|@import[^;]*|\burl\([^)]*\)|\bimport\(`)
	for _, found := range loads.FindAllString(string(mustNew(t).HTML), -1) {
		if !strings.HasPrefix(found, `<link rel="icon" href="data:`) {
			t.Errorf("reference to another file: %s", found)
		}
	}
}

func TestNew_PolicyAllowsOwnBlocksOnly(t *testing.T) {
	p := mustNew(t)
	policy := directives(p.Header.Get("Content-Security-Policy"))
	for name, want := range map[string]string{
		"default-src":     "'none'",
		"connect-src":     "'self'",
		"base-uri":        "'none'",
		"form-action":     "'none'",
		"frame-ancestors": "'none'",
	} {
		if policy[name] != want {
			t.Errorf("%s: got %q, want %q", name, policy[name], want)
		}
	}
	for element, want := range map[string]int{"style": 1, "script": 1} {
		blocks := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllSubmatch(p.HTML, -1)
		if len(blocks) != want {
			t.Errorf("<%s> blocks: got %d, want %d", element, len(blocks), want)
		}
		var hashes []string
		for _, block := range blocks {
			sum := sha256.Sum256(block[1])
			hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		}
		if got, want := policy[element+"-src"], strings.Join(hashes, " "); got != want {
			t.Errorf("%s-src: got %s, want the hashes of the blocks: %s", element, got, want)
		}
	}
	markup := regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAll(p.HTML, nil)
	if found := regexp.MustCompile(`(?i)\s(style|on[a-z]+)\s*=`).Find(markup); found != nil {
		t.Errorf("inline attribute that the policy forbids: %s", found)
	}
}

func TestNew_ThemeColors(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		pattern := `<meta name="theme-color" content="#[0-9a-f]+" media="\(prefers-color-scheme: ?` + scheme + `\)">`
		if !regexp.MustCompile(pattern).Match(mustNew(t).HTML) {
			t.Errorf("no theme-color for a %s color scheme", scheme)
		}
	}
}

func TestNew_Headers(t *testing.T) {
	header := mustNew(t).Header
	for name, want := range map[string]string{
		"Content-Type":           "text/html; charset=utf-8",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestNew_NeverParsesTextAsHTML(t *testing.T) {
	unsafe := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function`)
	if found := unsafe.Find(mustNew(t).HTML); found != nil {
		t.Errorf("unsafe function: %s", found)
	}
}

func TestNew_CanEdit(t *testing.T) {
	for canEdit, want := range map[bool]string{true: "on", false: "off"} {
		p, err := webui.New(canEdit)
		if err != nil {
			t.Fatal(err)
		}
		root := regexp.MustCompile(`<html lang="en" data-edit="([a-z]+)">`).FindSubmatch(p.HTML)
		if root == nil || string(root[1]) != want {
			t.Errorf("New(%v): root element: got %q, want data-edit %s", canEdit, root, want)
		}
	}
}

func mustNew(t *testing.T) webui.Document {
	t.Helper()
	p, err := webui.New(true)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// directives returns the values of a Content-Security-Policy by name.
func directives(policy string) map[string]string {
	values := map[string]string{}
	for directive := range strings.SplitSeq(policy, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		values[name] = value
	}
	return values
}
