// Package webui is the web page of Links: one HTML document for people, which speaks to the service below whose path it is
// served, and the manifest with which a phone installs it. It knows nothing of the service's code.
package webui

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
	// Manifest is the application/manifest+json that the page looks for beside itself, at manifest.webmanifest.
	Manifest []byte
}

// New returns the web page. If canEdit is false, the page does not offer to edit and delete links, and shows how to turn that
// on.
//
// It puts the files under web/ together: style sheet, scripts and icons go into the documents that name them, since the page
// is served at a place that it doesn't know, with or without a slash at the end, from where a reference to another file could
// not be resolved. The policy allows exactly these blocks, by their hashes.
func New(canEdit bool) (Document, error) {
	hashes := map[string][]string{}
	html, err := replace("index.html", `<link rel="stylesheet" href="([a-z]+\.css)">|<script src="([a-z]+\.js)"></script>`, func(name string, text []byte) []byte {
		element := "style"
		if strings.HasSuffix(name, ".js") {
			element = "script"
		}
		// A browser drops carriage returns before it hashes a block; a checkout on Windows may have them.
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		sum := sha256.Sum256(text)
		hashes[element] = append(hashes[element], "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		return fmt.Appendf(nil, "<%s>%s</%s>", element, text, element)
	})
	if err != nil {
		return Document{}, err
	}
	if !canEdit {
		html = bytes.Replace(html, []byte(`data-edit="on"`), []byte(`data-edit="off"`), 1)
	}
	manifest, err := replace("manifest.webmanifest", `"(icon-[0-9]+\.png)"`, func(_ string, image []byte) []byte {
		return fmt.Appendf(nil, `"data:image/png;base64,%s"`, base64.StdEncoding.EncodeToString(image))
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
	return Document{HTML: html, Header: header, Manifest: manifest}, nil
}

// replace puts other files into one: what with makes of a file takes the place of each reference to it. One group of the
// pattern is the name of the file.
func replace(document, pattern string, with func(name string, content []byte) []byte) ([]byte, error) {
	text, err := files.ReadFile("web/" + document)
	if err != nil {
		return nil, fmt.Errorf("read the web page: %w", err)
	}
	reference := regexp.MustCompile(pattern)
	whole := reference.ReplaceAllFunc(text, func(found []byte) []byte {
		name := string(bytes.Join(reference.FindSubmatch(found)[1:], nil))
		content, readErr := files.ReadFile("web/" + name)
		if readErr != nil {
			err = fmt.Errorf("read a part of the web page: %w", readErr)
			return nil
		}
		return with(name, content)
	})
	return whole, err
}
