package dynamotest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A Fault may respond to a request in place of the DynamoDB-compatible server.
// It then returns true. It may read the body of the request.
type Fault = func(w http.ResponseWriter, r *http.Request, operation string) bool

// A Proxy forwards requests to the DynamoDB-compatible server, counts them and
// injects faults. Its functions may be nil. Set them before the requests that
// they apply to.
type Proxy struct {
	*httptest.Server

	// Fault is called for each request. If it returns true, the request is not
	// forwarded.
	Fault Fault

	// Change returns the body to send in place of the server's response.
	Change func(operation string, response []byte) []byte

	// Responded is called after the server has responded, before the client
	// receives the response. If it panics, the client receives none.
	Responded func(operation string)

	// ConnClosed is called when a connection is closed.
	ConnClosed func()

	// CountUnits makes the server report the consumed capacity, for Count.
	CountUnits bool

	target string
	mu     sync.Mutex
	calls  map[string]int
	units  map[string]float64
	dials  int
}

// NewProxy returns a Proxy that start starts, such as (*httptest.Server).Start.
// The Cleanup of the test closes it.
func NewProxy(t testing.TB, start func(*httptest.Server)) *Proxy {
	t.Helper()
	p := &Proxy{target: Endpoint(t), calls: map[string]int{}, units: map[string]float64{}}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch {
		case state == http.StateNew:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.dials++
		case state == http.StateClosed && p.ConnClosed != nil:
			p.ConnClosed()
		}
	}
	start(p.Server)
	t.Cleanup(p.Close)
	return p
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client closed the connection
	}
	p.mu.Lock()
	p.calls[operation]++
	p.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	if p.Fault != nil && p.Fault(w, r, operation) {
		return
	}
	response, text, err := p.forward(r, operation, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	p.count(operation, text)
	if p.Change != nil {
		text = p.Change(operation, text)
		response.Header.Del("Content-Length")
		response.Header.Del("X-Amz-Crc32")
	}
	if p.Responded != nil {
		p.Responded(operation)
	}
	maps.Copy(w.Header(), response.Header)
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(text) // an error means that the client closed the connection
}

// forward sends the request to the server and returns the response and its
// body. It waits for the response even if the client closes the connection, so
// that a test knows what was written.
func (p *Proxy) forward(r *http.Request, operation string, body []byte) (*http.Response, []byte, error) {
	reporting := []string{"Query", "Scan", "GetItem", "UpdateItem", "DeleteItem"}
	if p.CountUnits && slices.Contains(reporting, operation) {
		body = append(bytes.TrimSuffix(body, []byte("}")), `,"ReturnConsumedCapacity":"TOTAL"}`...)
	}
	ctx := context.WithoutCancel(r.Context())
	request, err := http.NewRequestWithContext(ctx, r.Method, p.target, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header = r.Header.Clone()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, text, err
}

// count adds the capacity that a response reports.
func (p *Proxy) count(operation string, response []byte) {
	var consumed struct {
		ConsumedCapacity struct{ CapacityUnits float64 }
	}
	_ = json.Unmarshal(response, &consumed) // other responses contain none
	p.mu.Lock()
	defer p.mu.Unlock()
	p.units[operation] += consumed.ConsumedCapacity.CapacityUnits
}

// Reset sets all counts to zero.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.calls)
	clear(p.units)
	p.dials = 0
}

// Count returns the number of requests for the operation and, if CountUnits is
// true, the capacity units that they consumed.
func (p *Proxy) Count(operation string) (calls int, units float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[operation], p.units[operation]
}

// Dials returns the number of connections opened.
func (p *Proxy) Dials() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials
}

// WriteEmpty writes a successful response without an item and returns true.
func WriteEmpty(w http.ResponseWriter) bool {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = io.WriteString(w, "{}")
	return true
}

// WriteError writes an error response of DynamoDB, such as a
// ThrottlingException, and returns true.
func WriteError(w http.ResponseWriter, status int, exception string) bool {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"injected fault"}`, exception)
	return true
}
