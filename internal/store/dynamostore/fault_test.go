package dynamostore_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

// fault is what a proxy does instead of letting a request pass.
type fault = func(w http.ResponseWriter, r *http.Request, operation string) bool

func throttle(w http.ResponseWriter, _ *http.Request, _ string) bool {
	return refuse(w, http.StatusBadRequest, "ProvisionedThroughputExceededException")
}

func hang(_ http.ResponseWriter, r *http.Request, _ string) bool {
	<-r.Context().Done()
	return true
}

func TestEachFaultIsToldApart(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	unavailable, late := []error{store.ErrUnavailable}, []error{context.DeadlineExceeded}
	answer := func(status int, kind string) fault {
		return func(w http.ResponseWriter, _ *http.Request, _ string) bool { return refuse(w, status, kind) }
	}
	const twice, once, never = 2, 1, 0
	for _, c := range []struct {
		name     string
		fault    fault
		deadline int     // passes when each request was sent so many times
		want     []error // nil: a fault that is none of the sentinels
	}{
		{"throttled by the table until the deadline", throttle, twice, unavailable},
		{"throttled by the account", answer(400, "RequestLimitExceeded"), twice, unavailable},
		{"throttled by the control plane", answer(400, "ThrottlingException"), twice, unavailable},
		{"an internal error of DynamoDB", answer(500, "InternalServerError"), twice, unavailable},
		{"a gateway that has no engine", answer(503, "ServiceUnavailable"), twice, unavailable},
		{"a connection that is cut each time", func(http.ResponseWriter, *http.Request, string) bool { panic(http.ErrAbortHandler) }, twice, unavailable},
		{"an answer that is cut off", cutOff, twice, unavailable},
		{"no answer until the deadline", hang, once, late},
		{"an answer that stops half-way until the deadline", stopHalfWay, once, late},
		{"a missing permission", answer(400, "AccessDeniedException"), never, nil},
		{"a request that DynamoDB finds malformed", answer(400, "ValidationException"), never, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProxy(t, (*httptest.Server).Start)
			s := openExisting(t, table)
			all := links(t, 0, 40)
			for _, call := range []struct {
				name     string
				requests int // in flight at a time
				do       func(ctx context.Context) error
			}{
				{"Put", 32, func(ctx context.Context) error { return s.Put(ctx, all...) }},
				{"Get", 1, func(ctx context.Context) error { _, err := s.Get(ctx, all[0].ID); return err }},
				{"Delete", 1, func(ctx context.Context) error { return s.Delete(ctx, all[0].ID) }},
				{"SetTitle", 1, func(ctx context.Context) error { _, err := s.SetTitle(ctx, all[0].ID, "x"); return err }},
				{"List", 1, func(ctx context.Context) error {
					_, err := storetest.Collect(s.List(ctx, link.Position{}, 10))
					return err
				}},
				{"Ready", 1, func(ctx context.Context) error { return s.Ready(ctx) }},
			} {
				deadline := newDeadline(t)
				p.fault = deadline.after(call.requests, c.deadline, c.fault)
				if err := call.do(deadline); err == nil || !slices.Equal(sentinels(err), c.want) {
					t.Errorf("%s = %v, which is %v, want %v", call.name, err, sentinels(err), c.want)
				}
			}
		})
	}
}

// A deadline is a context whose deadline passes when the test wants it, however fast the machine is.
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

// after returns the fault, and has the deadline pass when n different requests were each sent so many times. Zero times is
// never.
func (d deadline) after(n, times int, f fault) fault {
	var mu sync.Mutex
	sent := map[string]int{} // by body
	return func(w http.ResponseWriter, r *http.Request, operation string) bool {
		mu.Lock()
		sent[r.Header.Get("X-Test-Body")]++
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

// sentinels are the errors that err is, out of those that callers tell apart.
func sentinels(err error) (is []error) {
	for _, sentinel := range []error{store.ErrUnavailable, store.ErrNotFound, store.ErrClosed, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, sentinel) {
			is = append(is, sentinel)
		}
	}
	return is
}

// cutOff promises more than it sends.
func cutOff(w http.ResponseWriter, _ *http.Request, _ string) bool {
	beginAnswer(w)
	panic(http.ErrAbortHandler)
}

func stopHalfWay(w http.ResponseWriter, r *http.Request, operation string) bool {
	beginAnswer(w)
	return hang(w, r, operation)
}

func beginAnswer(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte(`{"Item`))
	_ = http.NewResponseController(w).Flush()
}

func TestABatchThatFailsHalfWayAndIsSentAgainKeepsItsOrder(t *testing.T) {
	const n, accepted, inFlight = 200, 100, 32
	table := dynamotest.Table(t)
	whole := dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	var puts, written atomic.Int64
	allWritten := make(chan struct{})
	p.after = func(operation string) {
		if operation == "UpdateItem" && written.Add(1) == accepted {
			close(allWritten)
		}
	}
	p.fault = func(w http.ResponseWriter, _ *http.Request, operation string) bool {
		if operation != "UpdateItem" || puts.Add(1) <= accepted {
			return false
		}
		<-allWritten
		return refuse(w, http.StatusBadRequest, "AccessDeniedException")
	}
	all := links(t, 0, n)
	if err := openExisting(t, table).Put(t.Context(), all...); err == nil {
		t.Fatal("Put returns no error")
	}
	stored := map[uuid.UUID]bool{}
	for _, l := range storetest.List(t, whole, link.Timestamp{}, n) {
		stored[l.ID] = true
	}
	wasStored := func(l link.Link) bool { return stored[l.ID] }
	// The last links are stored first, except those in flight at the error.
	if first := slices.IndexFunc(all, wasStored); len(stored) == 0 || first < n-len(stored)-inFlight {
		t.Errorf("%d links are stored, and the first of them is link %d of %d", len(stored), first, n)
	}
	storetest.Put(t, whole, all...)
	// What was missing is stored later, and is therefore newer.
	before := slices.DeleteFunc(slices.Clone(all), func(l link.Link) bool { return !wasStored(l) })
	after := slices.DeleteFunc(slices.Clone(all), wasStored)
	wantList(t, whole, link.Timestamp{}, n+1, slices.Concat(after, before)...)
}

func TestAStoreWithoutItsIndexIsNotReadyAndSaysSo(t *testing.T) {
	table := dynamotest.Table(t)
	client := newClient(t)
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &table, BillingMode: types.BillingModePayPerRequest, KeySchema: key("link_id", ""),
		AttributeDefinitions: attributesOf(key("link_id", "")),
	})
	if err != nil {
		t.Fatal(err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	if err := waiter.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &table}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := openExisting(t, table).Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "index by_added") {
		t.Errorf("Ready = %v, want an error that names the index", err)
	}
}

func TestLinksOfShardsThatAreNotReadAreAnErrorInTheLog(t *testing.T) {
	table := dynamotest.Table(t)
	storetest.Put(t, dynamotest.OpenTable(t, table, 8), links(t, 0, 200)...)
	for shards, hidden := range map[int]bool{1: true, 7: true, 8: false, 64: false} {
		var log strings.Builder
		s, err := dynamostore.Open(t.Context(), dynamostore.Config{AWS: dynamotest.AWS(t), Table: table, ListShards: shards, Log: slog.New(slog.NewJSONHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		s.Connect(t.Context())
		_ = s.Close()
		if told := strings.Contains(log.String(), `"level":"ERROR"`) && strings.Contains(log.String(), "LINKS_LIST_SHARDS"); told != hidden {
			t.Errorf("%d shards of 8: the log has %q", shards, log.String())
		}
	}
}

func TestGetReadsConsistently(t *testing.T) {
	table, all := loaded(t, 1, 1, 60)
	p := newProxy(t, (*httptest.Server).Start)
	var consistent atomic.Bool
	p.fault = func(_ http.ResponseWriter, r *http.Request, operation string) bool {
		if operation == "GetItem" {
			consistent.Store(strings.Contains(r.Header.Get("X-Test-Body"), `"ConsistentRead":true`))
		}
		return false
	}
	if _, err := openExisting(t, table).Get(t.Context(), all[0].ID); err != nil || !consistent.Load() {
		t.Errorf("Get = %v, asked for a consistent read: %v", err, consistent.Load())
	}
}

func TestShardsAreAskedSideBySide(t *testing.T) {
	const shards = 8
	table, all := loaded(t, shards, 100, 60)
	p := newProxy(t, (*httptest.Server).Start)
	var waiting sync.WaitGroup
	waiting.Add(shards)
	var first atomic.Int64
	p.fault = func(_ http.ResponseWriter, r *http.Request, operation string) bool {
		if operation == "Query" && first.Add(1) <= shards {
			waiting.Done()
			all := make(chan struct{})
			go func() { waiting.Wait(); close(all) }()
			select {
			case <-all: // are there
			case <-r.Context().Done():
			}
		}
		return false
	}
	s, err := dynamostore.Open(t.Context(), dynamostore.Config{AWS: dynamotest.AWS(t), Table: table, ListShards: shards})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if got, err := storetest.Collect(s.List(ctx, link.Position{}, 50)); err != nil || !slices.Equal(got, all[:50]) {
		t.Errorf("List gives %d links, %v", len(got), err)
	}
}

func TestTheFirstErrorOfABatchEndsItAndIsTheOneReturned(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	var puts atomic.Int64
	p.fault = func(w http.ResponseWriter, r *http.Request, operation string) bool {
		if puts.Add(1) == 20 {
			return refuse(w, http.StatusBadRequest, "AccessDeniedException")
		}
		return hang(w, r, operation)
	}
	s := openExisting(t, table)
	if err := s.Put(t.Context(), links(t, 0, 1000)...); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("Put = %v, want the refusal", err)
	}
	if n := puts.Load(); n > 32 {
		t.Errorf("%d of 1,000 writes were begun, want no more than the 32 under way", n)
	}
}

func TestAWriteWhoseAnswerIsLostIsThereOnce(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	var writes atomic.Int64
	p.after = func(operation string) {
		if writes.Add(1)%2 == 1 && operation == "UpdateItem" {
			panic(http.ErrAbortHandler)
		}
	}
	s := openExisting(t, table)
	want := links(t, 0, 3)
	storetest.Put(t, s, want...)
	p.after = nil
	wantList(t, s, link.Timestamp{}, 10, want...)
}

func TestAListThatFailsHalfWayGivesWhatItReadAndThenTheError(t *testing.T) {
	const n = 1500 // more than one Query reads
	table, all := loaded(t, 1, n, 60)
	p := newProxy(t, (*httptest.Server).Start)
	var queries atomic.Int64
	p.fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		return queries.Add(1) > 1 && refuse(w, http.StatusBadRequest, "AccessDeniedException")
	}
	got, err := storetest.Collect(openExisting(t, table).List(t.Context(), link.Position{}, n))
	if err == nil || len(got) == 0 || len(got) >= n || !slices.Equal(got, all[:len(got)]) {
		t.Errorf("List gives %d links and %v, want a part of the %d and an error", len(got), err, n)
	}
}

func TestAnItemOfSomebodyElseIsAFault(t *testing.T) {
	table := dynamotest.Table(t)
	s := dynamotest.OpenTable(t, table, 1)
	id := uuid.New()
	if err := write(t.Context(), newClient(t), table, foreignItem(id)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), id); err == nil || sentinels(err) != nil {
		t.Errorf("Get = %v, want a fault", err)
	}
}

func TestCloseWaitsForCallsUnderWay(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	arrived, release := make(chan struct{}), make(chan struct{})
	var answered atomic.Bool
	p.after = func(string) {
		close(arrived)
		<-release
		answered.Store(true)
	}
	s := openExisting(t, table)
	done := make(chan error, 1)
	go func() { done <- s.Put(t.Context(), links(t, 0, 1)...) }()
	<-arrived
	time.AfterFunc(50*time.Millisecond, func() { close(release) })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !answered.Load() {
		t.Error("Close returned while a Put was under way")
	}
	if err := <-done; err != nil {
		t.Errorf("the Put under way = %v, want it finished", err)
	}
}

// openExisting opens a Store that leaves the table alone.
func openExisting(t *testing.T, table string) *dynamostore.Store {
	t.Helper()
	s, err := dynamostore.Open(t.Context(), dynamostore.Config{AWS: dynamotest.AWS(t), Table: table})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
