// Command bundle writes the files that the web UI serves. Run it with
// `go generate ./internal/webui` after each change of internal/webui/web.
//
// It inlines the style sheet, the scripts and the icons, because a relative reference
// would not resolve at a URL without a trailing slash. It minifies and compresses the
// document in advance, because that takes 25 ms of a processor. It needs zopfli
// (apt-get install zopfli), whose result is 3% smaller than that of gzip.
//
// With -check it needs no zopfli and writes nothing. It exits with 1 if the files
// differ from the sources.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
	"github.com/tdewolff/minify/v2/js"
)

const (
	sources = "web"
	output  = "generated"
)

// ownProperties are names of properties that occur in the scripts, and neither in the
// objects of a browser nor in the JSON of the service. The minifier does not shorten the
// names of properties.
const ownProperties = "additionsOf badDates callNoPrompt callWithRetry cancelOne canUndo cleanNote cleanTitle " +
	"endEdit exportAll findAll findTitled focusNext importAll importFile importLinks inMemory isAddress isEmpty " +
	"isError isLoaded isOwn isSearch isTooLarge isTyping isURL joinTexts lookUp maxTitleBytes mayChange onKey " +
	"pathOf rawDate removeHere retryAfter rowAt setDay setHidden setPrompt setTabStop setToolsOpen shortNameOf " +
	"showError shownRows singleLine splitTags withScheme"

func main() {
	check := flag.Bool("check", false, "only check whether the files are up to date")
	flag.Parse()
	files, err := bundle()
	for name, content := range files {
		if *check {
			err = errors.Join(err, compare(name, content))
		} else {
			err = errors.Join(err, write(name, content))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

// bundle returns the contents of the files by name. It does not compress those whose
// name ends in .gz.
func bundle() (map[string][]byte, error) {
	b := bundler{minifier: newMinifier(), hashes: map[string]string{}}
	document, err := b.document()
	if err != nil {
		return nil, err
	}
	manifest, err := b.manifest()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"edit-on.html.gz":      document,
		"edit-off.html.gz":     bytes.Replace(document, []byte(`data-edit="on"`), []byte(`data-edit="off"`), 1),
		"policy.txt":           []byte(b.policy()),
		"manifest.webmanifest": manifest,
	}, nil
}

// write writes a file, compressed if its name ends in .gz.
func write(name string, content []byte) error {
	if err := os.MkdirAll(output, 0o755); err != nil {
		return err
	}
	uncompressed := filepath.Join(output, strings.TrimSuffix(name, ".gz"))
	if err := os.WriteFile(uncompressed, content, 0o644); err != nil || !strings.HasSuffix(name, ".gz") {
		return err
	}
	defer os.Remove(uncompressed)
	if text, err := exec.Command("zopfli", "--i1000", uncompressed).CombinedOutput(); err != nil {
		return fmt.Errorf("zopfli %s: %w\n%s", uncompressed, err, text)
	}
	return nil
}

// compare returns an error if the file does not contain the content.
func compare(name string, content []byte) error {
	existing, err := os.ReadFile(filepath.Join(output, name))
	if err != nil {
		return err
	}
	if strings.HasSuffix(name, ".gz") {
		r, err := gzip.NewReader(bytes.NewReader(existing))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if existing, err = io.ReadAll(r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if !bytes.Equal(existing, content) {
		return fmt.Errorf("%s/%s differs from the sources; run go generate ./internal/webui", output, name)
	}
	return nil
}

// A bundler combines the sources. It stores the hash of each block that it inlines,
// by element.
type bundler struct {
	minifier *minify.M
	hashes   map[string]string
}

// newMinifier returns a minifier of scripts and style sheets, and of HTML except the
// scripts and style sheets in it. In a script, it may move a destructuring before the
// declarations that precede it, so they must not have effects on its value.
func newMinifier() *minify.M {
	m := minify.New()
	m.AddFunc("text/css", css.Minify)
	m.AddFunc("text/javascript", js.Minify)
	m.Add("text/html", &html.Minifier{KeepQuotes: true})
	return m
}

// shorten replaces each name that the pattern matches by the prefix and a number in base
// 36, except the kept ones.
func shorten(text []byte, pattern, prefix string, kept ...string) []byte {
	short := map[string]string{}
	for _, name := range kept {
		short[name] = name
	}
	return regexp.MustCompile(pattern).ReplaceAllFunc(text, func(name []byte) []byte {
		if _, isKnown := short[string(name)]; !isKnown {
			short[string(name)] = prefix + strconv.FormatInt(int64(len(short)), 36)
		}
		return []byte(short[string(name)])
	})
}

// shortenStyle shortens the names of custom properties, except --hue, which a script sets.
func shortenStyle(text []byte) ([]byte, error) {
	return shorten(text, `--[a-z-]+`, "--", "--hue"), nil
}

// wrapScript puts the scripts into a function, because the minifier renames only what is
// local to one, and shortens the names of ownProperties.
func wrapScript(text []byte) ([]byte, error) {
	for name := range strings.FieldsSeq(ownProperties) {
		if !bytes.Contains(text, []byte("."+name)) {
			return nil, fmt.Errorf("ownProperties contains %s, which no script uses", name)
		}
	}
	pattern := `\b(` + strings.ReplaceAll(ownProperties, " ", "|") + `)\b`
	return fmt.Appendf(nil, `"use strict";(()=>{%s})()`, shorten(text, pattern, "z")), nil
}

// document returns the minified HTML document.
func (b bundler) document() ([]byte, error) {
	document, err := b.read("index.html")
	if err != nil {
		return nil, err
	}
	document, err = b.merge(document, `<link rel="stylesheet" href="([a-z]+\.css)">`, "style", "text/css", shortenStyle)
	if err != nil {
		return nil, err
	}
	document, err = b.merge(document, `<script src="([a-z]+\.js)"></script>`, "script", "text/javascript", wrapScript)
	if err != nil {
		return nil, err
	}
	return b.minifier.Bytes("text/html", document)
}

// merge replaces the references to files, which must be adjacent in the document, by
// one element with their contents, which prepare changes before they are minified. The
// group of the pattern is the name of a file.
func (b bundler) merge(
	document []byte, pattern, element, mediaType string, prepare func([]byte) ([]byte, error),
) ([]byte, error) {
	references := regexp.MustCompile(pattern).FindAllSubmatchIndex(document, -1)
	if references == nil {
		return nil, fmt.Errorf("index.html contains no reference %s", pattern)
	}
	var text []byte
	for _, at := range references {
		content, err := b.read(string(document[at[2]:at[3]]))
		if err != nil {
			return nil, err
		}
		text = append(text, content...)
	}
	text, err := prepare(text)
	if err != nil {
		return nil, err
	}
	text, err = b.minifier.Bytes(mediaType, text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	b.hashes[element] = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	start, end := references[0][0], references[len(references)-1][1]
	return fmt.Appendf(nil, "%s<%s>%s</%s>%s", document[:start], element, text, element, document[end:]), nil
}

// manifest returns the web app manifest with its icons.
func (b bundler) manifest() ([]byte, error) {
	manifest, err := b.read("manifest.webmanifest")
	if err != nil {
		return nil, err
	}
	inlined := regexp.MustCompile(`icon-[0-9]+\.png`).ReplaceAllFunc(manifest, func(name []byte) []byte {
		icon, readErr := b.read(string(name))
		err = errors.Join(err, readErr)
		return fmt.Appendf(nil, "data:image/png;base64,%s", base64.StdEncoding.EncodeToString(icon))
	})
	return inlined, err
}

// policy returns the Content-Security-Policy, which allows exactly the style sheet and
// the script that have been inlined.
func (b bundler) policy() string {
	return strings.Join([]string{
		"default-src 'none'",
		"style-src " + b.hashes["style"],
		"script-src " + b.hashes["script"],
		"connect-src 'self'",
		"manifest-src 'self'",
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// read returns a source file. A checkout on Windows may contain carriage returns,
// which browsers remove before they hash a block.
func (b bundler) read(name string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(sources, name))
	if filepath.Ext(name) != ".png" {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	}
	return content, err
}
