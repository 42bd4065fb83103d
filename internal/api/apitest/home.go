package apitest

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

var compressionCases = []testCase{
	{"GET / is compressed if the client prefers gzip, with an ETag of its own", Service{}, homeCompressed},
}

var homeCases = []testCase{
	{"GET / is the web UI, which loads nothing from other origins", Service{}, homePage},
	{"GET /manifest.webmanifest is the web app manifest", Service{}, homeManifest},
	{"GET /openapi.json describes the API", Service{}, homeDescription},
	{"the health checks respond ok", Service{}, homeHealth},
}

func homePage(t *testing.T, c *client) {
	a := c.do(t, "GET", "/", "")
	a.wantStatus(t, http.StatusOK)
	a.wantHeader(t, "Content-Type", "text/html; charset=utf-8")
	a.wantHeader(t, "X-Content-Type-Options", "nosniff")
	a.wantHeader(t, "Referrer-Policy", "no-referrer")
	policy := a.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") ||
		strings.Contains(policy, "unsafe") {
		t.Errorf("Content-Security-Policy: got %q, want one that blocks all but what the page contains", policy)
	}
	c.wantConditional(t, "/")
}

func homeCompressed(t *testing.T, c *client) {
	plain := c.do(t, "GET", "/", "")
	for accepted, isCompressed := range map[string]bool{
		"gzip":                            true,
		"gzip, deflate, br, zstd":         true,
		"br;q=1.0, GZIP;q=0.8, *;q=0.1":   true,
		"x-gzip":                          true,
		"*":                               true,
		"identity;q=0.5, gzip":            true,
		"gzip;q=0.001":                    true,
		"identity":                        false,
		"br":                              false,
		"gzip;q=0":                        false,
		"*;q=0":                           false,
		"gzip;q=0, *":                     false,
		"identity, gzip;q=0.5":            false,
		"gzip;q=2":                        false,
		"gzipped, deflate;q=0.5, gzip; q": false,
	} {
		a := c.do(t, "GET", "/", "", "Accept-Encoding: "+accepted)
		a.wantStatus(t, http.StatusOK)
		a.wantHeader(t, "Content-Type", "text/html; charset=utf-8")
		a.wantVary(t, "")
		if !isCompressed {
			if encoding := a.header.Values("Content-Encoding"); encoding != nil || a.body != plain.body ||
				a.header.Get("ETag") != plain.header.Get("ETag") {
				t.Errorf("GET / with Accept-Encoding: %s: got Content-Encoding %q, want the uncompressed document",
					accepted, encoding)
			}
			continue
		}
		a.wantHeader(t, "Content-Encoding", "gzip")
		body, err := gzip.NewReader(strings.NewReader(a.body))
		if err != nil {
			t.Fatalf("GET / with Accept-Encoding: %s: %v", accepted, err)
		}
		if text, err := io.ReadAll(body); err != nil || string(text) != plain.body {
			t.Errorf("GET / with Accept-Encoding: %s: got %d bytes decompressed, %v, want the %d bytes of the document",
				accepted, len(text), err, len(plain.body))
		}
	}

	compressed := c.do(t, "GET", "/", "", "Accept-Encoding: gzip")
	if len(compressed.body) > 25_000 {
		t.Errorf("GET /, compressed: got %d bytes, want at most %d", len(compressed.body), 25_000)
	}
	head := c.do(t, "HEAD", "/", "", "Accept-Encoding: gzip")
	head.wantHeader(t, "Content-Encoding", "gzip")
	head.wantHeader(t, "ETag", compressed.header.Get("ETag"))
	c.wantConditional(t, "/", "Accept-Encoding: gzip")
	for _, other := range []struct{ encoding, tag string }{
		{"gzip", plain.header.Get("ETag")}, {"identity", compressed.header.Get("ETag")},
	} {
		a := c.do(t, "GET", "/", "", "Accept-Encoding: "+other.encoding, "If-None-Match: "+other.tag)
		a.wantStatus(t, http.StatusOK)
	}
	same := c.do(t, "GET", "/", "", "Accept-Encoding: gzip", "If-None-Match: *")
	same.wantStatus(t, http.StatusNotModified)
	same.wantHeader(t, "ETag", compressed.header.Get("ETag"))
	same.wantHeader(t, "Vary", "Accept-Encoding")
	if encoding := same.header.Values("Content-Encoding"); encoding != nil {
		t.Errorf("%s: Content-Encoding of the 304: got %q, want none", same.what(), encoding)
	}
	for _, path := range []string{"/manifest.webmanifest", "/openapi.json", "/link", "/nothing"} {
		a := c.do(t, "GET", path, "", "Accept-Encoding: gzip")
		if encoding := a.header.Values("Content-Encoding"); encoding != nil {
			t.Errorf("%s: Content-Encoding: got %q, want none", a.what(), encoding)
		}
	}
}

func homeManifest(t *testing.T, c *client) {
	a := c.do(t, "GET", "/manifest.webmanifest", "")
	a.wantStatus(t, http.StatusOK)
	a.wantHeader(t, "Content-Type", "application/manifest+json")
	var manifest struct {
		Start string `json:"start_url"`
	}
	// A relative reference is correct under any base path.
	if err := json.Unmarshal([]byte(a.body), &manifest); err != nil || manifest.Start != "./" {
		t.Errorf("start_url: got %q, %v, want ./", manifest.Start, err)
	}
	c.wantConditional(t, "/manifest.webmanifest")
}

func homeDescription(t *testing.T, c *client) {
	a := c.do(t, "GET", "/openapi.json", "")
	a.wantStatus(t, http.StatusOK)
	a.wantHeader(t, "Content-Type", "application/json")
	var document struct {
		OpenAPI string `json:"openapi"`
	}
	if err := json.Unmarshal([]byte(a.body), &document); err != nil || !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Errorf("openapi: got %q, %v, want 3.1", document.OpenAPI, err)
	}
	c.wantConditional(t, "/openapi.json")
}

func homeHealth(t *testing.T, c *client) {
	for _, path := range []string{"/healthz", "/readyz"} {
		a := c.do(t, "GET", path, "")
		a.wantStatus(t, http.StatusOK)
		a.wantHeader(t, "Content-Type", "application/json")
		a.wantBody(t, `{"status":"ok"}`)
	}
}
