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
	{"a client over the rate limit gets 429 with Retry-After, and is served again later", Service{Rate: 1}, rateLimit},
	{"the health paths have no rate limit", Service{Rate: 5}, rateLimitAndHealth},
}

var serverCases = []testCase{
	{"an answer with a body has Content-Length, HEAD the one of GET", withToken, contentLength},
	{"a body that ends before its Content-Length is 400 and stores nothing", Service{}, shortBody},
}

func rateLimit(t *testing.T, c *client) {
	// Each request comes from a port of its own, and is one of the same client's all the same.
	const newConnection = "Connection: close"
	var refused *answer
	for range 50 {
		if a := c.do(t, "GET", "/link", "", newConnection); a.status != http.StatusOK {
			refused = &a
			break
		}
	}
	if refused == nil {
		t.Fatal("50 requests in sequence pass a limit of 1 a second")
	}
	refused.wantError(t, http.StatusTooManyRequests, "retry in a second")
	refused.wantHeader(t, "Retry-After", "1")
	deadline := time.Now().Add(time.Minute)
	for c.do(t, "GET", "/link", "").status != http.StatusOK {
		if time.Now().After(deadline) {
			t.Fatal("still refused after a minute")
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
	c.do(t, "GET", "/link", "").wantStatus(t, http.StatusOK) // health checks do not use up what the others may
}

func contentLength(t *testing.T, c *client) {
	c.post(t, numbered(0, 500)...)
	c.post(t, "https://www.google.com")
	for _, path := range []string{
		"/", "/openapi.json", "/healthz", "/readyz", "/link", "/link?limit=1", "/link?added=true", "/link?link=https://www.google.com", "/link/" + googleID,
		"/link?limit=0", "/link/x", "/link/00000000-0000-0000-0000-000000000000", "/nothing",
	} {
		get, head := c.do(t, "GET", path, ""), c.do(t, "HEAD", path, "")
		if get.length != int64(len(get.body)) || head.length != get.length {
			t.Errorf("%s: Content-Length is %d, that of HEAD %d, and the body has %d bytes", get.what(), get.length, head.length, len(get.body))
		}
	}
	for _, a := range []answer{
		c.do(t, "POST", "/link", objectBody("https://www.google.com"), authorized), c.do(t, "POST", "/link", arrayBody(numbered(0, 500)...), authorized),
		c.do(t, "POST", "/link", ""), c.do(t, "POST", "/link", "nonsense", authorized), c.do(t, "PUT", "/link", ""), c.patch(t, googleID, `{"title":"Google"}`),
	} {
		if a.length != int64(len(a.body)) {
			t.Errorf("%s: Content-Length is %d and the body has %d bytes", a.what(), a.length, len(a.body))
		}
	}
	for _, a := range []answer{c.do(t, "GET", "/link", "", "If-None-Match: *"), c.do(t, "DELETE", "/link/"+googleID, "", authorized)} {
		if length, ok := a.header["Content-Length"]; ok {
			t.Errorf("%s: Content-Length is %q, though there is no body", a.what(), length)
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
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusBadRequest || !strings.Contains(string(read), "is truncated") {
		t.Errorf("status %d, %v, %s; want 400", response.StatusCode, err, read)
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
}
