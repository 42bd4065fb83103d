// Package openapitest compares the responses of a service with openapi.json, the
// API's own description.
package openapitest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Transport sends requests through next and fails the test for each response
// whose status, headers or body differ from openapi.json. If next is nil,
// http.DefaultTransport is used. base is the URL of the service; a trailing slash
// is ignored.
//
// The body of a request is compared only if the request succeeds: a test may send
// anything, but what the service accepts must be described.
func Transport(t testing.TB, base string, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	d, err := load()
	if err != nil {
		t.Fatal(err)
	}
	root, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{t, d, strings.TrimSuffix(root.Path, "/"), next}
}

type transport struct {
	t        testing.TB
	document *document
	basePath string // of the service, without a trailing slash
	next     http.RoundTripper
}

func (tr *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	got, err := tr.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(got.Body)
	_ = got.Body.Close() // it was read completely, so this cannot fail
	if err != nil {
		return nil, fmt.Errorf("read the response: %w", err)
	}
	got.Body = io.NopCloser(bytes.NewReader(body))
	for _, problem := range tr.problems(request, got, body) {
		tr.t.Errorf("%s %.200s: response %d differs from openapi.json: %s",
			request.Method, request.URL.RequestURI(), got.StatusCode, problem)
	}
	return got, nil
}

// problems describes how a request and its response differ from openapi.json.
func (tr *transport) problems(request *http.Request, got *http.Response, body []byte) []string {
	if got.StatusCode == http.StatusBadRequest && got.Header.Get("X-Request-Id") == "" {
		return nil // a gateway or net/http rejected the request, so it did not reach the service
	}
	o := tr.document.operation(request.Method, strings.TrimPrefix(request.URL.Path, tr.basePath))
	want, ok := o.responses[got.StatusCode]
	if !ok {
		return []string{fmt.Sprintf("unexpected status; body %.300q", body)}
	}
	problems := want.headerProblems(got.Header)
	if problem := want.bodyProblem(request.Method, got.Header.Get("Content-Type"), body); problem != "" {
		problems = append(problems, problem)
	}
	if o.body != nil && got.StatusCode < 300 && request.GetBody != nil {
		if problem := requestProblem(o, request); problem != "" {
			problems = append(problems, problem)
		}
	}
	return problems
}

func requestProblem(o operation, request *http.Request) string {
	sent, err := request.GetBody()
	if err != nil {
		return err.Error()
	}
	defer sent.Close()
	body, err := io.ReadAll(sent)
	if err != nil {
		return err.Error()
	}
	if problem := jsonProblem(o.body, body); problem != "" {
		return "the service accepted a request body that differs: " + problem
	}
	return ""
}
