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

// smoke runs scripts/smoke and returns what it prints, and whether it ends with 0.
func smoke(t *testing.T, url, token string) (text string, holds bool) {
	t.Helper()
	script, err := filepath.Abs("../../scripts/smoke")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script, url)
	cmd.Env = append(cmd.Environ(), "TOKEN="+token)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out), err == nil
}

func TestSmokeSaysInOneLineWhatHolds(t *testing.T) {
	t.Parallel()
	token, setting := newToken(t, "phone", "")
	for name, c := range map[string]struct {
		env   []string
		token string
		says  string
	}{
		"local mode":                  {nil, "", ": everything, in local mode\n"},
		"no token configured":         {[]string{"LINKS_LOCAL=off"}, "", ": reading and storing, with no token configured; https://www.google.com was stored, and deleting it requires a token\n"},
		"a token":                     {[]string{setting}, token, ": everything, with the token\n"},
		"a token that is not given":   {[]string{setting}, "", ": reading, without a token\n"},
		"private":                     {[]string{setting, "LINKS_PRIVATE=true"}, token, ": everything, with the token\n"},
		"private, and no token given": {[]string{setting, "LINKS_PRIVATE=true"}, "", ": web UI only, because the links are private and TOKEN is not set\n"},
		"one origin":                  {[]string{setting, "LINKS_CORS_ORIGIN=https://a.example"}, token, ": everything, with the token\n"},
	} {
		p := startServer(t, c.env, "-store", "bolt:links.db")
		text, holds := smoke(t, p.url+"/link", c.token)
		if !holds || !strings.HasSuffix(text, c.says) || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: it ends well %v and says %s", name, holds, text)
		}
		if c.token == "" && c.env != nil || slices.Contains(c.env, "LINKS_PRIVATE=true") {
			continue
		}
		if left := list(t, p.url); len(left) > 0 {
			t.Errorf("%s: it leaves %q behind", name, left)
		}
	}
}

func TestSmokeLeavesWhatWasThere(t *testing.T) {
	t.Parallel()
	token, setting := newToken(t, "phone", "")
	p := startServer(t, []string{setting}, "-store", "bolt:links.db")
	do(t, token, "POST", p.url+"/link", `[{"link": "https://www.google.com/?", "title": "other"}, {"link": "http://a.example"}]`)
	do(t, token, "POST", p.url+"/link", `{"link": "https://www.google.com", "title": "mine", "added": "2001-01-01T00:00:00Z"}`)
	_, before := do(t, "", "GET", p.url+"/link?added=true", "")
	for range 2 {
		if text, holds := smoke(t, p.url+"/link", token); !holds {
			t.Error(text)
		}
	}
	_, after := do(t, "", "GET", p.url+"/link?added=true", "")
	if _, before, _ = strings.Cut(before, "["); !strings.HasSuffix(after, "["+before) {
		t.Errorf("before %s, after %s", before, after)
	}
}

func TestSmokeSaysWhatDiffers(t *testing.T) {
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
	for name, c := range map[string]struct{ url, token, says string }{
		"a token that is wrong":        {p.url, "wrong", "got 401, want 404"},
		"a token that is not required": {open.url, token, "got 403, want 401"},
		"a service that always fails":  {failing.URL, "", "got 500"},
	} {
		t.Run(name, func(t *testing.T) {
			text, holds := smoke(t, c.url+"/link", c.token)
			var differ, of int
			_, err := fmt.Sscanf(text[strings.LastIndex("\n"+text, "\nsmoke: "):], "smoke: %d of %d checks failed", &differ, &of)
			if holds || !strings.Contains(text, c.says) || err != nil || differ < 1 || differ > of {
				t.Errorf("it ends well %v and says %s", holds, text)
			}
		})
	}
	target, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	service := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	for name, c := range map[string]struct {
		changes func(w http.ResponseWriter, r *http.Request) bool // answers in place of the service
		says    string
	}{
		"an ETag that changes nothing": {func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("If-None-Match"); return false }, "got 200, want 304"},
		"a DELETE that does nothing": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "DELETE" && r.Header.Get("Authorization") != "" && !strings.Contains(r.URL.Path, "ffffffff") {
				w.WriteHeader(http.StatusNoContent)
				return true
			}
			return false
		}, "got 200"},
		"a 404 of another": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/nothing" {
				http.NotFound(w, r)
			}
			return r.URL.Path == "/nothing"
		}, "/nothing: got 404 without"},
	} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !c.changes(w, r) {
				service.ServeHTTP(w, r)
			}
		}))
		if text, holds := smoke(t, proxy.URL+"/link", token); holds || !strings.Contains(text, c.says) || !strings.Contains(text, "checks failed at") {
			t.Errorf("%s: it ends well %v and says %s", name, holds, text)
		}
		proxy.Close()
	}
}

func TestSmokeWorksBelowAStage(t *testing.T) {
	t.Parallel()
	token, setting := newToken(t, "phone", "")
	p := startServer(t, []string{setting}, "-store", "bolt:links.db")
	target, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	stage := httptest.NewServer(http.StripPrefix("/prod", httputil.NewSingleHostReverseProxy(target)))
	defer stage.Close()
	if text, holds := smoke(t, stage.URL+"/prod/link", token); !holds {
		t.Error(text)
	}
}
