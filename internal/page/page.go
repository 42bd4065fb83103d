// Package page is the web page of Links: one HTML document for people, which speaks to the service below whose path it is
// served. It knows nothing of the service's code.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

//go:embed web
var files embed.FS

// Document is the web page, one HTML document in UTF-8, and the headers that it is served with. Who serves it changes neither.
type Document struct {
	HTML   []byte
	Header http.Header
}

// New puts the files under web/ together: style sheet and scripts go into the document, since the page is
// served at a place that it doesn't know, with or without a slash at the end, from where a reference to another
// file could not be resolved. The policy allows exactly these blocks, by their hashes.
func New() (Document, error) {
	document, err := files.ReadFile("web/index.html")
	if err != nil {
		return Document{}, fmt.Errorf("read the web page: %w", err)
	}
	reference := regexp.MustCompile(`<link rel="stylesheet" href="([a-z]+\.css)">|<script src="([a-z]+\.js)"></script>`)
	hashes := map[string][]string{}
	inline := func(tag []byte) []byte {
		names := reference.FindSubmatch(tag)
		element, name := "style", string(names[1])
		if name == "" {
			element, name = "script", string(names[2])
		}
		text, readErr := files.ReadFile("web/" + name)
		if readErr != nil {
			err = fmt.Errorf("read a part of the web page: %w", readErr)
			return nil
		}
		// A browser drops carriage returns before it hashes a block; a checkout on Windows may have them.
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		sum := sha256.Sum256(text)
		hashes[element] = append(hashes[element], "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		return fmt.Appendf(nil, "<%s>%s</%s>", element, text, element)
	}
	html := reference.ReplaceAllFunc(document, inline)
	if err != nil {
		return Document{}, err
	}
	policy := []string{
		"default-src 'none'",
		"style-src " + strings.Join(hashes["style"], " "),
		"script-src " + strings.Join(hashes["script"], " "),
		"connect-src 'self'",
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
	return Document{HTML: html, Header: header}, nil
}
