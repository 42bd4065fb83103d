package dynamostore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

// creating returns the configuration of a Store that creates the table.
func creating(t *testing.T, table string) dynamostore.Config {
	t.Helper()
	c := dynamotest.Config(t, table)
	c.CreateTable = true
	return c
}

func TestOpen_ConcurrentTableCreation(t *testing.T) {
	table := dynamotest.Table(t)
	var stores [4]*dynamostore.Store
	var opened sync.WaitGroup
	for i := range stores {
		opened.Go(func() {
			var err error
			if stores[i], err = dynamostore.Open(t.Context(), creating(t, table)); err != nil {
				t.Error(err)
			}
		})
	}
	opened.Wait()
	if t.Failed() {
		return
	}
	want := storetest.Links(t, 0, 1)
	for _, s := range stores {
		t.Cleanup(func() { _ = s.Close() })
		storetest.Put(t, s, want...)
	}
	for _, s := range stores {
		wantList(t, s, link.Timestamp{}, 10, want...)
	}
}

func TestOpen_ExistingTable(t *testing.T) {
	table := dynamotest.Table(t)
	storetest.Put(t, dynamotest.OpenTable(t, table, 1), storetest.Links(t, 0, 3)...)
	wantList(t, dynamotest.OpenTable(t, table, 1), link.Timestamp{}, 10, storetest.Links(t, 0, 3)...)
}

func TestStore_MissingTable(t *testing.T) {
	s := openExisting(t, dynamotest.Table(t))
	for name, err := range map[string]error{
		"Put":    s.Put(t.Context(), storetest.Links(t, 0, 1)...),
		"Delete": s.Delete(t.Context(), uuid.New()),
		"Ready":  s.Ready(t.Context()),
	} {
		if err == nil || !strings.Contains(err.Error(), "LINKS_CREATE_TABLE=true") ||
			errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: got %v, want an internal error that names LINKS_CREATE_TABLE", name, err)
		}
	}
}

func TestOpen_TableWithOtherSchema(t *testing.T) {
	client := newClient(t)
	index := func(name, hash, sort string, projected ...string) types.GlobalSecondaryIndex {
		projection := &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: projected}
		if len(projected) == 0 {
			projection = &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
		}
		return types.GlobalSecondaryIndex{IndexName: &name, KeySchema: key(hash, sort), Projection: projection}
	}
	for _, c := range []struct {
		name  string
		key   []types.KeySchemaElement
		index types.GlobalSecondaryIndex
		want  string
	}{
		{
			"the link in the key", key("link_id", "link"), index("by_added", "list_shard", "added", "link"),
			"has the key link_id S HASH, link S RANGE",
		},
		{
			"an index with another name", key("link_id", ""), index("by_time", "list_shard", "added", "link"),
			"has no index by_added",
		},
		{
			"an index with another key", key("link_id", ""), index("by_added", "list_shard", "link_id", "link"),
			"index by_added",
		},
		{
			"an index with its key reversed", key("link_id", ""), index("by_added", "added", "list_shard", "link"),
			"index by_added",
		},
		{
			"an index without the link", key("link_id", ""), index("by_added", "list_shard", "added"),
			"does not project link",
		},
		{
			"an index with only the title", key("link_id", ""), index("by_added", "list_shard", "added", "title"),
			"does not project link",
		},
		{
			"an index without titles", key("link_id", ""), index("by_added", "list_shard", "added", "link"),
			"does not project title",
		},
		{
			"an index without tags", key("link_id", ""),
			index("by_added", "list_shard", "added", "link", "title", "note"),
			"does not project tags",
		},
		{
			"an index without notes", key("link_id", ""),
			index("by_added", "list_shard", "added", "link", "title", "tags"),
			"does not project note",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := dynamotest.Table(t)
			_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
				TableName: &table, BillingMode: types.BillingModePayPerRequest, KeySchema: c.key,
				AttributeDefinitions:   attributesOf(c.key, c.index.KeySchema),
				GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{c.index},
			})
			if err != nil {
				t.Fatal(err)
			}
			s, err := dynamostore.Open(t.Context(), creating(t, table))
			text := fmt.Sprint(err)
			if s != nil || err == nil || !strings.Contains(text, c.want) || !strings.Contains(text, table) {
				t.Errorf("Open: got %v, %v, want an error that contains the table and %q", s, err, c.want)
			}
		})
	}
}

func key(hash, sort string) []types.KeySchemaElement {
	key := []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}}
	if sort != "" {
		key = append(key, types.KeySchemaElement{AttributeName: &sort, KeyType: types.KeyTypeRange})
	}
	return key
}

func attributesOf(keys ...[]types.KeySchemaElement) (all []types.AttributeDefinition) {
	kinds := map[string]types.ScalarAttributeType{"link_id": "S", "link": "S", "list_shard": "N", "added": "B"}
	for _, key := range keys {
		for _, k := range key {
			if kind, ok := kinds[*k.AttributeName]; ok {
				all = append(all, types.AttributeDefinition{AttributeName: k.AttributeName, AttributeType: kind})
				delete(kinds, *k.AttributeName)
			}
		}
	}
	return all
}

func TestOpen_WaitsForTableInCreation(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	for status, polls := range map[string]int{
		"TableStatus UPDATING": 2, "TableStatus CREATING": 4, "IndexStatus UPDATING": 2, "IndexStatus CREATING": 4,
	} {
		t.Run(status, func(t *testing.T) {
			p := newProxy(t, (*httptest.Server).Start)
			var asked atomic.Int64
			p.Change = func(operation string, response []byte) []byte {
				if operation == "DescribeTable" && asked.Add(1) <= 3 {
					return withStatus(t, response, status)
				}
				return response
			}
			var log strings.Builder
			c := creating(t, table)
			c.Log = slog.New(slog.NewJSONHandler(&log, nil))
			s, err := dynamostore.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
			if n, _ := p.Count("DescribeTable"); n != polls {
				t.Errorf("DescribeTable: got %d calls, want %d", n, polls)
			}
			waited := strings.Contains(log.String(), "waiting for the table")
			if waited != strings.HasSuffix(status, "CREATING") {
				t.Errorf("log: got %q, want that it waits: %v", log.String(), !waited)
			}
		})
	}
}

// withStatus returns the description of a table with another status, such as
// "IndexStatus CREATING".
func withStatus(t *testing.T, description []byte, status string) []byte {
	t.Helper()
	name, value, _ := strings.Cut(status, " ")
	changed := bytes.Replace(description, []byte(`"`+name+`":"ACTIVE"`), []byte(`"`+name+`":"`+value+`"`), 1)
	if bytes.Equal(changed, description) {
		t.Errorf("description: got %s, want an active %s in it", description, name)
	}
	return changed
}

func TestOpen_TableInDeletion(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	p := newProxy(t, (*httptest.Server).Start)
	p.Change = func(_ string, response []byte) []byte { return withStatus(t, response, "TableStatus DELETING") }
	_, err := dynamostore.Open(t.Context(), creating(t, table))
	if err == nil || !strings.Contains(err.Error(), table+" is being deleted") {
		t.Errorf("Open: got %v, want an error that names the table", err)
	}
}

func TestOpen_ContextCanceled(t *testing.T) {
	p := newProxy(t, (*httptest.Server).Start)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		cancel()
		_, _ = w.Write([]byte(`{"Table":{"TableName":"t","TableStatus":"CREATING"}}`))
		return true
	}
	_, err := dynamostore.Open(ctx, creating(t, "t"))
	if !slices.Equal(sentinels(err), []error{context.Canceled}) {
		t.Errorf("Open: got %v, want context.Canceled", err)
	}
}

func TestOpen_WaitsUntilDeadline(t *testing.T) {
	p := newProxy(t, (*httptest.Server).Start)
	passes := newDeadline(t)
	p.Fault = passes.after(1, 3, func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		_, _ = w.Write([]byte(`{"Table":{"TableName":"t","TableStatus":"CREATING"}}`))
		return true
	})
	_, err := dynamostore.Open(passes, creating(t, "t"))
	if !slices.Equal(sentinels(err), []error{context.DeadlineExceeded}) {
		t.Errorf("Open: got %v, want context.DeadlineExceeded", err)
	}
}
