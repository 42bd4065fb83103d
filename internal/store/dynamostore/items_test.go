package dynamostore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"links/internal/link"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

type attributes = map[string]types.AttributeValue

// itemOf returns the item of a link.
func itemOf(l link.Link, shard int) attributes {
	item := attributes{
		"link_id":    &types.AttributeValueMemberS{Value: l.ID.String()},
		"link":       &types.AttributeValueMemberS{Value: l.URL},
		"added":      &types.AttributeValueMemberB{Value: l.Added[:]},
		"list_shard": &types.AttributeValueMemberN{Value: strconv.Itoa(shard)},
	}
	if l.Title != "" {
		item["title"] = &types.AttributeValueMemberS{Value: l.Title}
	}
	if l.Tags != "" {
		tags := &types.AttributeValueMemberL{}
		for tag := range l.Tags.All() {
			tags.Value = append(tags.Value, &types.AttributeValueMemberS{Value: tag})
		}
		item["tags"] = tags
	}
	if l.Note != "" {
		item["note"] = &types.AttributeValueMemberS{Value: l.Note}
	}
	return item
}

// putItems writes items without the package.
func putItems(t *testing.T, table string, items ...attributes) {
	t.Helper()
	client := newClient(t)
	writes, ctx := errgroup.WithContext(t.Context())
	writes.SetLimit(8)
	for batch := range slices.Chunk(items, 25) {
		var requests []types.WriteRequest
		for _, item := range batch {
			requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		}
		writes.Go(func() error { return write(ctx, client, table, requests) })
	}
	if err := writes.Wait(); err != nil {
		t.Fatal(err)
	}
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

// loaded returns a new table that contains n links with titles of the given
// size, and these links, newest first. It writes the items without the package.
func loaded(t *testing.T, shards, n, title int) (table string, newestFirst []link.Link) {
	t.Helper()
	return loadedWith(t, shards, n, func(i int, l *link.Link) { l.Title = fmt.Sprintf("%0*d", title, i) })
}

// loadedWith is like loaded, except that change changes each link instead of a title.
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

// newClient returns a client without the settings of the package.
func newClient(t *testing.T) *dynamodb.Client {
	t.Helper()
	dynamotest.Endpoint(t)
	return dynamodb.NewFromConfig(dynamotest.AWS(t))
}
