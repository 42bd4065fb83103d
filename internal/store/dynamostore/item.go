package dynamostore

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"links/internal/link"
)

// The attributes of an item. The package documentation describes them.
const (
	idAttribute    = "link_id"
	urlAttribute   = "link"
	titleAttribute = "title"
	tagsAttribute  = "tags"
	noteAttribute  = "note"
	addedAttribute = "added" // binary, because text would make lists more expensive
	shardAttribute = "list_shard"
)

// maxShards limits ListShards, because every page queries all shards.
const maxShards = 64

// shardOf returns the shard of a new link, from 0 to shards-1. An existing link
// keeps its shard, and a list reads all shards from 0 to shards-1. So the
// number of shards can be increased, and not decreased.
func shardOf(id uuid.UUID, shards int) int {
	return int(binary.BigEndian.Uint32(id[:4]) % uint32(shards))
}

func key(id uuid.UUID) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{idAttribute: &types.AttributeValueMemberS{Value: id.String()}}
}

func numberValue(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}

func stringValue(text string) types.AttributeValue {
	return &types.AttributeValueMemberS{Value: text}
}

func tagsValue(tags link.Tags) *types.AttributeValueMemberL {
	list := &types.AttributeValueMemberL{}
	for tag := range tags.All() {
		list.Value = append(list.Value, stringValue(tag))
	}
	return list
}

func addedValue(added link.Timestamp) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: added[:]}
}

// linkOf returns the link in an item of the table or of the index. The error
// names the item and the attribute that is invalid.
//
// Added must be a UUID version 7, because the API accepts no other as a cursor.
func linkOf(item map[string]types.AttributeValue) (link.Link, error) {
	id, _ := item[idAttribute].(*types.AttributeValueMemberS)
	url, _ := item[urlAttribute].(*types.AttributeValueMemberS)
	added, _ := item[addedAttribute].(*types.AttributeValueMemberB)
	switch {
	case id == nil:
		return link.Link{}, fmt.Errorf("an item without %s (S)", idAttribute)
	case url == nil || url.Value == "":
		return link.Link{}, fmt.Errorf("item %q: %s (S) is missing", id.Value, urlAttribute)
	case added == nil:
		return link.Link{}, fmt.Errorf("item %q: %s (B) is missing", id.Value, addedAttribute)
	}
	l := link.Link{URL: url.Value}
	if title, ok := item[titleAttribute].(*types.AttributeValueMemberS); ok {
		l.Title = title.Value
	}
	if note, ok := item[noteAttribute].(*types.AttributeValueMemberS); ok {
		l.Note = note.Value
	}
	var err error
	if _, l.Tags, err = tagsOf(item); err != nil {
		return link.Link{}, fmt.Errorf("item %q: %w", id.Value, err)
	}
	if l.ID, err = uuid.Parse(id.Value); err != nil || l.ID.String() != id.Value {
		return link.Link{}, fmt.Errorf("item %q: %s is not a UUID in lower case, with hyphens", id.Value, idAttribute)
	}
	var ok bool
	if l.Added, ok = link.TimestampFromBytes(added.Value); !ok {
		return link.Link{}, fmt.Errorf("item %q: %s is not a UUID version 7 in 16 bytes", id.Value, addedAttribute)
	}
	return l, nil
}

// tagsOf returns the list of tags in an item, and the same tags as ParseTags
// returns them. If the item contains no tags, the list is nil.
func tagsOf(item map[string]types.AttributeValue) (*types.AttributeValueMemberL, link.Tags, error) {
	if item[tagsAttribute] == nil {
		return nil, "", nil
	}
	list, ok := item[tagsAttribute].(*types.AttributeValueMemberL)
	if !ok {
		return nil, "", fmt.Errorf("%s is not a list (L)", tagsAttribute)
	}
	all := make([]string, 0, len(list.Value))
	for _, tag := range list.Value {
		tag, ok := tag.(*types.AttributeValueMemberS)
		if !ok {
			return nil, "", fmt.Errorf("%s (L) contains a value other than a string (S)", tagsAttribute)
		}
		all = append(all, tag.Value)
	}
	tags, err := link.ParseTags(all)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", tagsAttribute, err)
	}
	return list, tags, nil
}
