package dynamostore_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/uuid"

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

// requireIndexCosts skips the test if the DynamoDB-compatible server does not
// report the capacity units of an index.
func requireIndexCosts(t *testing.T) {
	t.Helper()
	table := dynamotest.Table(t)
	storetest.Put(t, dynamotest.OpenTable(t, table, 1), storetest.Links(t, 0, 1)...)
	id := storetest.Links(t, 0, 1)[0].ID.String()
	out, err := newClient(t).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &table, Key: map[string]types.AttributeValue{"link_id": &types.AttributeValueMemberS{Value: id}},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.ConsumedCapacity.GlobalSecondaryIndexes) == 0 {
		t.Skip("this DynamoDB-compatible server does not report the capacity units of an index")
	}
}

func TestWrites_Cost(t *testing.T) {
	requireIndexCosts(t)
	p := newProxy(t, (*httptest.Server).Start)
	s := dynamotest.Open(t, 1)
	bare, tagged := storetest.Link(t, 0), storetest.Link(t, 1)
	tagged.Title, tagged.Tags = fmt.Sprintf("%60d", 1), "go,Recipes/Soups"
	noted, long, full := withSize(t, 2, 100), withSize(t, 3, link.MaxURLBytes), withSize(t, 4, link.MaxURLBytes)
	noted.Note = strings.Repeat("x", link.MaxNoteBytes)
	long.Title = strings.Repeat("x", link.MaxTitleBytes)
	full.Title, full.Note = long.Title, noted.Note
	full.Tags = tagsOfSize(t, link.MaxTags, link.MaxTagsBytes/link.MaxTags)

	put := func(l link.Link, change func(*link.Link)) func() error {
		change(&l)
		return func() error { return s.Put(t.Context(), l) }
	}
	putTags := func(l link.Link, tags link.Tags) func() error {
		return put(l, func(l *link.Link) { l.Tags = tags })
	}
	unchanged := func(*link.Link) {}
	all := func(text string) link.Changes {
		return link.Changes{Title: &text, Tags: new(link.Tags(text)), Note: &text}
	}
	update := func(l link.Link, c link.Changes) func() error {
		return func() error { _, err := s.Update(t.Context(), l.ID, c); return err }
	}
	for _, c := range []struct {
		name  string
		write func() error
		calls int
		units float64 // of the table and the index together
	}{
		{"a new link", put(bare, unchanged), 1, 2},
		{"a new link with a title and tags", put(tagged, unchanged), 1, 2},
		{"a repeat", put(tagged, unchanged), 1, 1},
		{"a repeat with another title", put(tagged, func(l *link.Link) { l.Title = "other" }), 1, 1},
		{"a repeat without tags", putTags(tagged, ""), 1, 1},
		{"a repeat with some of the tags", putTags(tagged, "Recipes/Soups"), 1, 1},
		{"filling in a title", put(bare, func(l *link.Link) { l.Title = "title" }), 1, 2},
		{"filling in tags", putTags(bare, "a,b"), 1, 2},
		{"filling in a note", put(bare, func(l *link.Link) { l.Note = "note" }), 1, 2},
		// DynamoDB Local does not report the write units of a failed condition.
		{"merging tags", putTags(bare, "b,c"), 3, 1 + 2},
		{"repeating merged tags", putTags(bare, "b,c"), 1, 1},
		{"repeating tags in another case", putTags(bare, "B"), 3, 1 + 1},
		{"changing all members", update(bare, all("x")), 1, 2},
		{"removing all members", update(bare, all("")), 1, 2},
		{"a new link of 100 bytes with a note of 4,000", put(noted, unchanged), 1, 10},
		{"changing its title", update(noted, link.Changes{Title: new("title")}), 1, 10},
		{"filling in its tags", putTags(noted, "a"), 1, 10},
		{"merging its tags", putTags(noted, "b"), 3, 2 + 10},
		{"a new link of 8,000 bytes with a title of 2,000", put(long, unchanged), 1, 20},
		{"its repeat", put(long, unchanged), 1, 10},
		{"a new link with everything as large as possible", put(full, unchanged), 1, 32},
		{"its repeat with all tags", put(full, unchanged), 1, 16},
		{"deleting a link", func() error { return s.Delete(t.Context(), tagged.ID) }, 1, 2},
	} {
		p.Reset()
		if err := c.write(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		calls, units := 0, 0.0
		for _, operation := range []string{"UpdateItem", "DeleteItem", "GetItem"} {
			n, consumed := p.Count(operation)
			calls, units = calls+n, units+consumed
		}
		if calls != c.calls || units != c.units {
			t.Errorf("%s: got %d calls and %.1f units, want %d and %.1f", c.name, calls, units, c.calls, c.units)
		}
	}
}

// withSize returns link number i with a URL of n bytes.
func withSize(t *testing.T, i, n int) link.Link {
	t.Helper()
	rawURL := fmt.Sprintf("https://example.com/%d/", i)
	l, err := link.Parse(rawURL + strings.Repeat("x", n-len(rawURL)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// tagsOfSize returns n tags of the given number of bytes.
func tagsOfSize(t *testing.T, n, size int) link.Tags {
	t.Helper()
	var tags []string
	for i := range n {
		tags = append(tags, fmt.Sprintf("%0*d", size, i))
	}
	all, err := link.ParseTags(tags)
	if err != nil {
		t.Fatal(err)
	}
	return all
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

// loaded returns a new table that contains n links with titles of the given
// size, and these links, newest first. It writes the items without the package.
func loaded(t *testing.T, shards, n, title int) (table string, newestFirst []link.Link) {
	t.Helper()
	return loadedWith(t, shards, n, func(i int, l *link.Link) { l.Title = fmt.Sprintf("%0*d", title, i) })
}

// loadedWith is like loaded, with links that change has changed.
func loadedWith(
	t *testing.T, shards, n int, change func(i int, l *link.Link),
) (table string, newestFirst []link.Link) {
	t.Helper()
	table = dynamotest.Table(t)
	dynamotest.OpenTable(t, table, shards)
	all := storetest.Links(t, 0, n)
	var clock link.Clock
	for i := range slices.Backward(all) {
		all[i].Added = clock.Stamp(link.Timestamp{})
		change(i, &all[i])
	}
	random := rand.New(rand.NewPCG(1, uint64(shards)))
	var items []attributes
	for _, l := range all {
		items = append(items, itemOf(l, random.IntN(shards)))
	}
	putItems(t, table, items...)
	return table, all
}

// write writes the items of a batch.
func write(ctx context.Context, client *dynamodb.Client, table string, batch []types.WriteRequest) error {
	out, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{table: batch},
	})
	if err == nil && len(out.UnprocessedItems) > 0 {
		return fmt.Errorf("BatchWriteItem: got %d unprocessed items, want none", len(out.UnprocessedItems[table]))
	}
	return err
}

// newClient returns a client without the settings of the package.
func newClient(t *testing.T) *dynamodb.Client {
	t.Helper()
	dynamotest.Endpoint(t)
	return dynamodb.NewFromConfig(dynamotest.AWS(t))
}

func foreignItem(id uuid.UUID) []types.WriteRequest {
	return []types.WriteRequest{{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
		"link_id": &types.AttributeValueMemberS{Value: id.String()},
		"title":   &types.AttributeValueMemberS{Value: "no link"},
	}}}}
}
