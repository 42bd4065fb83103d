package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/boltstore"
	"links/internal/store/boltstore/bolttest"
	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

// scrape returns the metrics in Prometheus's text format.
func scrape(m *Metrics) string {
	recorder := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	return recorder.Body.String()
}

// wantLines fails the test for each line that the metrics do not contain.
func wantLines(t *testing.T, m *Metrics, lines ...string) {
	t.Helper()
	text := scrape(m)
	for _, line := range lines {
		if strings.Contains(text, "\n"+line+"\n") {
			continue
		}
		name, _, _ := strings.Cut(line, "{")
		name, _, _ = strings.Cut(name, " ")
		var got []string
		for l := range strings.SplitSeq(text, "\n") {
			if strings.HasPrefix(l, name) {
				got = append(got, l)
			}
		}
		t.Errorf("metric %s: got %q, want %q", name, got, line)
	}
}

func parse(t *testing.T, url string) link.Link {
	t.Helper()
	l, err := link.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWrapStore_Conformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return New().WrapStore(bolttest.Open(t)) })
}

func TestNew_PassesPrometheusLint(t *testing.T) {
	m := New()
	m.ObserveRequest("/link", "GET", 200, time.Second)
	m.CommitObserver("links.db")(1, time.Second)
	m.DynamoDBMiddleware()
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("GatherAndLint: got %v, %v, want no problems", problems, err)
	}
}

// blocking is a collector that blocks each scrape until released is closed.
type blocking struct{ entered, released chan struct{} }

func (blocking) Describe(chan<- *prometheus.Desc) {}

func (b blocking) Collect(chan<- prometheus.Metric) {
	b.entered <- struct{}{}
	<-b.released
}

func TestHandler_LimitsConcurrentScrapes(t *testing.T) {
	m := New()
	b := blocking{make(chan struct{}), make(chan struct{})}
	m.registry.MustRegister(b)
	handler := m.Handler(slog.New(slog.DiscardHandler))
	statusOfScrape := func() int {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
		return recorder.Code
	}
	statuses := make(chan int)
	for range 4 {
		go func() { statuses <- statusOfScrape() }()
		select {
		case <-b.entered:
		case status := <-statuses:
			t.Fatalf("one of 4 concurrent scrapes: got status %d, want 200", status)
		}
	}
	go func() { statuses <- statusOfScrape() }()
	select {
	case status := <-statuses:
		if status != http.StatusServiceUnavailable {
			t.Errorf("fifth concurrent scrape: got status %d, want 503", status)
		}
	case <-b.entered:
		t.Error("fifth concurrent scrape: it was served, want status 503")
	}
	close(b.released)
	for range 4 {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("one of 4 concurrent scrapes: got status %d, want 200", status)
		}
	}
}

func TestObserveRequest_LimitsMethods(t *testing.T) {
	m := New()
	for i := range 100 {
		m.ObserveRequest("unmatched", fmt.Sprintf("METHOD%d", i), 405, time.Millisecond)
	}
	wantLines(t, m, `links_requests_total{method="other",route="unmatched",status="405"} 100`)
	if n := testutil.CollectAndCount(m.requests); n != 1 {
		t.Errorf("links_requests_total: got %d series, want 1", n)
	}
}

func TestWrapStore_CountsCallsByOutcome(t *testing.T) {
	m := New()
	s := m.WrapStore(bolttest.Open(t))
	a := parse(t, "https://a.example")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancelExpired := context.WithTimeout(t.Context(), 0)
	defer cancelExpired()
	_ = s.Put(t.Context(), a)
	_ = s.Put(canceled, a)
	_ = s.Put(expired, a)
	_, _ = s.Get(t.Context(), uuid.Nil)
	for range s.List(t.Context(), link.Position{}, 10) {
		break
	}
	for range s.List(canceled, link.Position{}, 10) {
		continue
	}
	_, _ = s.Update(t.Context(), a.ID, link.Changes{Title: new("A")})
	_ = s.Delete(t.Context(), a.ID)
	_ = s.Close()
	_ = s.Ready(t.Context())
	wantLines(t, m,
		`links_store_calls_total{call="put",outcome="ok"} 1`,
		`links_store_calls_total{call="put",outcome="canceled"} 1`,
		`links_store_calls_total{call="put",outcome="deadline"} 1`,
		`links_store_calls_total{call="get",outcome="not_found"} 1`,
		`links_store_calls_total{call="list",outcome="ok"} 1`,
		`links_store_calls_total{call="list",outcome="canceled"} 1`,
		`links_store_calls_total{call="update",outcome="ok"} 1`,
		`links_store_calls_total{call="delete",outcome="ok"} 1`,
		`links_store_calls_total{call="ready",outcome="closed"} 1`,
		`links_store_call_duration_seconds_count{call="put"} 3`,
	)
	if got := outcome(fmt.Errorf("%w: %w", store.ErrUnavailable, context.DeadlineExceeded)); got != "unavailable" {
		t.Errorf("outcome(ErrUnavailable: DeadlineExceeded): got %s, want unavailable", got)
	}
	if got := outcome(errors.New("x")); got != "error" {
		t.Errorf("outcome(another error): got %s, want error", got)
	}
}

func TestCommitObserver_CountsChangedLinks(t *testing.T) {
	m := New()
	path := filepath.Join(t.TempDir(), "links.db")
	s := bolttest.OpenConfig(t, boltstore.Config{Path: path, OnCommit: m.CommitObserver(path)})
	var links []link.Link
	for i := range 300 {
		links = append(links, parse(t, fmt.Sprintf("https://example.com/%d", i)))
	}
	for _, change := range []func() error{
		// two commits
		func() error { return s.Put(t.Context(), links...) },
		// none: all links exist
		func() error { return s.Put(t.Context(), links...) },
		// one each
		func() error { return s.Delete(t.Context(), links[0].ID) },
		func() error { _, err := s.Update(t.Context(), links[1].ID, link.Changes{Title: new("x")}); return err },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
	wantLines(t, m,
		"links_bolt_commit_links_sum 302",
		"links_bolt_commit_links_count 4",
		`links_bolt_commit_links_bucket{le="1"} 2`,
		"links_bolt_commit_duration_seconds_count 4",
	)
	if strings.Contains(scrape(m), "\nlinks_bolt_file_bytes 0\n") {
		t.Error("links_bolt_file_bytes: got 0, want the size of the file")
	}
}

func TestDynamoDBMiddleware_CountsCalls(t *testing.T) {
	proxy := dynamotest.NewProxy(t, (*httptest.Server).Start)
	throttles := 2
	proxy.Fault = func(w http.ResponseWriter, _ *http.Request, operation string) bool {
		if throttles == 0 || operation != "UpdateItem" {
			return false
		}
		throttles--
		return dynamotest.WriteError(w, http.StatusBadRequest, "ProvisionedThroughputExceededException")
	}
	a := parse(t, "https://a.example")
	table := dynamotest.Table(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", proxy.URL)
	m := New()
	c := dynamotest.Config(t, table)
	c.CreateTable, c.Middleware = true, m.DynamoDBMiddleware()
	s, err := dynamostore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Put(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.List(t.Context(), link.Position{}, 10) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []error{nil, store.ErrNotFound} {
		if err := s.Delete(t.Context(), a.ID); !errors.Is(err, want) {
			t.Fatalf("Delete: got error %v, want %v", err, want)
		}
	}
	wantLines(t, m,
		`links_dynamodb_calls_total{operation="UpdateItem"} 1`,
		`links_dynamodb_retries_total{operation="UpdateItem"} 2`,
		`links_dynamodb_throttles_total{operation="UpdateItem"} 2`,
		`links_dynamodb_consumed_units_total{operation="UpdateItem"} 2`,
		`links_dynamodb_failed_calls_total{operation="DeleteItem"} 1`,
		`links_dynamodb_calls_total{operation="DeleteItem"} 2`,
		`links_dynamodb_consumed_units_total{operation="DeleteItem"} 3`, // 2 for the first, 1 for the failed condition
		`links_dynamodb_consumed_units_total{operation="GetItem"} 1`,
		`links_dynamodb_calls_total{operation="CreateTable"} 1`,
		`links_dynamodb_retries_total{operation="GetItem"} 0`,
		`links_dynamodb_consumed_units_total{operation="Query"} 0.5`,
	)
}
