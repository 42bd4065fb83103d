package systemtest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
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

	mu      sync.Mutex
	retries map[string]int // of writes, by the ID of the link
}

func newFaultyDynamoDB(t *testing.T) *faultyDynamoDB {
	t.Helper()
	f := &faultyDynamoDB{retries: map[string]int{}}
	proxy := dynamotest.NewProxy(t, func(*httptest.Server) {}) // started below, once its functions are set
	proxy.Fault = func(w http.ResponseWriter, r *http.Request, operation string) bool {
		if operation == "UpdateItem" || operation == "DeleteItem" {
			f.countRetry(r)
		}
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

var uuidPattern = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// countRetry counts a write if it is not the first attempt. The AWS SDK numbers
// the attempts in the header Amz-Sdk-Request.
func (f *faultyDynamoDB) countRetry(r *http.Request) {
	if strings.Contains(r.Header.Get("Amz-Sdk-Request"), "attempt=1;") {
		return
	}
	body, _ := io.ReadAll(r.Body) // cannot fail: the proxy has read it
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retries[string(uuidPattern.Find(body))]++
}

// retriesOf returns the number of retried writes of a link.
func (f *faultyDynamoDB) retriesOf(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.retries[id]
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
