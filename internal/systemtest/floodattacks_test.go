package systemtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

// stayIdle asks once and then waits for the server to cut the connection.
func stayIdle(c *hostileClient) error {
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return err
	}
	if _, err := http.ReadResponse(bufio.NewReaderSize(c, 1024), nil); err != nil {
		return err
	}
	c.holds()
	_, _ = io.Copy(io.Discard, c)
	return nil
}

// sendPart sends a part of a request and waits for the server to cut the connection.
func sendPart(part string) func(*hostileClient) error {
	bytes := []byte(part)
	return func(c *hostileClient) error {
		_, _ = c.Write(bytes) // the server may have enough before it is all sent
		c.holds()
		_, _ = io.Copy(io.Discard, c)
		return nil
	}
}

// stopReading asks for the whole list and reads how the answer begins.
func stopReading(c *hostileClient) error {
	// With a small window, what is not read stays in the server.
	if err := c.Conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "GET /link HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(c, 1024), nil)
	if err != nil {
		return err
	}
	c.holds()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusServiceUnavailable {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	<-c.over
	return nil
}

// sendWhole sends a request while it reads the answer, which must have one of the statuses where there is one: the server
// may cut the connection of who sends too much.
func sendWhole(request string, statuses ...int) func(*hostileClient) error {
	bytes := []byte(request)
	return func(c *hostileClient) error {
		c.holds()
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_, _ = c.Write(bytes)
		}()
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
		}
		c.Close()
		<-sent
		if err == nil && !slices.Contains(statuses, answer.StatusCode) {
			return fmt.Errorf("status %d, want one of %v", answer.StatusCode, statuses)
		}
		return nil
	}
}

// longArray is a body of 1,000 links that has the most bytes that the server takes.
func longArray() string {
	const links, size = 1000, 1 << 20
	var body strings.Builder
	for i := range links {
		fmt.Fprintf(&body, `,{"link":"https://example.com/%d/%s"}`, i, strings.Repeat("x", size/links-50))
	}
	array := "[" + body.String()[1:] + "]"
	return array + strings.Repeat(" ", size-len(array))
}

// withLength is a request with the body.
func withLength(header, body string) string {
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
}
