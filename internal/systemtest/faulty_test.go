package systemtest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"links/internal/link"
	"links/internal/store/dynamostore/dynamotest"
)

// faultyDynamoDB is a proxy of DynamoDB Local that injects a fault into about
// one of ten requests.
type faultyDynamoDB struct {
	url     string
	enabled atomic.Bool // injects faults

	throttled, reset, delayed, lost atomic.Int64
}

func newFaultyDynamoDB(t *testing.T) *faultyDynamoDB {
	t.Helper()
	f := &faultyDynamoDB{}
	proxy := dynamotest.NewProxy(t, func(*httptest.Server) {}) // started below, once its functions are set
	proxy.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		if !f.enabled.Load() {
			return false
		}
		switch rand.IntN(40) {
		case 0:
			f.throttled.Add(1)
			return dynamotest.WriteError(w, http.StatusBadRequest, "ThrottlingException")
		case 1:
			f.reset.Add(1)
			panic(http.ErrAbortHandler)
		case 2:
			f.delayed.Add(1)
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		}
		return false
	}
	proxy.Responded = func(string) {
		if f.enabled.Load() && rand.IntN(40) == 0 {
			f.lost.Add(1)
			panic(http.ErrAbortHandler)
		}
	}
	proxy.Start()
	f.url = proxy.URL
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
