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

// stayIdle sends one request and waits until the server closes the connection.
func stayIdle(c *hostileClient) error {
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return err
	}
	if _, err := http.ReadResponse(bufio.NewReaderSize(c, 1024), nil); err != nil {
		return err
	}
	c.ready()
	_, _ = io.Copy(io.Discard, c)
	return nil
}

// sendPart returns an attack that sends a part of a request and waits until the
// server closes the connection.
func sendPart(part string) func(*hostileClient) error {
	bytes := []byte(part)
	return func(c *hostileClient) error {
		_, _ = c.Write(bytes) // the server may close the connection earlier
		c.ready()
		_, _ = io.Copy(io.Discard, c)
		return nil
	}
}

// stopReading requests the full list and reads only the beginning of the
// response.
func stopReading(c *hostileClient) error {
	// With a small window, unread data stays in the server.
	if err := c.Conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "GET /link HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(c, 1024), nil)
	if err != nil {
		return err
	}
	c.ready()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusServiceUnavailable {
		return fmt.Errorf("GET /link: got status %d, want 200 or 503", response.StatusCode)
	}
	<-c.done
	return nil
}

// sendFull returns an attack that sends a request while it reads the response.
// The response must have one of the statuses. No response is also accepted: the
// server may close the connection of a client that sends too much.
func sendFull(request string, statuses ...int) func(*hostileClient) error {
	bytes := []byte(request)
	return func(c *hostileClient) error {
		c.ready()
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_, _ = c.Write(bytes)
		}()
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
		}
		c.Close()
		<-sent
		if err == nil && !slices.Contains(statuses, response.StatusCode) {
			return fmt.Errorf("%.30q: got status %d, want one of %v", request, response.StatusCode, statuses)
		}
		return nil
	}
}

// sendRepeatedly returns an attack that sends a request over and over on one
// connection. Each response must have the status.
func sendRepeatedly(request string, status int) func(*hostileClient) error {
	return func(c *hostileClient) error {
		responses := bufio.NewReader(c)
		for {
			if _, err := io.WriteString(c, request); err != nil {
				return err
			}
			c.ready()
			response, err := http.ReadResponse(responses, nil)
			if err != nil {
				return err
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				return err
			}
			if response.StatusCode != status {
				return fmt.Errorf("%.30q: got status %d, want %d", request, response.StatusCode, status)
			}
		}
	}
}

// largeArray returns a body of 1,000 links that is as large as the server
// accepts.
func largeArray() string {
	const links, size = 1000, 1 << 20
	var body strings.Builder
	for i := range links {
		fmt.Fprintf(&body, `,{"link":"https://example.com/%d/%s"}`, i, strings.Repeat("x", size/links-50))
	}
	array := "[" + body.String()[1:] + "]"
	return array + strings.Repeat(" ", size-len(array))
}

// withLength returns a request that consists of a header, Content-Length and a
// body.
func withLength(header, body string) string {
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
}
