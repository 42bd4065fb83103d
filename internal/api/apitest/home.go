package apitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

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
		t.Errorf("Content-Security-Policy: got %q", policy)
	}
	c.wantConditional(t, "/")
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
		t.Errorf("start_url: got %q, %v", manifest.Start, err)
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
		t.Errorf("openapi: got %q, %v", document.OpenAPI, err)
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
