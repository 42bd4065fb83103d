package systemtest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"links/internal/link"
	"links/internal/store/dynamostore/dynamotest"
)

// faultyEngine stands before DynamoDB Local and lets one request in ten fail.
type faultyEngine struct {
	url   string
	fails atomic.Bool

	throttled, reset, stalled, lost atomic.Int64
}

func newFaultyEngine(t *testing.T) *faultyEngine {
	t.Helper()
	engine, err := url.Parse(dynamotest.Endpoint(t))
	if err != nil {
		t.Fatal(err)
	}
	e := &faultyEngine{}
	proxy := httputil.NewSingleHostReverseProxy(engine)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !e.fails.Load() || rand.IntN(10) > 0 {
			proxy.ServeHTTP(w, r)
			return
		}
		switch rand.IntN(4) {
		case 0:
			e.throttled.Add(1)
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}`)
		case 1:
			e.reset.Add(1)
			panic(http.ErrAbortHandler)
		case 2:
			e.stalled.Add(1)
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
			proxy.ServeHTTP(w, r)
		case 3: // done, and the answer does not arrive
			e.lost.Add(1)
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

func (e *faultyEngine) counts() string {
	return fmt.Sprintf("%d throttled, %d reset, %d stalled, %d answers lost", e.throttled.Load(), e.reset.Load(), e.stalled.Load(), e.lost.Load())
}

func idOf(t *testing.T, address string) string {
	t.Helper()
	l, err := link.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return l.ID.String()
}
