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

// faultyDynamoDB is a proxy of DynamoDB Local that injects a fault into one of
// ten requests.
type faultyDynamoDB struct {
	url     string
	enabled atomic.Bool // injects faults

	throttled, reset, delayed, lost atomic.Int64
}

func newFaultyDynamoDB(t *testing.T) *faultyDynamoDB {
	t.Helper()
	target, err := url.Parse(dynamotest.Endpoint(t))
	if err != nil {
		t.Fatal(err)
	}
	f := &faultyDynamoDB{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !f.enabled.Load() || rand.IntN(10) > 0 {
			proxy.ServeHTTP(w, r)
			return
		}
		switch rand.IntN(4) {
		case 0:
			f.throttled.Add(1)
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w,
				`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}`)
		case 1:
			f.reset.Add(1)
			panic(http.ErrAbortHandler)
		case 2:
			f.delayed.Add(1)
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
			proxy.ServeHTTP(w, r)
		case 3: // applied, but the response is lost
			f.lost.Add(1)
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *faultyDynamoDB) counts() string {
	return fmt.Sprintf("%d throttled, %d reset, %d delayed, %d responses lost",
		f.throttled.Load(), f.reset.Load(), f.delayed.Load(), f.lost.Load())
}

func idOf(t *testing.T, url string) string {
	t.Helper()
	l, err := link.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	return l.ID.String()
}
