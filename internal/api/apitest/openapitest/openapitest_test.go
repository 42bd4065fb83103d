package openapitest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"links/internal/api"
)

func TestTransportFindsWhatIsNotDescribed(t *testing.T) {
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.StripPrefix("/prod", handler))
	defer server.Close()
	for _, tc := range []struct {
		name, method, path string
		spoil              func(*http.Response)
		problem            string // part of what is said; empty: nothing is
	}{
		{"a described answer", "GET", "/healthz", nil, ""},
		{"a described answer at a path with a slash at the end", "GET", "/healthz/", nil, ""},
		{"a described answer to HEAD", "HEAD", "/openapi.json", nil, ""},
		{"a described answer without a body", "OPTIONS", "/link/x", nil, ""},
		{"a described error", "GET", "/link?limit=0", nil, ""},
		{"an unknown path", "GET", "/link/a/b", nil, ""},
		{"an unknown method", "PURGE", "/link", nil, ""},
		{"a refusal of a gateway's own", "GET", "/link?limit=0", remove("X-Request-Id"), ""},
		{"a rate limit without Retry-After", "GET", "/link?limit=0", status(429), "no header Retry-After"},
		{"a rate limit of a health check", "GET", "/healthz", status(429), "no such status"},
		{"a rate limit of OPTIONS of a health check", "OPTIONS", "/healthz", status(429), "no such status"},
		{"a rate limit of another method of a health check", "PUT", "/healthz", status(429), "no such status"},
		{"OPTIONS with the response of GET", "OPTIONS", "/healthz", status(503), "no such status"},
		{"another status", "GET", "/healthz", status(201), "no such status"},
		{"success at an unknown path", "GET", "/nothing", status(200), "no such status"},
		{"success with an unknown method", "PUT", "/link", status(200), "no such status"},
		{"a header too few", "GET", "/healthz", remove("X-Request-Id"), "no header X-Request-Id"},
		{"a header too many", "GET", "/healthz", withHeader("Server", "links"), "a header Server"},
		{"a header with another value", "GET", "/healthz", withHeader("Cache-Control", "no-store"), "header Cache-Control"},
		{"a header that should be a number", "OPTIONS", "/link", withHeader("Access-Control-Max-Age", "a day"), "header Access-Control-Max-Age"},
		{"another Content-Type", "GET", "/healthz", withHeader("Content-Type", "text/plain"), `Content-Type "text/plain"`},
		{"another Content-Type of HEAD", "HEAD", "/healthz", withHeader("Content-Type", "text/plain"), `Content-Type "text/plain"`},
		{"no Content-Type", "GET", "/healthz", remove("Content-Type"), `Content-Type ""`},
		{"another body", "GET", "/healthz", body(`{"status":"well"}`), "value must be 'ok'"},
		{"a body with a field too many", "GET", "/nothing", body(`{"Error":"No.","Reference":"x","Stack":""}`), "'Stack' not allowed"},
		{"a body that is no JSON", "GET", "/healthz", body("ok"), "invalid character"},
		{"a body to HEAD", "HEAD", "/healthz", body(`{"status":"ok"}`), "it has the body"},
		{"a body where none is described", "OPTIONS", "/link", body("{}"), "none is described"},
		{"success of a request that is not described", "POST", "/link", success(`[]`), "the request succeeds"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			heard := &listener{TB: t}
			client := http.Client{Transport: Transport(heard, server.URL+"/prod/", spoiled(tc.spoil))}
			request, err := http.NewRequest(tc.method, server.URL+"/prod"+tc.path, strings.NewReader("nonsense"))
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			said := strings.Join(heard.errors, "\n")
			if tc.problem == "" && said != "" {
				t.Errorf("said %s", said)
			}
			if tc.problem != "" && (!strings.HasPrefix(said, tc.method+" /prod"+tc.path+":") || !strings.Contains(said, tc.problem) || len(heard.errors) > 1) {
				t.Errorf("said %q, want one error that names the request and has %q", heard.errors, tc.problem)
			}
		})
	}
}

// spoiled lets spoil change an answer on its way.
func spoiled(spoil func(*http.Response)) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := http.DefaultTransport.RoundTrip(request)
		if err == nil && spoil != nil {
			spoil(response)
		}
		return response, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func status(code int) func(*http.Response) {
	return func(r *http.Response) { r.StatusCode = code }
}

func withHeader(name, value string) func(*http.Response) {
	return func(r *http.Response) { r.Header.Set(name, value) }
}

func remove(name string) func(*http.Response) {
	return func(r *http.Response) { r.Header.Del(name) }
}

func body(text string) func(*http.Response) {
	return func(r *http.Response) {
		r.Body.Close()
		r.Body = io.NopCloser(strings.NewReader(text))
	}
}

func success(text string) func(*http.Response) {
	return func(r *http.Response) { status(200)(r); body(text)(r) }
}

// listener keeps errors instead of failing the test.
type listener struct {
	testing.TB
	errors []string
}

func (l *listener) Errorf(format string, args ...any) {
	l.errors = append(l.errors, fmt.Sprintf(format, args...))
}
