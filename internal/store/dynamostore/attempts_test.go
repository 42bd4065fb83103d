package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

func TestRetry_ResponseTimeout(t *testing.T) {
	p := newProxy(t, (*httptest.Server).Start)
	var asked atomic.Int64
	p.Fault = func(w http.ResponseWriter, r *http.Request, operation string) bool {
		return asked.Add(1) == 1 && hang(w, r, operation) || dynamotest.WriteEmpty(w)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := openWithTimeout(t, "any", 0).Put(ctx, storetest.Links(t, 0, 1)...); err != nil {
		t.Errorf("Put: got %v after %d attempts, want another attempt", err, asked.Load())
	}
}

// openWithTimeout opens a Store with another Config.ResponseTimeout.
func openWithTimeout(t *testing.T, table string, timeout time.Duration) *dynamostore.Store {
	t.Helper()
	c := dynamotest.Config(t, table)
	c.ResponseTimeout = timeout
	s, err := dynamostore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestGet_NoResponseUntilDeadline(t *testing.T) {
	p := newProxy(t, (*httptest.Server).Start)
	passes := newDeadline(t)
	p.Fault = passes.after(1, 3, hang)
	_, err := openWithTimeout(t, "any", 200*time.Millisecond).Get(passes, uuid.New())
	if !slices.Equal(sentinels(err), []error{context.DeadlineExceeded}) {
		t.Errorf("Get: got %v, want context.DeadlineExceeded", err)
	}
}

func TestRetry_HandshakeTimeout(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).StartTLS)
	trust(t, p)
	unresponsive := &unresponsiveOnce{Listener: p.Listener}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	go unresponsive.forward(front)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "https://"+front.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := openWithTimeout(t, table, 0).Ready(ctx); err != nil {
		t.Errorf("Ready: got %v, want a second attempt", err)
	}
}

// An unresponsiveOnce never responds on its first connection. It forwards all
// others.
type unresponsiveOnce struct {
	net.Listener
	kept net.Conn
}

func (s *unresponsiveOnce) forward(front net.Listener) {
	for {
		from, err := front.Accept()
		if err != nil {
			return
		}
		if s.kept == nil {
			s.kept = from
			continue
		}
		to, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			from.Close()
			continue
		}
		go func() { _, _ = io.Copy(to, from); to.Close() }()
		go func() { _, _ = io.Copy(from, to); from.Close() }()
	}
}

func TestRetry_TruncatedResponse(t *testing.T) {
	table, all := loaded(t, 1, 3, 60)
	p := newProxy(t, (*httptest.Server).Start)
	var asked atomic.Int64
	p.Fault = func(w http.ResponseWriter, r *http.Request, operation string) bool {
		return asked.Add(1) == 1 && truncateResponse(w, r, operation)
	}
	if got, err := openExisting(t, table).Get(t.Context(), all[0].ID); err != nil || got.URL != all[0].URL {
		t.Errorf("Get: got %v, %v, want %v", got, err, all[0])
	}
}

func TestThrottling_ErrorNamesRemedy(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	for _, c := range []struct{ kind, reason, hint string }{
		{"ProvisionedThroughputExceededException", "IndexWriteKeyRangeThroughputExceeded", "LINKS_LIST_SHARDS"},
		{"ProvisionedThroughputExceededException", "IndexReadKeyRangeThroughputExceeded", "LINKS_LIST_SHARDS"},
		{"RequestLimitExceeded", "IndexWriteKeyRangeThroughputExceeded", "LINKS_LIST_SHARDS"},
		{"ProvisionedThroughputExceededException", "IndexWriteMaxOnDemandThroughputExceeded", "MaxWriteUnits"},
		{"ProvisionedThroughputExceededException", "TableWriteKeyRangeThroughputExceeded", ""},
		{"RequestLimitExceeded", "IndexWriteAccountLimitExceeded", ""},
	} {
		p := newProxy(t, (*httptest.Server).Start)
		passes := newDeadline(t)
		p.Fault = passes.after(1, 2, func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#` + c.kind + `","message":"slow down",
				"ThrottlingReasons":[{"reason":"` + c.reason + `","resource":"arn"}]}`))
			return true
		})
		err := openExisting(t, table).Put(passes, storetest.Links(t, 0, 1)...)
		text := fmt.Sprint(err)
		hinted := strings.Contains(text, "LINKS_LIST_SHARDS") || strings.Contains(text, "MaxWriteUnits")
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), c.hint) || hinted != (c.hint != "") {
			t.Errorf("Put with %s: got %v, want an error that contains %q", c.reason, err, c.hint)
		}
	}
}

func TestThrottling_EndsWithoutDeadline(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	p.Fault = throttle
	t.Setenv("AWS_MAX_ATTEMPTS", "3")
	s := openExisting(t, table)
	p.Reset()
	if err := s.Ready(context.Background()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Ready: got %v, want ErrUnavailable", err)
	}
	if calls, _ := p.Count("GetItem"); calls != 3 {
		t.Errorf("attempts: got %d, want the 3 of AWS_MAX_ATTEMPTS", calls)
	}
}

func TestPut_SurvivesThrottling(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 8)
	p := newProxy(t, (*httptest.Server).Start)
	var puts atomic.Int64
	p.Fault = func(w http.ResponseWriter, r *http.Request, operation string) bool {
		// more errors than the SDK's own retry quota allows
		return operation == "UpdateItem" && puts.Add(1) <= 250 && throttle(w, r, operation)
	}
	s := dynamotest.OpenTable(t, table, 8)
	want := storetest.Links(t, 0, 100)
	storetest.Put(t, s, want...)
	wantList(t, s, link.Timestamp{}, 1000, want...)
}

func TestRetry_ConnectionRefused(t *testing.T) {
	dynamotest.Endpoint(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://"+listener.Addr().String())
	listener.Close()
	s := openExisting(t, "any")
	var dials atomic.Int64
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		ConnectStart: func(string, string) { dials.Add(1) },
	})
	for _, c := range []struct {
		name     string
		do       func() error
		requests int64 // the maximum number in flight
	}{
		{"Put", func() error { return s.Put(ctx, storetest.Links(t, 0, 100)...) }, 32},
		{"Ready", func() error { return s.Ready(ctx) }, 1},
	} {
		dials.Store(0)
		if err := c.do(); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "refused") {
			t.Errorf("%s: got %v, want ErrUnavailable with the cause", c.name, err)
		}
		// Each request has 4 attempts within half a second.
		if n := dials.Load(); n < 4 || n > 4*c.requests {
			t.Errorf("%s: got %d dials, want 4 for each of %d requests", c.name, n, c.requests)
		}
	}
}
