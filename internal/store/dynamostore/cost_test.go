package dynamostore_test

import (
	"context"
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

// The API reads one link more than a page contains, to detect the next page.
const page = 50 + 1

func TestList_CostOfPage(t *testing.T) {
	for _, c := range []struct {
		shards   int
		maxCalls int
		maxUnits float64
	}{
		{1, 1, 2},
		{8, 10, 5}, // one call for each shard, and refills
	} {
		for _, n := range []int{100, 20_000} {
			t.Run(fmt.Sprintf("%d shards, %d links", c.shards, n), func(t *testing.T) {
				table, all := loaded(t, c.shards, n, 60)
				p := newProxy(t, (*httptest.Server).Start)
				s := dynamotest.OpenTable(t, table, c.shards)
				for name, after := range map[string]link.Timestamp{
					"the first page": {}, "a page from the middle": all[n/2-1].Added,
				} {
					p.Reset()
					got := storetest.List(t, s, after, page)
					if len(got) == 0 || !after.IsZero() && len(got) != min(page, n/2) {
						t.Errorf("%s: got %d links", name, len(got))
					}
					calls, units := p.Count("Query")
					t.Logf("%s: %d calls, %.1f read units", name, calls, units)
					if calls > c.maxCalls || units > c.maxUnits || units == 0 {
						t.Errorf("%s: got %d calls and %.1f units, want at most %d and %.1f",
							name, calls, units, c.maxCalls, c.maxUnits)
					}
				}
				if n == 20_000 {
					full := checkCostOfFullList(t, p, s, table, all)
					checkCostOfFirstLink(t, p, s, full)
					checkCostOfSearch(t, p, s, 1000, float64(26+c.shards))
					checkCostOfSearch(t, p, s, 10_000, float64(262+c.shards))
				}
			})
		}
	}
}

func TestList_FewRounds(t *testing.T) {
	const n = 10_000
	table, all := loaded(t, 8, n, 60)
	var mu sync.Mutex
	calls, rounds := 0, map[<-chan struct{}]bool{} // the Queries of a round share a context
	count := middleware.InitializeMiddlewareFunc("CountRounds", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		mu.Lock()
		calls++
		rounds[ctx.Done()] = true
		mu.Unlock()
		return next.HandleInitialize(ctx, in)
	})
	c := dynamotest.Config(t, table)
	c.ListShards = 8
	c.Middleware = func(stack *middleware.Stack) error { return stack.Initialize.Add(count, middleware.Before) }
	s, err := dynamostore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantList(t, s, link.Timestamp{}, math.MaxInt, all...)
	t.Logf("List of %d links: %d calls in %d rounds", n, calls, len(rounds))
	if len(rounds) > 6 {
		t.Errorf("List: got %d rounds of %d calls, want at most 6, with concurrent reads", len(rounds), calls)
	}
}

func TestList_CostOfLargeLinks(t *testing.T) {
	const response = 4 << 20 // maximum size of a response of the API
	tags := tagsOfSize(t, link.MaxTagsBytes/link.MaxTagBytes, link.MaxTagBytes)
	for name, change := range map[string]func(i int, l *link.Link){
		"titles": func(_ int, l *link.Link) { l.Title = strings.Repeat("x", link.MaxTitleBytes) },
		"tags":   func(_ int, l *link.Link) { l.Tags = tags },
		"notes":  func(_ int, l *link.Link) { l.Note = strings.Repeat("x", 2_000) },
	} {
		t.Run(name, func(t *testing.T) {
			table, _ := loadedWith(t, 8, 4_500, change)
			p := newProxy(t, (*httptest.Server).Start)
			yielded := 0
			for l, err := range dynamotest.OpenTable(t, table, 8).List(t.Context(), link.Position{}, math.MaxInt) {
				if err != nil {
					t.Fatal(err)
				}
				if yielded += len(l.URL) + len(l.Title) + len(l.Tags) + len(l.Note); yielded >= response {
					break
				}
			}
			calls, units := p.Count("Query")
			needed := float64(response) / (8 << 10) // half a unit for each 4 KB
			t.Logf("4 MB of large links: %d calls, %.1f read units, of which %.1f are necessary", calls, units, needed)
			if units > 2*needed || units < needed {
				t.Errorf("4 MB of large links: got %.1f units, want %.1f to twice as many", units, needed)
			}
		})
	}
}

func checkCostOfFullList(
	t *testing.T, p *dynamotest.Proxy, s store.Store, table string, all []link.Link,
) (units float64) {
	t.Helper()
	p.Reset()
	wantList(t, s, link.Timestamp{}, math.MaxInt, all...)
	calls, units := p.Count("Query")
	scanned := scan(t, p, table)
	t.Logf("full list: %d calls, %.1f read units; a Scan: %.1f; ratio %.2f", calls, units, scanned, units/scanned)
	if units > 1.3*scanned || scanned == 0 {
		t.Errorf("full list: got %.1f units, want at most 1.3 times the %.1f of a Scan", units, scanned)
	}
	return units
}

func checkCostOfFirstLink(t *testing.T, p *dynamotest.Proxy, s store.Store, full float64) {
	t.Helper()
	p.Reset()
	for _, err := range s.List(t.Context(), link.Position{}, math.MaxInt) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if _, units := p.Count("Query"); units > full/10 {
		t.Errorf("first link of a full list: got %.1f units, want at most a tenth of %.1f", units, full)
	}
}

// checkCostOfSearch checks the cost of a search that examines n links. It reads like
// the API, which examines at most 10,000 links and reads one more. docs/operations.md
// contains the figures that it logs.
func checkCostOfSearch(t *testing.T, p *dynamotest.Proxy, s store.Store, n int, maxUnits float64) {
	t.Helper()
	p.Reset()
	examined := 0
	for _, err := range s.List(t.Context(), link.Position{}, 10_000+1) {
		if err != nil {
			t.Fatal(err)
		}
		if examined++; examined == n {
			break
		}
	}
	calls, units := p.Count("Query")
	t.Logf("search of %d links: %d calls, %.1f read units", n, calls, units)
	if units > maxUnits || units == 0 {
		t.Errorf("search of %d links: got %.1f read units, want at most %.1f", n, units, maxUnits)
	}
}

// scan returns the read units of an eventually consistent Scan.
func scan(t *testing.T, p *dynamotest.Proxy, table string) float64 {
	t.Helper()
	pages := dynamodb.NewScanPaginator(newClient(t), &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		if _, err := pages.NextPage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, units := p.Count("Scan")
	return units
}
