// Package apitest is the wire contract of Links as one table of cases. It knows a base URL and an *http.Client and nothing
// of what is behind them, so it holds every front door to the same bytes. Every answer is held to the API's own
// description too.
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

// Service is what a case asks for: the configuration of an empty service. The zero value is the default configuration.
type Service struct {
	TokenSHA256 string // as LINKS_TOKEN_SHA256 has it
	Private     bool
	Local       bool // needs RunLocal
	CORSOrigin  string
	Rate        int // requests per second of each client, for RunRateLimit; 0 means no limit
	// Timeout is how long the store may take. 0 means the front door's own.
	Timeout time.Duration
	// Wrap puts faults between the handler and its store. nil means none.
	Wrap func(store.Store) store.Store
}

// Tokens are those of TokenSHA256.
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

// Start starts a service that ends with the test and returns its base URL, without a slash at the end, and a client that
// reaches it.
type Start func(t *testing.T, s Service) (base string, client *http.Client)

// Run runs the cases that hold on every front door.
func Run(t *testing.T, start Start) {
	for _, table := range [][]testCase{postCases, titleCases, dateCases, listCases, lookUpCases, conditionalCases, oneCases, patchCases, methodCases, authCases, originCases, homeCases} {
		runTable(t, start, table)
	}
}

// RunLarge runs the cases that need a front door which lets a body of 1 MiB through. An ALB takes 1 MB at most.
func RunLarge(t *testing.T, start Start) { runTable(t, start, largeCases) }

// RunRepeats runs the cases that need a front door which passes on all values of a repeated parameter or header.
func RunRepeats(t *testing.T, start Start) { runTable(t, start, repeatCases) }

// RunFaults runs the cases in which the store fails, which need Service.Wrap and Service.Timeout.
func RunFaults(t *testing.T, start Start) { runTable(t, start, faultCases) }

// RunLocal runs the cases of local mode, and of the others those that do not depend on it. It needs a plain HTTP server.
func RunLocal(t *testing.T, start Start) {
	runTable(t, start, localCases)
	for _, table := range [][]testCase{postCases, titleCases, dateCases, listCases, lookUpCases, conditionalCases, oneCases, patchCases, methodCases, homeCases} {
		table = slices.Clone(table)
		for i := range table {
			table[i].name = "in local mode, " + table[i].name
			table[i].service.Local, table[i].service.TokenSHA256 = true, ""
		}
		runTable(t, start, table)
	}
}

// RunRateLimit runs the cases that need Service.Rate.
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
			withoutRedirects.Timeout = 2 * time.Minute // a service that hangs fails its case, not the whole run
			withoutRedirects.Transport = openapitest.Transport(t, base, httpClient.Transport)
			withoutRedirects.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			tc.run(t, &client{base: base, http: &withoutRedirects, origin: tc.service.allowedOrigin()})
		})
	}
}

// client speaks to one service.
type client struct {
	base   string
	http   *http.Client
	origin []string // the values of Access-Control-Allow-Origin that every response has
}

// do sends a request to a path below the base, its headers as "Name: value", and holds the answer to what the contract
// says of every answer.
func (c *client) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	return c.doURL(t, method, c.base+path, body, headers...)
}

func (c *client) doURL(t *testing.T, method, url, body string, headers ...string) answer {
	t.Helper()
	a, err := c.try(method, url, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	a.checkCommon(t, c.origin)
	return a
}

// try may be called from any goroutine.
func (c *client) try(method, url, body string, headers ...string) (answer, error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequest(method, url, reader)
	if err != nil {
		return answer{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			request.Host = value
		} else {
			request.Header.Add(name, value)
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return answer{request, response.StatusCode, response.Header, response.ContentLength, string(read)}, err
}

// get follows a reference that an answer to a GET gave.
func (c *client) follow(t *testing.T, from answer, reference string, headers ...string) answer {
	t.Helper()
	url, err := from.request.URL.Parse(reference)
	if err != nil {
		t.Fatal(err)
	}
	return c.doURL(t, "GET", url.String(), "", headers...)
}

// post stores links, the first of them the newest.
func (c *client) post(t *testing.T, links ...string) {
	t.Helper()
	a := c.do(t, "POST", "/link", arrayBody(links...), authorized)
	a.wantStatus(t, http.StatusOK)
}

// bearerToken is the token of the cases that have one; authorized sends it, which is harmless in the others.
const (
	bearerToken = "correct horse battery staple"
	tokenSHA256 = "c4bbcb1fbec99d65bf59d85c8cb62ee2db963f0fe106f483d9afa73bd4e39a8a"
	authorized  = "Authorization: Bearer " + bearerToken
)

var withToken = Service{TokenSHA256: tokenSHA256}

// objectBody and arrayBody are bodies of POST /link.
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

// numbered is n different links, the first of them number from.
func numbered(from, n int) []string {
	links := make([]string, n)
	for i := range links {
		links[i] = fmt.Sprintf("https://example.com/%d", from+i)
	}
	return links
}
