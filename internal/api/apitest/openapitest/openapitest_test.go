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

func TestTransport_Differences(t *testing.T) {
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.StripPrefix("/prod", handler))
	defer server.Close()
	for _, tc := range []struct {
		name, method, path string
		change             func(*http.Response)
		problem            string // part of the only error; empty: no error
	}{
		{"a described response", "GET", "/healthz", nil, ""},
		{"a described response at a path with a trailing slash", "GET", "/healthz/", nil, ""},
		{"a described response to HEAD", "HEAD", "/openapi.json", nil, ""},
		{"a described response without a body", "OPTIONS", "/link/x", nil, ""},
		{"a described error", "GET", "/link?limit=0", nil, ""},
		{"an unknown path", "GET", "/link/a/b", nil, ""},
		{"an unknown method", "PURGE", "/link", nil, ""},
		{"a response of a gateway", "GET", "/link?limit=0", remove("X-Request-Id"), ""},
		{"a rate limit without Retry-After", "GET", "/link?limit=0", status(429), "missing header Retry-After"},
		{"a rate limit of a health check", "GET", "/healthz", status(429), "unexpected status"},
		{"a rate limit of OPTIONS of a health check", "OPTIONS", "/healthz", status(429), "unexpected status"},
		{"a rate limit of another method of a health check", "PUT", "/healthz", status(429), "unexpected status"},
		{"OPTIONS with the response of GET", "OPTIONS", "/healthz", status(503), "unexpected status"},
		{"another status", "GET", "/healthz", status(201), "unexpected status"},
		{"success at an unknown path", "GET", "/nothing", status(200), "unexpected status"},
		{"success with an unknown method", "PUT", "/link", status(200), "unexpected status"},
		{"a missing header", "GET", "/healthz", remove("X-Request-Id"), "missing header X-Request-Id"},
		{"an unexpected header", "GET", "/healthz", withHeader("Server", "links"), "unexpected header Server"},
		{"an invalid header", "GET", "/healthz", withHeader("Cache-Control", "no-store"), "header Cache-Control"},
		{"a header that is not a number", "OPTIONS", "/link", withHeader("Access-Control-Max-Age", "a day"),
			"header Access-Control-Max-Age"},
		{"another Content-Type", "GET", "/healthz", withHeader("Content-Type", "text/plain"),
			`Content-Type "text/plain"`},
		{"another Content-Type of HEAD", "HEAD", "/healthz", withHeader("Content-Type", "text/plain"),
			`Content-Type "text/plain"`},
		{"no Content-Type", "GET", "/healthz", remove("Content-Type"), `Content-Type ""`},
		{"another body", "GET", "/healthz", body(`{"status":"well"}`), "value must be 'ok'"},
		{"a body with an unexpected member", "GET", "/nothing", body(`{"Error":"No.","Reference":"x","Stack":""}`),
			"'Stack' not allowed"},
		{"a body that is not JSON", "GET", "/healthz", body("ok"), "invalid character"},
		{"a body to HEAD", "HEAD", "/healthz", body(`{"status":"ok"}`), "unexpected body"},
		{"a body instead of none", "OPTIONS", "/link", body("{}"), "want no body"},
		{"success of a request that is not described", "POST", "/link", success(`[]`),
			"accepted a request body that differs"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			recorder := &errorRecorder{TB: t}
			client := http.Client{Transport: Transport(recorder, server.URL+"/prod/", changed(tc.change))}
			request, err := http.NewRequest(tc.method, server.URL+"/prod"+tc.path, strings.NewReader("nonsense"))
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			got := recorder.errors
			if tc.problem == "" {
				if len(got) > 0 {
					t.Errorf("got errors %q, want none", got)
				}
				return
			}
			prefix := tc.method + " /prod" + tc.path + ":"
			if len(got) != 1 || !strings.HasPrefix(got[0], prefix) || !strings.Contains(got[0], tc.problem) {
				t.Errorf("got errors %q, want one that starts with %q and contains %q", got, prefix, tc.problem)
			}
		})
	}
}

// changed returns a transport that applies change to each response. A nil change
// does nothing.
func changed(change func(*http.Response)) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := http.DefaultTransport.RoundTrip(request)
		if err == nil && change != nil {
			change(response)
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

// errorRecorder records errors and does not fail the test.
type errorRecorder struct {
	testing.TB
	errors []string
}

func (r *errorRecorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
