package dynamostore_test

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

	"links/internal/store/dynamostore/dynamotest"
)

// A proxy stands before DynamoDB Local. It counts what passes, and answers itself where a test wants a fault.
type proxy struct {
	*httptest.Server
	engine string

	// fault may answer a request instead of the engine, and then returns true. Nil lets everything pass.
	fault func(w http.ResponseWriter, r *http.Request, operation string) bool
	// change may change an answer of the engine. Nil leaves it alone.
	change func(operation string, answer []byte) []byte
	// closed is called when a connection is closed. Nil does nothing.
	closed func()
	// after is called when the engine has answered, before the client is told. Nil does nothing.
	after func(operation string)

	mu    sync.Mutex
	calls map[string]int
	units map[string]float64
	dials int
}

// newProxy returns a proxy that the Stores opened from now on use.
func newProxy(t *testing.T, start func(*httptest.Server)) *proxy {
	t.Helper()
	p := &proxy{engine: dynamotest.Endpoint(t), calls: map[string]int{}, units: map[string]float64{}}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch {
		case state == http.StateNew:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.dials++
		case state == http.StateClosed && p.closed != nil:
			p.closed()
		}
	}
	start(p.Server)
	t.Cleanup(p.Close)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", p.URL)
	return p
}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	p.mu.Lock()
	p.calls[operation]++
	p.mu.Unlock()
	r.Header.Set("X-Test-Body", string(body)) // for fault to look at
	if p.fault != nil && p.fault(w, r, operation) {
		return
	}
	answer, err := p.forward(r, operation, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if p.after != nil {
		p.after(operation)
	}
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

// forward asks the engine, for the consumed capacity too, and returns an answer with its body in memory. It waits for the
// answer when the client has gone too, so that a test knows what was written.
func (p *proxy) forward(r *http.Request, operation string, body []byte) (*http.Response, error) {
	if slices.Contains([]string{"Query", "Scan", "GetItem", "UpdateItem", "DeleteItem"}, operation) {
		body = append(bytes.TrimSuffix(body, []byte("}")), `,"ReturnConsumedCapacity":"TOTAL"}`...)
	}
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, p.engine, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	request.Header.Del("X-Test-Body")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	var consumed struct {
		ConsumedCapacity struct{ CapacityUnits float64 }
	}
	if json.Unmarshal(text, &consumed) == nil {
		p.mu.Lock()
		p.units[operation] += consumed.ConsumedCapacity.CapacityUnits
		p.mu.Unlock()
	}
	if p.change != nil {
		text = p.change(operation, text)
		answer.Header.Del("Content-Length")
		answer.Header.Del("X-Amz-Crc32")
	}
	answer.Body = io.NopCloser(bytes.NewReader(text))
	return answer, nil
}

// reset begins a new count.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.calls)
	clear(p.units)
	p.dials = 0
}

func (p *proxy) counted(operation string) (calls int, units float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[operation], p.units[operation]
}

func (p *proxy) dialled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials
}

// answer answers as DynamoDB does, with a body that has no item.
func answer(w http.ResponseWriter) bool {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = io.WriteString(w, "{}")
	return true
}

// refuse answers as DynamoDB does with an error of this kind.
func refuse(w http.ResponseWriter, status int, kind string) bool {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"as the test wants it"}`, kind)
	return true
}
