package dynamostore_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/dynamostore/dynamotest"
	"links/internal/store/storetest"
)

func tagged(t *testing.T, i int, tags link.Tags) link.Link {
	t.Helper()
	l := storetest.Link(t, i)
	l.Tags = tags
	return l
}

func wantTags(t *testing.T, s store.Store, i int, want link.Tags) {
	t.Helper()
	got, err := s.Get(t.Context(), storetest.Link(t, i).ID)
	if err != nil || got.Tags != want {
		t.Errorf("Get(link %d): got tags %q, %v, want %q", i, got.Tags, err, want)
	}
}

func TestPut_TagsChangedDuringMerge(t *testing.T) {
	table := dynamotest.Table(t)
	direct := dynamotest.OpenTable(t, table, 1)
	put := func(tags link.Tags) func(i int) error {
		return func(i int) error { return direct.Put(t.Context(), tagged(t, i, tags)) }
	}
	set := func(tags link.Tags) func(i int) error {
		return func(i int) error {
			_, err := direct.Update(t.Context(), storetest.Link(t, i).ID, link.Changes{Tags: &tags})
			return err
		}
	}
	remove := func(i int) error { return direct.Delete(t.Context(), storetest.Link(t, i).ID) }
	p := newProxy(t, (*httptest.Server).Start)
	s := openExisting(t, table)
	i := 0
	for _, c := range []struct {
		name   string
		change func(i int) error
		want   link.Tags
	}{
		{"another tag is added", put("other"), "a,b,other,new"},
		{"the same tag is added in another case", put("NEW"), "a,b,NEW"},
		{"a tag is removed", set("b"), "b,new"},
		{"a tag is replaced", set("a,c"), "a,c,new"},
		{"tags are reordered", set("b,a"), "b,a,new"},
		{"all tags are removed", set(""), "new"},
		{"the link is deleted", remove, "new"},
		{"the link is deleted and stored again", func(i int) error {
			if err := remove(i); err != nil {
				return err
			}
			return put("")(i)
		}, "new"},
	} {
		for operation, when := range map[string]string{"GetItem": "before", "UpdateItem": "after"} {
			t.Run(c.name+" "+when+" the merge reads the tags", func(t *testing.T) {
				i++
				storetest.Put(t, direct, tagged(t, i, "a,b"))
				p.Reset()
				changed := false
				p.Fault = func(_ http.ResponseWriter, _ *http.Request, called string) bool {
					if reads, _ := p.Count("GetItem"); reads > 0 && called == operation && !changed {
						changed = true
						if err := c.change(i); err != nil {
							t.Error(err)
						}
					}
					return false
				}
				storetest.Put(t, s, tagged(t, i, "new"))
				if !changed {
					t.Error("Put: got no merge, want one")
				}
				wantTags(t, direct, i, c.want)
			})
		}
	}
}

func TestPut_ResponseOfMergeLost(t *testing.T) {
	table := dynamotest.Table(t)
	direct := dynamotest.OpenTable(t, table, 1)
	storetest.Put(t, direct, tagged(t, 1, "a,b"))
	p := newProxy(t, (*httptest.Server).Start)
	var writes atomic.Int64
	p.Responded = func(operation string) {
		if operation == "UpdateItem" && writes.Add(1)%2 == 1 {
			panic(http.ErrAbortHandler)
		}
	}
	merged := tagged(t, 1, "B,new")
	merged.Title, merged.Note = "title", "note"
	storetest.Put(t, openExisting(t, table), merged)
	if n := writes.Load(); n < 4 {
		t.Errorf("writes: got %d, want at least 2 that fail and 2 that are retried", n)
	}
	got, err := direct.Get(t.Context(), merged.ID)
	if err != nil || got.Tags != "a,b,new" || got.Title != "title" || got.Note != "note" {
		t.Errorf("Get: got %+v, %v, want the merged link", got, err)
	}
}

func TestPut_ItemsOfOtherPrograms(t *testing.T) {
	table, all := loaded(t, 1, 8, 60)
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	list := func(values ...types.AttributeValue) types.AttributeValue {
		return &types.AttributeValueMemberL{Value: values}
	}
	s := dynamotest.OpenTable(t, table, 1)
	for i, c := range []struct {
		name    string
		tags    types.AttributeValue // nil: none, as in an item of an older version
		want    link.Tags            // after adding the tag b
		invalid bool
	}{
		{"no tags", nil, "b", false},
		{"an empty list", list(), "b", false},
		{"a tag with white space", list(text(" a ")), "a,b", false},
		{"a repeated tag", list(text("a"), text("A"), text("c")), "a,c,b", false},
		{"a number", list(text("a"), &types.AttributeValueMemberN{Value: "1"}), "", true},
		{"a tag with a comma", list(text("a,c")), "", true},
		{"an empty tag", list(text("")), "", true},
		{"a set instead of a list", &types.AttributeValueMemberSS{Value: []string{"a"}}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.tags != nil {
				_, err := newClient(t).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
					TableName:                 &table,
					Key:                       attributes{"link_id": text(all[i].ID.String())},
					UpdateExpression:          new("SET tags = :tags"),
					ExpressionAttributeValues: attributes{":tags": c.tags},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			tagged := all[i]
			tagged.Tags = "b"
			err := s.Put(t.Context(), tagged)
			if c.invalid {
				text := fmt.Sprint(err)
				named := strings.Contains(text, tagged.ID.String()) && strings.Contains(text, "tags")
				if err == nil || sentinels(err) != nil || !named {
					t.Errorf("Put: got %v, want an internal error that names the item and tags", err)
				}
				if _, err := s.Get(t.Context(), tagged.ID); err == nil || sentinels(err) != nil {
					t.Errorf("Get: got %v, want an internal error", err)
				}
				// Replacing the tags repairs the item.
				got, err := s.Update(t.Context(), tagged.ID, link.Changes{Tags: &tagged.Tags})
				if err != nil || got != tagged {
					t.Errorf("Update: got %v, %v, want %v", got, err, tagged)
				}
				return
			}
			tagged.Tags = c.want
			if got, err2 := s.Get(t.Context(), tagged.ID); err != nil || err2 != nil || got != tagged {
				t.Errorf("Put and Get: got %v, %v, %v, want %v", got, err, err2, tagged)
			}
		})
	}
}
