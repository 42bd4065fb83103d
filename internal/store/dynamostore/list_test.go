package dynamostore_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store/dynamostore"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

// openLogged opens a Store that does not create the table. It returns the Store
// and its log.
func openLogged(t *testing.T, table string) (*dynamostore.Store, *strings.Builder) {
	t.Helper()
	var log strings.Builder
	c := dynamotest.Config(t, table)
	c.Log = slog.New(slog.NewJSONHandler(&log, nil))
	s, err := dynamostore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, &log
}

func TestList_SkipsInvalidItems(t *testing.T) {
	id := storetest.Links(t, 100, 1)[0].ID.String()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	binary := func(s string) types.AttributeValue { return &types.AttributeValueMemberB{Value: []byte(s)} }
	random := uuid.New()
	for _, c := range []struct {
		name    string
		changed attributes // nil: without the attribute
		named   string
	}{
		{"an item without link", attributes{"link": nil}, id},
		{"an item whose link is empty", attributes{"link": text("")}, id},
		{"an item whose link is a number", attributes{"link": &types.AttributeValueMemberN{Value: "1"}}, id},
		{"an item whose ID is not a UUID", attributes{"link_id": text("user#7")}, "user#7"},
		{"an item whose ID is in upper case", attributes{"link_id": text(strings.ToUpper(id))}, strings.ToUpper(id)},
		{"an item with a longer added", attributes{"added": binary("\xffuser#2026-11-23T12:00")}, id},
		{"an item whose added is a random UUID", attributes{"added": binary(string(random[:]))}, id},
		{"an item whose added is zero", attributes{"added": binary(strings.Repeat("\x00", 16))}, id},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := dynamotest.Table(t)
			all := storetest.Links(t, 0, 4)
			storetest.Put(t, dynamotest.OpenTable(t, table, 1), all[2:]...)
			broken := storetest.Links(t, 100, 1)[0]
			broken.Added = new(link.Clock).Stamp(link.Timestamp{})
			item := itemOf(broken, 0)
			maps.Copy(item, c.changed)
			maps.DeleteFunc(item, func(_ string, value types.AttributeValue) bool { return value == nil })
			putItems(t, table, item)
			storetest.Put(t, dynamotest.OpenTable(t, table, 1), all[:2]...)

			s, log := openLogged(t, table)
			storetest.WantLinks(t, storetest.List(t, s, link.Timestamp{}, 100), all...)
			if n := strings.Count(log.String(), c.named); n != 1 || !strings.Contains(log.String(), `"level":"ERROR"`) {
				t.Errorf("log: got %s %d times, want one error that names it: %s", c.named, n, log.String())
			}
			for size := 1; size <= 5; size++ {
				storetest.WantLinks(t, storetest.Traverse(t, s, size, nil), all...)
			}
		})
	}
}

func TestList_LogsInvalidItemsInOneLine(t *testing.T) {
	table := dynamotest.Table(t)
	want := storetest.Links(t, 0, 3)
	storetest.Put(t, dynamotest.OpenTable(t, table, 1), want...)
	var foreign []attributes
	for i := range 250 { // newer than the links, so that the first Query returns no link
		item := itemOf(link.Link{ID: uuid.New(), URL: "x", Added: new(link.Clock).Stamp(link.Timestamp{})}, 0)
		item["link_id"] = &types.AttributeValueMemberS{Value: fmt.Sprintf("user#%03d", i)}
		foreign = append(foreign, item)
	}
	putItems(t, table, foreign...)
	s, log := openLogged(t, table)
	wantList(t, s, link.Timestamp{}, 200, want...)
	if lines := strings.Count(log.String(), "\n"); lines != 2 || log.Len() > 20_000 {
		t.Errorf("log of two Queries: got %d lines of %d bytes in all, want one line each", lines, log.Len())
	}
	if n := strings.Count(log.String(), "user#249"); n != 1 {
		t.Errorf("newest invalid item: got it logged %d times, want once", n)
	}
}

func TestReady_IgnoresInvalidItems(t *testing.T) {
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	item := itemOf(link.Link{ID: uuid.New(), Added: new(link.Clock).Stamp(link.Timestamp{})}, 0)
	delete(item, "link")
	putItems(t, table, item)
	s, log := openLogged(t, table)
	if err := s.Ready(t.Context()); err != nil || log.Len() > 0 {
		t.Errorf("Ready: got %v and logs %q, want nil and no log line with each health check", err, log)
	}
}

func TestGet_InvalidItem(t *testing.T) {
	table := dynamotest.Table(t)
	s := dynamotest.OpenTable(t, table, 1)
	l := storetest.Links(t, 0, 1)[0]
	item := itemOf(l, 0)
	delete(item, "added")
	delete(item, "list_shard")
	putItems(t, table, item)
	_, err := s.Get(t.Context(), l.ID)
	if err == nil || sentinels(err) != nil || !strings.Contains(err.Error(), l.ID.String()) {
		t.Errorf("Get: got %v, want an error that names the item", err)
	}
	// Storing the link again adds what is missing (see docs/operations.md).
	storetest.Put(t, s, l)
	wantList(t, s, link.Timestamp{}, 10, l)
}

func TestList_EqualKeys(t *testing.T) {
	for _, c := range []struct {
		shards int
		groups []int // the numbers of links with the same Added, newest first
	}{
		{1, []int{2}},
		{1, []int{1, 2, 1}},
		{1, []int{3, 1, 2, 4}},
		{8, []int{2, 3, 1, 9, 2}},
	} {
		t.Run(fmt.Sprint(c.shards, " shards, ", c.groups), func(t *testing.T) {
			table := dynamotest.Table(t)
			s := dynamotest.OpenTable(t, table, c.shards)
			var want []link.Link
			var items []attributes
			for i, n := range c.groups {
				added := new(link.Clock).Stamp(link.TimestampAt(time.UnixMilli(int64(1_000_000 - i))))
				for _, l := range storetest.Links(t, len(want), n) {
					l.Added = added
					want = append(want, l)
					items = append(items, itemOf(l, len(items)*5%c.shards))
				}
			}
			putItems(t, table, items...)
			slices.SortStableFunc(want, func(a, b link.Link) int {
				return cmp.Or(
					cmp.Compare(b.Added.String(), a.Added.String()), cmp.Compare(b.ID.String(), a.ID.String()))
			})
			for size := 1; size <= len(want)+1; size++ {
				storetest.WantLinks(t, storetest.Traverse(t, s, size, nil), want...)
			}
			// The last link of a page may be deleted before the next page is
			// read.
			for i, l := range want[:len(want)-1] {
				if err := s.Delete(t.Context(), l.ID); err != nil {
					t.Fatal(err)
				}
				storetest.WantLinks(t, storetest.ListAfter(t, s, l.Position(), 100), want[i+1:]...)
			}
		})
	}
}

// DynamoDB may return a page without items that does not end the list.
func TestList_ContinuesAfterEmptyPage(t *testing.T) {
	table, all := loaded(t, 1, 20, 60)
	p := newProxy(t, (*httptest.Server).Start)
	left := 2 // Queries to return without their items
	dropped := 0
	p.Change = func(_ string, response []byte) []byte {
		var page map[string]any
		if err := json.Unmarshal(response, &page); err != nil {
			t.Error(err)
		}
		if left == 0 || page["LastEvaluatedKey"] == nil {
			return response
		}
		left--
		dropped += len(page["Items"].([]any))
		page["Items"], page["Count"] = []any{}, 0
		response, _ = json.Marshal(page)
		return response
	}
	wantList(t, openExisting(t, table), link.Timestamp{}, 3, all[10:13]...)
	if dropped != 10 {
		t.Errorf("dropped items: got %d, want the 10 of two Queries", dropped)
	}
}
