package apitest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

var rateLimitCases = []testCase{
	{"a client over the rate limit receives 429 with Retry-After, and is served again later",
		Service{Rate: 1}, rateLimit},
	{"health checks have no rate limit", Service{Rate: 5}, rateLimitAndHealth},
}

var serverCases = []testCase{
	{"a response with a body includes Content-Length, and HEAD that of GET", withToken, contentLength},
	{"a truncated body is 400 and stores nothing", Service{}, shortBody},
}

func rateLimit(t *testing.T, c *client) {
	// Requests from different ports count as requests of the same client.
	const newConnection = "Connection: close"
	var rejected *response
	for range 50 {
		if a := c.do(t, "GET", "/link", "", newConnection); a.status != http.StatusOK {
			rejected = &a
			break
		}
	}
	if rejected == nil {
		t.Fatal("50 sequential requests with a limit of 1 per second: got no 429")
	}
	rejected.wantError(t, http.StatusTooManyRequests, "retry in a second")
	rejected.wantHeader(t, "Retry-After", "1")
	deadline := time.Now().Add(time.Minute)
	for c.do(t, "GET", "/link", "").status != http.StatusOK {
		if time.Now().After(deadline) {
			t.Fatal("GET /link a minute later: got 429")
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func rateLimitAndHealth(t *testing.T, c *client) {
	for range 25 {
		for _, path := range []string{"/healthz", "/readyz", "/healthz/", "/%68ealthz"} {
			c.do(t, "GET", path, "").wantStatus(t, http.StatusOK)
		}
	}
	c.do(t, "GET", "/link", "").wantStatus(t, http.StatusOK) // health checks do not count
}

func contentLength(t *testing.T, c *client) {
	c.post(t, numbered(0, 500)...)
	c.post(t, "https://www.google.com")
	for _, path := range []string{
		"/", "/openapi.json", "/healthz", "/readyz", "/link", "/link?limit=1", "/link?added=true",
		"/link?link=https://www.google.com", "/link?q=example", "/link/" + googleID, "/link?limit=0", "/link/x",
		"/link/" + unknownID, "/nothing",
	} {
		get, head := c.do(t, "GET", path, ""), c.do(t, "HEAD", path, "")
		if get.length != int64(len(get.body)) || head.length != get.length {
			t.Errorf("%s: Content-Length: got %d, and %d for HEAD, want %d",
				get.what(), get.length, head.length, len(get.body))
		}
	}
	get := c.do(t, "GET", "/", "", "Accept-Encoding: gzip")
	head := c.do(t, "HEAD", "/", "", "Accept-Encoding: gzip")
	if get.header.Get("Content-Encoding") != "gzip" || get.length != int64(len(get.body)) || head.length != get.length {
		t.Errorf("%s, compressed: Content-Length: got %d, and %d for HEAD, want %d",
			get.what(), get.length, head.length, len(get.body))
	}
	for _, a := range []response{
		c.do(t, "POST", "/link", objectBody("https://www.google.com"), authorized),
		c.do(t, "POST", "/link", arrayBody(numbered(0, 500)...), authorized),
		c.do(t, "POST", "/link", ""), c.do(t, "POST", "/link", "nonsense", authorized), c.do(t, "PUT", "/link", ""),
		c.patch(t, googleID, `{"title":"Google"}`),
	} {
		if a.length != int64(len(a.body)) {
			t.Errorf("%s: Content-Length: got %d, want %d", a.what(), a.length, len(a.body))
		}
	}
	for _, a := range []response{
		c.do(t, "GET", "/link", "", "If-None-Match: *"),
		c.do(t, "DELETE", "/link/"+googleID, "", authorized),
	} {
		if length, ok := a.header["Content-Length"]; ok {
			t.Errorf("%s: Content-Length: got %q, want none without a body", a.what(), length)
		}
	}
}

func shortBody(t *testing.T, c *client) {
	connection, err := net.Dial("tcp", strings.TrimPrefix(c.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	body := objectBody("https://www.google.com")
	fmt.Fprintf(connection, "POST /link HTTP/1.1\r\nHost: links\r\nContent-Length: %d\r\n\r\n%s", len(body)+1, body)
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	read, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusBadRequest || !strings.Contains(string(read), "is truncated") {
		t.Errorf("POST of a truncated body: got status %d, %v, %s; want 400", got.StatusCode, err, read)
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
}
