package dynamostore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
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

// newProxy returns a proxy that the Stores opened from now on use.
func newProxy(t *testing.T, start func(*httptest.Server)) *dynamotest.Proxy {
	t.Helper()
	p := dynamotest.NewProxy(t, start)
	p.CountUnits = true
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", p.URL)
	return p
}

// bodyOf returns the body of the request.
func bodyOf(r *http.Request) string {
	body, _ := io.ReadAll(r.Body) // is in memory
	return string(body)
}

func throttle(w http.ResponseWriter, _ *http.Request, _ string) bool {
	return dynamotest.WriteError(w, http.StatusBadRequest, "ProvisionedThroughputExceededException")
}

func hang(_ http.ResponseWriter, r *http.Request, _ string) bool {
	<-r.Context().Done()
	return true
}

func TestStore_InjectedFaults(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	unavailable, late := []error{store.ErrUnavailable}, []error{context.DeadlineExceeded}
	fail := func(status int, kind string) dynamotest.Fault {
		return func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			return dynamotest.WriteError(w, status, kind)
		}
	}
	const twice, once, never = 2, 1, 0
	for _, c := range []struct {
		name     string
		fault    dynamotest.Fault
		deadline int     // passes once each request was sent this many times
		want     []error // nil: an internal error
	}{
		{"throttled by the table until the deadline", throttle, twice, unavailable},
		{"throttled by the account", fail(400, "RequestLimitExceeded"), twice, unavailable},
		{"throttled by the control plane", fail(400, "ThrottlingException"), twice, unavailable},
		{"an internal error of DynamoDB", fail(500, "InternalServerError"), twice, unavailable},
		{"a gateway without a server", fail(503, "ServiceUnavailable"), twice, unavailable},
		{"a connection that is closed each time", func(http.ResponseWriter, *http.Request, string) bool {
			panic(http.ErrAbortHandler)
		}, twice, unavailable},
		{"a truncated response", truncateResponse, twice, unavailable},
		{"no response until the deadline", hang, once, late},
		{"a response that stalls until the deadline", stallResponse, once, late},
		{"a missing permission", fail(400, "AccessDeniedException"), never, nil},
		{"a request that DynamoDB finds malformed", fail(400, "ValidationException"), never, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProxy(t, (*httptest.Server).Start)
			s := openExisting(t, table)
			all := storetest.Links(t, 0, 40)
			for _, call := range []struct {
				name     string
				requests int // in flight at a time
				do       func(ctx context.Context) error
			}{
				{"Put", 32, func(ctx context.Context) error { return s.Put(ctx, all...) }},
				{"Get", 1, func(ctx context.Context) error { _, err := s.Get(ctx, all[0].ID); return err }},
				{"Delete", 1, func(ctx context.Context) error { return s.Delete(ctx, all[0].ID) }},
				{"Update", 1, func(ctx context.Context) error {
					_, err := s.Update(ctx, all[0].ID, link.Changes{Title: new("x")})
					return err
				}},
				{"List", 1, func(ctx context.Context) error {
					_, err := storetest.Collect(s.List(ctx, link.Position{}, 10))
					return err
				}},
				{"Ready", 1, func(ctx context.Context) error { return s.Ready(ctx) }},
			} {
				deadline := newDeadline(t)
				p.Fault = deadline.after(call.requests, c.deadline, c.fault)
				if err := call.do(deadline); err == nil || !slices.Equal(sentinels(err), c.want) {
					t.Errorf("%s: got %v, which matches %v, want %v", call.name, err, sentinels(err), c.want)
				}
			}
		})
	}
}

// A deadline is a context whose deadline passes when the test closes passed,
// independent of the speed of the machine.
type deadline struct {
	context.Context
	passed chan struct{}
}

func newDeadline(t *testing.T) deadline {
	return deadline{t.Context(), make(chan struct{})}
}

func (d deadline) Done() <-chan struct{} { return d.passed }

func (d deadline) Err() error {
	select {
	case <-d.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// after returns f, and makes the deadline pass once n different requests were
// each sent the given number of times. If times is zero, the deadline never
// passes.
func (d deadline) after(n, times int, f dynamotest.Fault) dynamotest.Fault {
	var mu sync.Mutex
	sent := map[string]int{} // by body
	return func(w http.ResponseWriter, r *http.Request, operation string) bool {
		mu.Lock()
		sent[bodyOf(r)]++
		reached := 0
		for _, count := range sent {
			if count >= times {
				reached++
			}
		}
		if times > 0 && reached >= n && d.Err() == nil {
			close(d.passed)
		}
		mu.Unlock()
		return f(w, r, operation)
	}
}

// sentinels returns the sentinel errors that err matches.
func sentinels(err error) (is []error) {
	for _, sentinel := range []error{
		store.ErrUnavailable, store.ErrNotFound, store.ErrClosed, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, sentinel) {
			is = append(is, sentinel)
		}
	}
	return is
}

// truncateResponse sends less than its Content-Length.
func truncateResponse(w http.ResponseWriter, _ *http.Request, _ string) bool {
	startResponse(w)
	panic(http.ErrAbortHandler)
}

func stallResponse(w http.ResponseWriter, r *http.Request, operation string) bool {
	startResponse(w)
	return hang(w, r, operation)
}

func startResponse(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte(`{"Item`))
	_ = http.NewResponseController(w).Flush()
}

func TestPut_RetryKeepsOrder(t *testing.T) {
	const n, accepted, inFlight = 200, 100, 32
	table := dynamotest.Table(t)
	direct := dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	var puts, written atomic.Int64
	allWritten := make(chan struct{})
	p.Responded = func(operation string) {
		if operation == "UpdateItem" && written.Add(1) == accepted {
			close(allWritten)
		}
	}
	p.Fault = func(w http.ResponseWriter, _ *http.Request, operation string) bool {
		if operation != "UpdateItem" || puts.Add(1) <= accepted {
			return false
		}
		<-allWritten
		return dynamotest.WriteError(w, http.StatusBadRequest, "AccessDeniedException")
	}
	all := storetest.Links(t, 0, n)
	if err := openExisting(t, table).Put(t.Context(), all...); err == nil {
		t.Fatal("Put: got no error, want one")
	}
	stored := map[uuid.UUID]bool{}
	for _, l := range storetest.List(t, direct, link.Timestamp{}, n) {
		stored[l.ID] = true
	}
	wasStored := func(l link.Link) bool { return stored[l.ID] }
	// The last links are stored first, except those in flight at the error.
	if first := slices.IndexFunc(all, wasStored); len(stored) == 0 || first < n-len(stored)-inFlight {
		t.Errorf("stored links: got %d, the first of them number %d of %d, want the last ones", len(stored), first, n)
	}
	storetest.Put(t, direct, all...)
	// What was missing is stored later, and is therefore newer.
	before := slices.DeleteFunc(slices.Clone(all), func(l link.Link) bool { return !wasStored(l) })
	after := slices.DeleteFunc(slices.Clone(all), wasStored)
	wantList(t, direct, link.Timestamp{}, n+1, slices.Concat(after, before)...)
}

func TestPut_EndsWithFirstError(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	var puts atomic.Int64
	p.Fault = func(w http.ResponseWriter, r *http.Request, operation string) bool {
		if puts.Add(1) == 20 {
			return dynamotest.WriteError(w, http.StatusBadRequest, "AccessDeniedException")
		}
		return hang(w, r, operation)
	}
	s := openExisting(t, table)
	err := s.Put(t.Context(), storetest.Links(t, 0, 1000)...)
	if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("Put: got %v, want the refusal", err)
	}
	if n := puts.Load(); n > 32 {
		t.Errorf("Put: got %d of 1,000 writes, want at most the 32 in flight", n)
	}
}

func TestPut_ResponseLost(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	var writes atomic.Int64
	p.Responded = func(operation string) {
		if writes.Add(1)%2 == 1 && operation == "UpdateItem" {
			panic(http.ErrAbortHandler)
		}
	}
	s := openExisting(t, table)
	want := storetest.Links(t, 0, 3)
	storetest.Put(t, s, want...)
	p.Responded = nil
	wantList(t, s, link.Timestamp{}, 10, want...)
}

func TestList_FailsHalfWay(t *testing.T) {
	const n = 1500 // more than one Query reads
	table, all := loaded(t, 1, n, 60)
	p := newProxy(t, (*httptest.Server).Start)
	var queries atomic.Int64
	p.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		return queries.Add(1) > 1 && dynamotest.WriteError(w, http.StatusBadRequest, "AccessDeniedException")
	}
	got, err := storetest.Collect(openExisting(t, table).List(t.Context(), link.Position{}, n))
	if err == nil || len(got) == 0 || len(got) >= n || !slices.Equal(got, all[:len(got)]) {
		t.Errorf("List: got %d links and %v, want a part of the %d and an error", len(got), err, n)
	}
}

func TestClose_WaitsForCallsInFlight(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	arrived, release := make(chan struct{}), make(chan struct{})
	var responded atomic.Bool
	p.Responded = func(string) {
		close(arrived)
		<-release
		responded.Store(true)
	}
	s := openExisting(t, table)
	done := make(chan error, 1)
	go func() { done <- s.Put(t.Context(), storetest.Links(t, 0, 1)...) }()
	<-arrived
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !responded.Load() {
		t.Error("Close returned while a Put was in flight")
	}
	if err := <-done; err != nil {
		t.Errorf("Put during Close: got %v, want nil", err)
	}
}

// openExisting opens a Store that does not create the table.
func openExisting(t *testing.T, table string) *dynamostore.Store {
	t.Helper()
	s, err := dynamostore.Open(t.Context(), dynamotest.Config(t, table))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
