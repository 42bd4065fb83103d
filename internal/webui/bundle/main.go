// Command bundle writes the files that the web UI serves. Run it with
// `go generate ./internal/webui` after each change of internal/webui/web.
//
// It inlines the style sheet, the scripts and the icons, because the document may
// be served with or without a trailing slash, so relative references would not
// resolve. It also minifies and compresses the document, which would slow down the
// first request to each Lambda function.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
	"github.com/tdewolff/minify/v2/js"
)

func main() {
	sources := flag.String("sources", "web", "directory of the sources")
	output := flag.String("output", "generated", "directory to write to")
	flag.Parse()
	if err := run(*sources, *output); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(sources, output string) error {
	b := bundler{sources: sources, minifier: newMinifier(), hashes: map[string][]string{}}
	document, err := b.document()
	if err != nil {
		return err
	}
	editOn, err1 := compress(document)
	editOff, err2 := compress(bytes.Replace(document, []byte(`data-edit="on"`), []byte(`data-edit="off"`), 1))
	manifest, err3 := b.manifest()
	if err := errors.Join(err1, err2, err3, os.MkdirAll(output, 0o755)); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"edit-on.html.gz":      editOn,
		"edit-off.html.gz":     editOff,
		"policy.txt":           []byte(b.policy()),
		"manifest.webmanifest": manifest,
	} {
		if err := os.WriteFile(filepath.Join(output, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// A bundler combines the sources. It collects the hashes of the blocks that it
// inlines, by element.
type bundler struct {
	sources  string
	minifier *minify.M
	hashes   map[string][]string
}

// newMinifier returns a minifier of scripts and style sheets, and of HTML except the
// scripts and style sheets in it.
func newMinifier() *minify.M {
	m := minify.New()
	m.AddFunc("text/css", css.Minify)
	m.AddFunc("text/javascript", js.Minify)
	m.Add("text/html", &html.Minifier{KeepQuotes: true, KeepDocumentTags: true})
	return m
}

// document returns the minified HTML document.
func (b bundler) document() ([]byte, error) {
	const references = `<link rel="stylesheet" href="([a-z]+\.css)">|<script src="([a-z]+\.js)"></script>`
	document, err := b.inline("index.html", references, b.block)
	if err != nil {
		return nil, err
	}
	return b.minifier.Bytes("text/html", document)
}

// block returns the element that contains a style sheet or a script.
func (b bundler) block(name string, text []byte) ([]byte, error) {
	element, kind := "style", "text/css"
	if strings.HasSuffix(name, ".js") {
		element, kind = "script", "text/javascript"
	}
	text, err := b.minifier.Bytes(kind, text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	b.hashes[element] = append(b.hashes[element], "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	return fmt.Appendf(nil, "<%s>%s</%s>", element, text, element), nil
}

// manifest returns the web app manifest with its icons.
func (b bundler) manifest() ([]byte, error) {
	return b.inline("manifest.webmanifest", `"(icon-[0-9]+\.png)"`, func(_ string, image []byte) ([]byte, error) {
		return fmt.Appendf(nil, `"data:image/png;base64,%s"`, base64.StdEncoding.EncodeToString(image)), nil
	})
}

// policy returns the Content-Security-Policy, which allows exactly the blocks that
// have been inlined.
func (b bundler) policy() string {
	return strings.Join([]string{
		"default-src 'none'",
		"style-src " + strings.Join(b.hashes["style"], " "),
		"script-src " + strings.Join(b.hashes["script"], " "),
		"connect-src 'self'",
		"manifest-src 'self'",
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// inline returns a source file in which each match of pattern is replaced by the
// result of convert. Exactly one group of a match must be the name of another file,
// which is passed to convert with its content.
func (b bundler) inline(
	document, pattern string, convert func(name string, content []byte) ([]byte, error),
) ([]byte, error) {
	text, err := b.read(document)
	if err != nil {
		return nil, err
	}
	reference := regexp.MustCompile(pattern)
	inlined := reference.ReplaceAllFunc(text, func(match []byte) []byte {
		name := string(bytes.Join(reference.FindSubmatch(match)[1:], nil))
		content, readErr := b.read(name)
		if readErr == nil {
			content, readErr = convert(name, content)
		}
		if readErr != nil {
			err = fmt.Errorf("inline %s into %s: %w", name, document, readErr)
		}
		return content
	})
	return inlined, err
}

// read returns a source file. A checkout on Windows may contain carriage returns,
// which browsers remove before they hash a block.
func (b bundler) read(name string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(b.sources, name))
	if filepath.Ext(name) != ".png" {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	}
	return content, err
}

// compress returns the text with the content coding gzip. The result depends on
// nothing else.
func compress(text []byte) ([]byte, error) {
	var compressed bytes.Buffer
	w, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return compressed.Bytes(), nil
}
