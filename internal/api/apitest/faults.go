package apitest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
)

// secret is part of the errors of the injected faults, and of no response.
const secret = "table arn:aws:dynamodb:secret"

var faultCases = []testCase{
	{"a store that is throttled or unavailable is 503 with Retry-After",
		withError(fmt.Errorf("%w: %s", store.ErrUnavailable, secret)), storeUnavailable},
	{"an internal error is 500 and does not reveal its cause", withError(errors.New(secret)), storeBroken},
	{"a store that panics is 500", withFault(0, func(context.Context) error { panic(secret) }), storeBroken},
	{"a store that does not respond is 504 with Retry-After", withFault(200*time.Millisecond, hang), storeLate},
	{"a canceled call of the store is 503 with Retry-After",
		withError(fmt.Errorf("%s: %w", secret, context.Canceled)), storeUnavailable},
	{"a deadline error that the store wraps is 504",
		withError(fmt.Errorf("%s: %w", secret, context.DeadlineExceeded)), storeLate},
	{"sending an array again completes one that failed part-way", Service{
		Wrap: func(s store.Store) store.Store { return &failingHalfway{Store: s} },
	}, storeFailsHalfway},
}

// everyCall sends one request for each method of the store.
func (c *client) everyCall(t *testing.T) []response {
	t.Helper()
	return []response{
		c.do(t, "POST", "/link", objectBody("https://www.google.com"), authorized),
		c.do(t, "POST", "/link", arrayBody("https://www.google.com"), authorized),
		c.do(t, "GET", "/link", ""),
		c.do(t, "GET", "/link?limit=1", ""),
		c.do(t, "GET", "/link?q=google&tag=", ""),
		c.do(t, "GET", "/link", "", "If-None-Match: *"),
		c.do(t, "GET", "/link?link=https://www.google.com", ""),
		c.do(t, "GET", "/link/"+googleID, ""),
		c.do(t, "PATCH", "/link/"+googleID, `{"title":"x"}`, authorized),
		c.do(t, "DELETE", "/link/"+googleID, "", authorized),
	}
}

func storeUnavailable(t *testing.T, c *client) {
	for _, a := range append(c.everyCall(t), c.do(t, "GET", "/readyz", "")) {
		a.wantError(t, http.StatusServiceUnavailable, "safe to retry")
		a.wantHeader(t, "Retry-After", "1")
	}
	c.do(t, "GET", "/healthz", "").wantStatus(t, http.StatusOK)
}

func storeBroken(t *testing.T, c *client) {
	for _, a := range c.everyCall(t) {
		a.wantError(t, http.StatusInternalServerError, "reference")
	}
	c.do(t, "GET", "/healthz", "").wantStatus(t, http.StatusOK)
}

func storeLate(t *testing.T, c *client) {
	for _, a := range c.everyCall(t) {
		a.wantError(t, http.StatusGatewayTimeout, "did not respond in time")
		a.wantHeader(t, "Retry-After", "1")
	}
	c.do(t, "GET", "/healthz", "").wantStatus(t, http.StatusOK)
}

func storeFailsHalfway(t *testing.T, c *client) {
	links := numbered(0, 10)
	c.do(t, "POST", "/link", arrayBody(links...)).wantError(t, http.StatusServiceUnavailable, "retry")
	if got := c.do(t, "GET", "/link", "").listed(t); len(got) != 5 {
		t.Fatalf("list: got %q, want the links that were stored before the failure", got)
	}
	c.do(t, "POST", "/link", arrayBody(links...)).wantStatus(t, http.StatusOK)
	got := c.do(t, "GET", "/link", "").listed(t)
	slices.Sort(got)
	if !slices.Equal(got, links) {
		t.Errorf("list: got %q, want each link once", got)
	}
}

// withFault returns a service in which every call of the store ends in the fault.
func withFault(timeout time.Duration, fault func(context.Context) error) Service {
	return Service{
		TokenSHA256: tokenSHA256,
		Timeout:     timeout,
		Wrap:        func(s store.Store) store.Store { return broken{s, fault} },
	}
}

// withError returns a service in which every call of the store returns err.
func withError(err error) Service {
	return withFault(0, func(context.Context) error { return err })
}

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A broken store returns the error of fault from every call.
type broken struct {
	store.Store
	fault func(context.Context) error
}

func (b broken) Put(ctx context.Context, _ ...link.Link) error { return b.fault(ctx) }
func (b broken) Get(ctx context.Context, _ uuid.UUID) (link.Link, error) {
	return link.Link{}, b.fault(ctx)
}
func (b broken) Update(ctx context.Context, _ uuid.UUID, _ link.Changes) (link.Link, error) {
	return link.Link{}, b.fault(ctx)
}
func (b broken) Delete(ctx context.Context, _ uuid.UUID) error { return b.fault(ctx) }
func (b broken) Ready(ctx context.Context) error               { return b.fault(ctx) }
func (b broken) List(ctx context.Context, _ link.Position, _ int) iter.Seq2[link.Link, error] {
	return func(yield func(link.Link, error) bool) { yield(link.Link{}, b.fault(ctx)) }
}

// A failingHalfway store stores half of the first batch and returns an error.
type failingHalfway struct {
	store.Store
	failed atomic.Bool
}

func (f *failingHalfway) Put(ctx context.Context, links ...link.Link) error {
	if f.failed.Swap(true) {
		return f.Store.Put(ctx, links...)
	}
	if err := f.Store.Put(ctx, links[:len(links)/2]...); err != nil {
		return err
	}
	return store.ErrUnavailable
}
