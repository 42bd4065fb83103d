package systemtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// smoke runs scripts/smoke. It returns the output, and whether the exit status
// is 0.
func smoke(t *testing.T, url, token string) (output string, ok bool) {
	t.Helper()
	script, err := filepath.Abs("../../scripts/smoke")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script, url)
	cmd.Env = append(cmd.Environ(), "TOKEN="+token)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("scripts/smoke: got %v, %s, want exit status 0 or 1", err, out)
	}
	return string(out), err == nil
}

func TestSmoke_PrintsResult(t *testing.T) {
	t.Parallel()
	token, setting := newToken(t, "phone", "")
	for name, c := range map[string]struct {
		env   []string
		token string
		want  string
	}{
		"local mode": {nil, "", ": everything, in local mode\n"},
		"no token configured": {[]string{"LINKS_LOCAL=off"}, "",
			": reading and storing, with no token configured; https://www.google.com was stored, " +
				"and deleting it requires a token\n"},
		"a token":                    {[]string{setting}, token, ": everything, with the token\n"},
		"a token, but not for smoke": {[]string{setting}, "", ": reading, without a token\n"},
		"private": {[]string{setting, "LINKS_PRIVATE=true"}, token,
			": everything, with the token\n"},
		"private, no token for smoke": {[]string{setting, "LINKS_PRIVATE=true"}, "",
			": web UI only, because the links are private and TOKEN is not set\n"},
		"one origin": {[]string{setting, "LINKS_CORS_ORIGIN=https://a.example"}, token,
			": everything, with the token\n"},
	} {
		p := startServer(t, c.env, "-store", "bolt:links.db")
		output, ok := smoke(t, p.url+"/link", c.token)
		if !ok || !strings.HasSuffix(output, c.want) || strings.Count(output, "\n") != 1 {
			t.Errorf("%s: scripts/smoke: got %v, %s, want %q", name, ok, output, c.want)
		}
		if c.token == "" && c.env != nil || slices.Contains(c.env, "LINKS_PRIVATE=true") {
			continue
		}
		if left := list(t, p.url); len(left) > 0 {
			t.Errorf("%s: list after scripts/smoke: got %q, want none", name, left)
		}
	}
}

func TestSmoke_PreservesLinks(t *testing.T) {
	t.Parallel()
	token, setting := newToken(t, "phone", "")
	p := startServer(t, []string{setting}, "-store", "bolt:links.db")
	do(t, token, "POST", p.url+"/link",
		`[{"link": "https://www.google.com/?", "title": "other"}, {"link": "http://a.example"}]`)
	do(t, token, "POST", p.url+"/link",
		`{"link": "https://www.google.com", "title": "mine", "added": "2001-01-01T00:00:00Z"}`)
	_, before := do(t, "", "GET", p.url+"/link?added=true", "")
	for range 2 {
		if output, ok := smoke(t, p.url+"/link", token); !ok {
			t.Errorf("scripts/smoke: got %s, want exit status 0", output)
		}
	}
	_, after := do(t, "", "GET", p.url+"/link?added=true", "")
	if _, before, _ = strings.Cut(before, "["); !strings.HasSuffix(after, "["+before) {
		t.Errorf("list after scripts/smoke: got %s, want %s", after, before)
	}
}

func TestSmoke_ReportsDifferences(t *testing.T) {
	t.Parallel()
	token, setting := newToken(t, "phone", "")
	p := startServer(t, []string{setting}, "-store", "bolt:links.db")
	open := startServer(t, []string{"LINKS_LOCAL=off"}, "-store", "bolt:open.db")
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" { // which smoke waits for
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer failing.Close()
	for name, c := range map[string]struct{ url, token, want string }{
		"a wrong token":                {p.url, "wrong", "got 401, want 404"},
		"a token that is not required": {open.url, token, "got 403, want 401"},
		"a service that always fails":  {failing.URL, "", "got 500"},
	} {
		t.Run(name, func(t *testing.T) {
			output, ok := smoke(t, c.url+"/link", c.token)
			var differ, of int
			_, err := fmt.Sscanf(output[strings.LastIndex("\n"+output, "\nsmoke: "):],
				"smoke: %d of %d checks failed", &differ, &of)
			if ok || !strings.Contains(output, c.want) || err != nil || differ < 1 || differ > of {
				t.Errorf("scripts/smoke: got %v, %s, want %q and the number of differences", ok, output, c.want)
			}
		})
	}
	target, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	service := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	for name, c := range map[string]struct {
		intercept func(w http.ResponseWriter, r *http.Request) bool // reports whether it responded
		want      string
	}{
		"an ETag without effect": {func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("If-None-Match")
			return false
		}, "got 200, want 304"},
		"a gateway that passes only the last tag": {func(_ http.ResponseWriter, r *http.Request) bool {
			if query := r.URL.Query(); len(query["tag"]) > 1 {
				query.Set("tag", query["tag"][1])
				r.URL.RawQuery = query.Encode()
			}
			return false
		}, "tag=other&tag=smoke"},
		"a DELETE without effect": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "DELETE" && r.Header.Get("Authorization") != "" &&
				!strings.Contains(r.URL.Path, "ffffffff") {
				w.WriteHeader(http.StatusNoContent)
				return true
			}
			return false
		}, "got 200"},
		"a 404 of another service": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/nothing" {
				http.NotFound(w, r)
			}
			return r.URL.Path == "/nothing"
		}, "/nothing: got 404 without"},
	} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !c.intercept(w, r) {
				service.ServeHTTP(w, r)
			}
		}))
		output, ok := smoke(t, proxy.URL+"/link", token)
		if ok || !strings.Contains(output, c.want) || !strings.Contains(output, "checks failed at") {
			t.Errorf("%s: scripts/smoke: got %v, %s, want %q", name, ok, output, c.want)
		}
		proxy.Close()
	}
}

func TestSmoke_BasePath(t *testing.T) {
	t.Parallel()
	token, setting := newToken(t, "phone", "")
	p := startServer(t, []string{setting}, "-store", "bolt:links.db")
	target, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	stage := httptest.NewServer(http.StripPrefix("/prod", httputil.NewSingleHostReverseProxy(target)))
	defer stage.Close()
	if output, ok := smoke(t, stage.URL+"/prod/link", token); !ok {
		t.Errorf("scripts/smoke: got %s, want exit status 0", output)
	}
}
