// Package webui contains the web UI of Links: one HTML document and a web app
// manifest. The document is a client of the API at the base path it is served from.
// The package depends on no other package of the service.
//
// The sources are in web/. The directory generated/ contains what the package
// serves; `go generate` writes it. The scripts become one function and share its names:
//
//	dom.js, urls.js, api.js              helpers and the API client
//	reading.js, netscape.js, formats.js  parsing and writing of files
//	transfer.js                          import and export
//	toast.js, tags.js, editor.js         parts of the list
//	views.js, row.js, list.js            the list
//	deletions.js, selection.js           what is done with links in it
//	add.js, find.js, keys.js             forms and keys
//	importer.js                          import and export jobs, and their report
//	tools.js, main.js                    event handlers
package webui

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"net/http"
)

//go:generate go run ./bundle

var (
	//go:embed generated/edit-on.html.gz
	editOn []byte
	//go:embed generated/edit-off.html.gz
	editOff []byte
	//go:embed generated/policy.txt
	policy string
	//go:embed generated/manifest.webmanifest
	manifest []byte
)

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
// The Content-Security-Policy allows exactly the script and the style sheet of the
// document, by their hashes.
func New(canEdit bool) (Document, error) {
	compressed := editOff
	if canEdit {
		compressed = editOn
	}
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return Document{}, fmt.Errorf("webui: decompress the document: %w", err)
	}
	document, err := io.ReadAll(r)
	if err != nil {
		return Document{}, fmt.Errorf("webui: decompress the document: %w", err)
	}
	header := http.Header{}
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	return Document{HTML: document, Gzip: compressed, Header: header, Manifest: manifest}, nil
}
