package dynamostore_test

import (
	"context"
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
	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

func TestReady_MissingIndex(t *testing.T) {
	table := dynamotest.Table(t)
	client := newClient(t)
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &table, BillingMode: types.BillingModePayPerRequest, KeySchema: key("link_id", ""),
		AttributeDefinitions: attributesOf(key("link_id", "")),
	})
	if err != nil {
		t.Fatal(err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay = 10 * time.Millisecond
	})
	if err := waiter.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &table}, time.Minute); err != nil {
		t.Fatal(err)
	}
	err = openExisting(t, table).Ready(t.Context())
	if err == nil || !strings.Contains(err.Error(), "index by_added") {
		t.Errorf("Ready: got %v, want an error that names the index", err)
	}
}

func TestCheckShards_LogsHiddenLinks(t *testing.T) {
	table := dynamotest.Table(t)
	storetest.Put(t, dynamotest.OpenTable(t, table, 8), storetest.Links(t, 0, 200)...)
	for shards, hidden := range map[int]bool{1: true, 7: true, 8: false, 64: false} {
		var log strings.Builder
		c := dynamotest.Config(t, table)
		c.ListShards, c.Log = shards, slog.New(slog.NewJSONHandler(&log, nil))
		s, err := dynamostore.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		s.CheckShards(t.Context())
		_ = s.Close()
		text := log.String()
		logged := strings.Contains(text, `"level":"ERROR"`) && strings.Contains(text, "LINKS_LIST_SHARDS")
		if logged != hidden {
			t.Errorf("CheckShards with %d shards of 8: got the log %q, want an error: %v", shards, text, hidden)
		}
	}
}

func TestGet_ReadsConsistently(t *testing.T) {
	table, all := loaded(t, 1, 1, 60)
	p := newProxy(t, (*httptest.Server).Start)
	var consistent atomic.Bool
	p.Fault = func(_ http.ResponseWriter, r *http.Request, operation string) bool {
		if operation == "GetItem" {
			consistent.Store(strings.Contains(bodyOf(r), `"ConsistentRead":true`))
		}
		return false
	}
	if _, err := openExisting(t, table).Get(t.Context(), all[0].ID); err != nil || !consistent.Load() {
		t.Errorf("Get: got %v, consistent read %v, want nil, true", err, consistent.Load())
	}
}

func TestList_QueriesShardsConcurrently(t *testing.T) {
	const shards = 8
	table, all := loaded(t, shards, 100, 60)
	p := newProxy(t, (*httptest.Server).Start)
	var waiting sync.WaitGroup
	waiting.Add(shards)
	var first atomic.Int64
	p.Fault = func(_ http.ResponseWriter, r *http.Request, operation string) bool {
		if operation == "Query" && first.Add(1) <= shards {
			waiting.Done()
			all := make(chan struct{})
			go func() { waiting.Wait(); close(all) }()
			select {
			case <-all:
			case <-r.Context().Done():
			}
		}
		return false
	}
	c := dynamotest.Config(t, table)
	c.ListShards = shards
	s, err := dynamostore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// Without concurrent Queries, the first one ends only with this deadline.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got, err := storetest.Collect(s.List(ctx, link.Position{}, 50)); err != nil || !slices.Equal(got, all[:50]) {
		t.Errorf("List: got %d links, %v, want the newest 50", len(got), err)
	}
}

func TestGet_ForeignItem(t *testing.T) {
	table := dynamotest.Table(t)
	s := dynamotest.OpenTable(t, table, 1)
	id := uuid.New()
	if err := write(t.Context(), newClient(t), table, foreignItem(id)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), id); err == nil || sentinels(err) != nil {
		t.Errorf("Get: got %v, want an internal error", err)
	}
}

func foreignItem(id uuid.UUID) []types.WriteRequest {
	return []types.WriteRequest{{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
		"link_id": &types.AttributeValueMemberS{Value: id.String()},
		"title":   &types.AttributeValueMemberS{Value: "no link"},
	}}}}
}
