package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

func TestRetry_ResponseTimeout(t *testing.T) {
	p := newProxy(t, (*httptest.Server).Start)
	var asked atomic.Int64
	p.Fault = func(w http.ResponseWriter, r *http.Request, operation string) bool {
		return asked.Add(1) == 1 && hang(w, r, operation) || dynamotest.WriteEmpty(w)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := openExisting(t, "any").Put(ctx, storetest.Links(t, 0, 1)...); err != nil {
		t.Errorf("Put: got %v after %d attempts, want another attempt", err, asked.Load())
	}
}

func TestGet_NoResponseUntilDeadline(t *testing.T) {
	p := newProxy(t, (*httptest.Server).Start)
	p.Fault = hang
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // more than two attempts
	defer cancel()
	_, err := openExisting(t, "any").Get(ctx, uuid.New())
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
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := openExisting(t, table).Ready(ctx); err != nil {
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
		p.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#` + c.kind + `","message":"slow down",
				"ThrottlingReasons":[{"reason":"` + c.reason + `","resource":"arn"}]}`))
			return true
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := openExisting(t, table).Put(ctx, storetest.Links(t, 0, 1)...)
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
	// Without maxConnects, the calls end only with this deadline.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	for name, err := range map[string]error{"Put": s.Put(ctx, storetest.Links(t, 0, 100)...), "Ready": s.Ready(ctx)} {
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "refused") {
			t.Errorf("%s: got %v, want ErrUnavailable with the cause", name, err)
		}
	}
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("Put and Ready: took %v, want at most 3 s each", took)
	}
}
