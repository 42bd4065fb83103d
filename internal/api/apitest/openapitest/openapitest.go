// Package openapitest holds the answers of a service to the API's own description, openapi.json.
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

// Transport sends requests through next, or through http.DefaultTransport when next is nil, and fails the test for each
// answer whose status, headers or body the description does not have. base is the service's URL, with or without a slash
// at the end. A request is held to the description only where it succeeds: whatever the service accepts must be described
// as acceptable, but a test may send anything.
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
	mount    string // the path that the service is mounted at, without a slash at the end
	next     http.RoundTripper
}

func (tr *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := tr.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // it is read
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	for _, problem := range tr.problems(request, response, body) {
		tr.t.Errorf("%s %.200s: the answer %d is not as openapi.json describes: %s", request.Method, request.URL.RequestURI(), response.StatusCode, problem)
	}
	return response, nil
}

// problems tells what of an exchange the description does not have.
func (tr *transport) problems(request *http.Request, response *http.Response, body []byte) []string {
	if response.StatusCode == http.StatusBadRequest && response.Header.Get("X-Request-Id") == "" {
		return nil // a gateway or net/http refused the request by itself: the service never saw it
	}
	o := tr.document.operation(request.Method, strings.TrimPrefix(request.URL.Path, tr.mount))
	want, ok := o.answers[response.StatusCode]
	if !ok {
		return []string{fmt.Sprintf("no such status; body %.300q", body)}
	}
	problems := want.headerProblems(response.Header)
	if problem := want.bodyProblem(request.Method, response.Header.Get("Content-Type"), body); problem != "" {
		problems = append(problems, problem)
	}
	if o.body != nil && response.StatusCode < 300 && request.GetBody != nil {
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
		return "the request succeeds with a body that is not described: " + problem
	}
	return ""
}
