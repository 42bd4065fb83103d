package dynamostore_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"links/internal/link"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

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
