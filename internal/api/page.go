package api

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

//go:embed page
var pageFiles embed.FS

// page is the web page, one HTML document in UTF-8, and the headers that it is served with.
type page struct {
	html   []byte
	header http.Header
}

// newPage puts the files under page/ together: style sheet and scripts go into the document, since the page is
// served at a place that it doesn't know, with or without a slash at the end, from where a reference to another
// file could not be resolved. The policy allows exactly these blocks, by their hashes.
func newPage() (page, error) {
	document, err := pageFiles.ReadFile("page/index.html")
	if err != nil {
		return page{}, fmt.Errorf("read the web page: %w", err)
	}
	reference := regexp.MustCompile(`<link rel="stylesheet" href="([a-z]+\.css)">|<script src="([a-z]+\.js)"></script>`)
	hashes := map[string][]string{}
	inline := func(tag []byte) []byte {
		names := reference.FindSubmatch(tag)
		element, name := "style", string(names[1])
		if name == "" {
			element, name = "script", string(names[2])
		}
		text, readErr := pageFiles.ReadFile("page/" + name)
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
		return page{}, err
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
	return page{html: html, header: header}, nil
}
