// Package apitest is the conformance suite of the API: the wire contract as tables
// of cases. It accesses a service only by its base URL and an *http.Client, so it
// requires the same bytes of a server and of every gateway. It also checks every
// response against the API's own description.
package apitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"links/internal/api/apitest/openapitest"
	"links/internal/store"
	"links/internal/token"
)

// Service is the configuration of the empty service that a case requires. The zero
// value is the default configuration.
type Service struct {
	TokenSHA256 string // in the format of LINKS_TOKEN_SHA256
	Private     bool
	Local       bool // for RunLocal
	CORSOrigin  string
	Rate        int // requests per second of each client, for RunRateLimit; 0 means no limit
	// Timeout is how long the store may take. If it is zero, the service decides.
	Timeout time.Duration
	// Wrap, if not nil, wraps the store, to inject faults.
	Wrap func(store.Store) store.Store
}

// Tokens returns the tokens of TokenSHA256.
func (s Service) Tokens() []token.Token {
	if s.TokenSHA256 == "" {
		return nil
	}
	tokens, err := token.Parse(s.TokenSHA256)
	if err != nil {
		panic(err)
	}
	return tokens
}

// allowedOrigin returns the values of Access-Control-Allow-Origin in every response.
func (s Service) allowedOrigin() []string {
	switch {
	case s.CORSOrigin != "":
		return []string{s.CORSOrigin}
	case s.Local:
		return nil
	default:
		return []string{"*"}
	}
}

// A Start function starts a service that ends with the test. It returns the base
// URL, without a trailing slash, and a client for it.
type Start func(t *testing.T, s Service) (base string, client *http.Client)

// Run runs the cases that every server and gateway must pass.
func Run(t *testing.T, start Start) {
	for _, table := range [][]testCase{
		postCases, titleCases, tagCases, noteCases, dateCases, listCases, searchCases, lookUpCases,
		conditionalCases, oneCases, patchCases, methodCases, authCases, originCases, homeCases,
	} {
		runTable(t, start, table)
	}
}

// RunLarge runs the cases that require a gateway to accept bodies of 1 MiB. An ALB
// accepts at most 1 MB.
func RunLarge(t *testing.T, start Start) { runTable(t, start, largeCases) }

// RunRepeats runs the cases that require a gateway to forward all values of a
// repeated parameter or header.
func RunRepeats(t *testing.T, start Start) { runTable(t, start, repeatCases) }

// RunCompression runs the cases that require a gateway to forward Accept-Encoding and
// to return binary bodies.
func RunCompression(t *testing.T, start Start) { runTable(t, start, compressionCases) }

// RunFaults runs the cases in which the store fails. They require Service.Wrap and
// Service.Timeout.
func RunFaults(t *testing.T, start Start) { runTable(t, start, faultCases) }

// RunLocal runs the cases of local mode, and again the cases that do not depend on
// it, in local mode. It requires a plain HTTP server.
func RunLocal(t *testing.T, start Start) {
	runTable(t, start, localCases)
	for _, table := range [][]testCase{
		postCases, titleCases, tagCases, noteCases, dateCases, listCases, searchCases, lookUpCases,
		conditionalCases, oneCases, patchCases, methodCases, homeCases,
	} {
		table = slices.Clone(table)
		for i := range table {
			table[i].name = "in local mode, " + table[i].name
			table[i].service.Local, table[i].service.TokenSHA256 = true, ""
		}
		runTable(t, start, table)
	}
}

// RunRateLimit runs the cases that require Service.Rate.
func RunRateLimit(t *testing.T, start Start) { runTable(t, start, rateLimitCases) }

// RunServer runs the cases of a plain HTTP server only: Content-Length and
// truncated bodies.
func RunServer(t *testing.T, start Start) { runTable(t, start, serverCases) }

type testCase struct {
	name    string
	service Service
	run     func(t *testing.T, c *client)
}

func runTable(t *testing.T, start Start, table []testCase) {
	for _, tc := range table {
		t.Run(tc.name, func(t *testing.T) {
			base, httpClient := start(t, tc.service)
			withoutRedirects := *httpClient
			withoutRedirects.Timeout = 2 * time.Minute // a service that hangs fails only its case
			withoutRedirects.Transport = openapitest.Transport(t, base, httpClient.Transport)
			withoutRedirects.CheckRedirect = func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			}
			tc.run(t, &client{base: base, http: &withoutRedirects, origin: tc.service.allowedOrigin()})
		})
	}
}

// client sends requests to one service.
type client struct {
	base   string
	http   *http.Client
	origin []string // the values of Access-Control-Allow-Origin of every response
}

// do sends a request to a path below the base URL, with headers of the form
// "Name: value". It checks what the contract requires of every response.
func (c *client) do(t *testing.T, method, path, body string, headers ...string) response {
	t.Helper()
	return c.doURL(t, method, c.base+path, body, headers...)
}

func (c *client) doURL(t *testing.T, method, url, body string, headers ...string) response {
	t.Helper()
	a, err := c.try(method, url, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	a.checkCommon(t, c.origin)
	return a
}

// try sends a request like do, without checks. It may be called from any goroutine.
func (c *client) try(method, url, body string, headers ...string) (response, error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequest(method, url, reader)
	if err != nil {
		return response{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			request.Host = value
		} else {
			request.Header.Add(name, value)
		}
	}
	if request.Header["Accept-Encoding"] == nil {
		request.Header.Set("Accept-Encoding", "identity") // otherwise net/http asks for gzip and decompresses
	}
	got, err := c.http.Do(request)
	if err != nil {
		return response{}, err
	}
	defer got.Body.Close()
	read, err := io.ReadAll(got.Body)
	return response{request, got.StatusCode, got.Header, got.ContentLength, string(read)}, err
}

// follow sends a GET for a reference in the response from.
func (c *client) follow(t *testing.T, from response, reference string, headers ...string) response {
	t.Helper()
	url, err := from.request.URL.Parse(reference)
	if err != nil {
		t.Fatal(err)
	}
	return c.doURL(t, "GET", url.String(), "", headers...)
}

// post stores links, newest first.
func (c *client) post(t *testing.T, links ...string) {
	t.Helper()
	a := c.do(t, "POST", "/link", arrayBody(links...), authorized)
	a.wantStatus(t, http.StatusOK)
}

// deleteLink deletes a link that exists. A service that retried its call of the
// store may respond 404, although the first call deleted the link. deleteLink
// reports whether the status is 204.
func (c *client) deleteLink(t *testing.T, id string, headers ...string) (is204 bool) {
	t.Helper()
	c.do(t, "GET", "/link/"+id, "", authorized).wantStatus(t, http.StatusOK)
	a := c.do(t, "DELETE", "/link/"+id, "", headers...)
	if a.status != http.StatusNotFound {
		a.wantStatus(t, http.StatusNoContent)
	}
	c.do(t, "GET", "/link/"+id, "", authorized).wantStatus(t, http.StatusNotFound)
	return a.status == http.StatusNoContent
}

// bearerToken is the token of the cases that configure one. authorized sends it, and
// has no effect in the other cases.
const (
	bearerToken = "correct horse battery staple"
	tokenSHA256 = "c4bbcb1fbec99d65bf59d85c8cb62ee2db963f0fe106f483d9afa73bd4e39a8a"
	authorized  = "Authorization: Bearer " + bearerToken
)

var withToken = Service{TokenSHA256: tokenSHA256}

// objectBody and arrayBody return bodies of POST /link.
func objectBody(link string) string {
	return string(mustMarshal(map[string]string{"link": link}))
}

func arrayBody(links ...string) string {
	objects := make([]map[string]string, len(links))
	for i, link := range links {
		objects[i] = map[string]string{"link": link}
	}
	return string(mustMarshal(objects))
}

func mustMarshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// numbered returns n different links, numbered starting with from.
func numbered(from, n int) []string {
	links := make([]string, n)
	for i := range links {
		links[i] = fmt.Sprintf("https://example.com/%d", from+i)
	}
	return links
}
