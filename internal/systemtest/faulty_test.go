package systemtest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
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

	mu       sync.Mutex
	sent     map[string]bool // invocations of the SDK of which an attempt was sent to DynamoDB
	repeated map[string]int  // writes sent to DynamoDB again, by the ID of the link
}

func newFaultyDynamoDB(t *testing.T) *faultyDynamoDB {
	t.Helper()
	f := &faultyDynamoDB{sent: map[string]bool{}, repeated: map[string]int{}}
	proxy := dynamotest.NewProxy(t, func(*httptest.Server) {}) // started below, once its functions are set
	proxy.Fault = func(w http.ResponseWriter, r *http.Request, operation string) bool {
		if f.enabled.Load() {
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
		}
		if operation == "UpdateItem" || operation == "DeleteItem" {
			f.countRepeated(r)
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

// countRepeated counts a write if an earlier attempt of it was sent to DynamoDB too.
// All attempts have the same header Amz-Sdk-Invocation-Id.
func (f *faultyDynamoDB) countRepeated(r *http.Request) {
	body, _ := io.ReadAll(r.Body) // cannot fail: the proxy has read it
	r.Body = io.NopCloser(bytes.NewReader(body))
	invocation := r.Header.Get("Amz-Sdk-Invocation-Id")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sent[invocation] {
		f.repeated[string(uuidPattern.Find(body))]++
	}
	f.sent[invocation] = true
}

// repeatedOf returns how many writes of a link were sent to DynamoDB again.
func (f *faultyDynamoDB) repeatedOf(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.repeated[id]
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
