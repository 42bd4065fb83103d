// Package webui contains the web UI of Links: one HTML document and a web app
// manifest. The document is a client of the API at the base path it is served from.
// The package depends on no other package of the service.
//
// The sources are in web/. The scripts run in this order and share global names:
//
//	dom.js, urls.js, api.js              helpers and the API client
//	reading.js, netscape.js, formats.js  parsing and writing of files
//	transfer.js                          import and export
//	toast.js, tags.js, editor.js         parts of the list
//	row.js, list.js                      the list
//	deletions.js, selection.js           what is done with links in it
//	add.js, find.js, keys.js             forms and keys
//	importer.js                          import and export jobs, and their report
//	tools.js, main.js                    event handlers
package webui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
	"github.com/tdewolff/minify/v2/js"
)

//go:embed web
var files embed.FS

// A Document is the web UI, ready to serve.
type Document struct {
	HTML   []byte      // in UTF-8
	Gzip   []byte      // HTML with the content coding gzip
	Header http.Header // of the response with HTML or Gzip; must not be modified
	// Manifest is served as application/manifest+json at manifest.webmanifest,
	// relative to the document.
	Manifest []byte
}

// New returns the web UI. If canEdit is false, the buttons that edit and delete links
// are hidden, and a hint shows how to enable them.
//
// New inlines the style sheet, the scripts and the icons, because the document may be
// served with or without a trailing slash, so relative references would not resolve.
// The Content-Security-Policy allows exactly these blocks, by their hashes.
//
// New also minifies and compresses the document, so call it once and serve the result.
func New(canEdit bool) (Document, error) {
	minifier := newMinifier()
	hashes := map[string][]string{}
	const references = `<link rel="stylesheet" href="([a-z]+\.css)">|<script src="([a-z]+\.js)"></script>`
	document, err := inline("index.html", references, func(name string, text []byte) ([]byte, error) {
		element, kind := "style", "text/css"
		if strings.HasSuffix(name, ".js") {
			element, kind = "script", "text/javascript"
		}
		// Browsers remove carriage returns before they hash a block. A checkout on
		// Windows may contain them.
		text, err := minifier.Bytes(kind, bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		hashes[element] = append(hashes[element], "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		return fmt.Appendf(nil, "<%s>%s</%s>", element, text, element), nil
	})
	if err != nil {
		return Document{}, err
	}
	if !canEdit {
		document = bytes.Replace(document, []byte(`data-edit="on"`), []byte(`data-edit="off"`), 1)
	}
	document, err = minifier.Bytes("text/html", document)
	if err != nil {
		return Document{}, fmt.Errorf("webui: minify: %w", err)
	}
	compressed, err := compress(document)
	if err != nil {
		return Document{}, err
	}
	const icon = `"(icon-[0-9]+\.png)"`
	manifest, err := inline("manifest.webmanifest", icon, func(_ string, image []byte) ([]byte, error) {
		return fmt.Appendf(nil, `"data:image/png;base64,%s"`, base64.StdEncoding.EncodeToString(image)), nil
	})
	if err != nil {
		return Document{}, err
	}
	policy := []string{
		"default-src 'none'",
		"style-src " + strings.Join(hashes["style"], " "),
		"script-src " + strings.Join(hashes["script"], " "),
		"connect-src 'self'",
		"manifest-src 'self'",
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}
	header := http.Header{}
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", strings.Join(policy, "; "))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	return Document{HTML: document, Gzip: compressed, Header: header, Manifest: manifest}, nil
}

// inline returns a file of web/ in which each match of pattern is replaced by the
// result of convert. Exactly one group of a match must be the name of another file,
// which is passed to convert with its content.
func inline(document, pattern string, convert func(name string, content []byte) ([]byte, error)) ([]byte, error) {
	text, err := files.ReadFile("web/" + document)
	if err != nil {
		return nil, fmt.Errorf("webui: %w", err)
	}
	reference := regexp.MustCompile(pattern)
	inlined := reference.ReplaceAllFunc(text, func(match []byte) []byte {
		name := string(bytes.Join(reference.FindSubmatch(match)[1:], nil))
		content, readErr := files.ReadFile("web/" + name)
		if readErr == nil {
			content, readErr = convert(name, content)
		}
		if readErr != nil {
			err = fmt.Errorf("webui: inline %s into %s: %w", name, document, readErr)
		}
		return content
	})
	return inlined, err
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

// compress returns the text with the content coding gzip. The result depends on
// nothing else, so all processes of a build return the same ETag.
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
