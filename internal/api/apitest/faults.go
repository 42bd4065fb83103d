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

// secret is in the errors of the faulty stores, and in no answer.
const secret = "table arn:aws:dynamodb:secret"

var faultCases = []testCase{
	{"a store that is throttled or away is 503 with Retry-After", withFault(0, func(context.Context) error { return fmt.Errorf("%w: %s", store.ErrUnavailable, secret) }), storeAway},
	{"a fault of ours is 500 and tells nothing of its cause", withFault(0, func(context.Context) error { return errors.New(secret) }), storeBroken},
	{"a store that panics is 500", withFault(0, func(context.Context) error { panic(secret) }), storeBroken},
	{"a store that does not answer is 504 with Retry-After", withFault(200*time.Millisecond, hang), storeLate},
	{"a call of the store that was cancelled is 503 with Retry-After", withFault(0, func(context.Context) error { return fmt.Errorf("%s: %w", secret, context.Canceled) }), storeAway},
	{"a deadline that the store reports with its own words is 504", withFault(0, func(context.Context) error { return fmt.Errorf("%s: %w", secret, context.DeadlineExceeded) }), storeLate},
	{"an array that fails half-way is completed by sending it again", Service{Wrap: func(s store.Store) store.Store { return &failingHalfway{Store: s} }}, storeFailsHalfway},
}

// everyCall is one request for each call of the store.
func (c *client) everyCall(t *testing.T) []answer {
	t.Helper()
	return []answer{
		c.do(t, "POST", "/link", objectBody("https://www.google.com"), authorized),
		c.do(t, "POST", "/link", arrayBody("https://www.google.com"), authorized),
		c.do(t, "GET", "/link", ""),
		c.do(t, "GET", "/link?limit=1", ""),
		c.do(t, "GET", "/link", "", "If-None-Match: *"),
		c.do(t, "GET", "/link?link=https://www.google.com", ""),
		c.do(t, "GET", "/link/"+googleID, ""),
		c.do(t, "PATCH", "/link/"+googleID, `{"title":"x"}`, authorized),
		c.do(t, "DELETE", "/link/"+googleID, "", authorized),
	}
}

func storeAway(t *testing.T, c *client) {
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
		t.Fatalf("the list is %q, want what was stored before the failure", got)
	}
	c.do(t, "POST", "/link", arrayBody(links...)).wantStatus(t, http.StatusOK)
	got := c.do(t, "GET", "/link", "").listed(t)
	slices.Sort(got)
	if !slices.Equal(got, links) {
		t.Errorf("the list is %q, want each link once", got)
	}
}

// withFault asks for a service every call of whose store ends in the fault.
func withFault(timeout time.Duration, fault func(context.Context) error) Service {
	return Service{TokenSHA256: tokenSHA256, Timeout: timeout, Wrap: func(s store.Store) store.Store { return broken{s, fault} }}
}

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// broken is a store whose calls all end in the error that fault returns.
type broken struct {
	store.Store
	fault func(context.Context) error
}

func (b broken) Put(ctx context.Context, _ ...link.Link) error { return b.fault(ctx) }
func (b broken) Get(ctx context.Context, _ uuid.UUID) (link.Link, error) {
	return link.Link{}, b.fault(ctx)
}
func (b broken) SetTitle(ctx context.Context, _ uuid.UUID, _ string) (link.Link, error) {
	return link.Link{}, b.fault(ctx)
}
func (b broken) Delete(ctx context.Context, _ uuid.UUID) error { return b.fault(ctx) }
func (b broken) Ready(ctx context.Context) error               { return b.fault(ctx) }
func (b broken) List(ctx context.Context, _ link.Position, _ int) iter.Seq2[link.Link, error] {
	return func(yield func(link.Link, error) bool) { yield(link.Link{}, b.fault(ctx)) }
}

// failingHalfway stores half of the first batch and says that it is unavailable.
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
