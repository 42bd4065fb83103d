package dynamostore

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"links/internal/link"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
)

// The attributes of an item, one for each link.
const (
	idAttribute    = "link_id"    // S, the ID in its 36-character form, lower case
	urlAttribute   = "link"       // S
	titleAttribute = "title"      // S, only where there is one
	addedAttribute = "added"      // B, 16 bytes: as text, a whole list costs 15% more
	shardAttribute = "list_shard" // N, see shardOf
)

// maxShards is what ListShards may be at most: with more, the smallest page costs 32 read units and up.
const maxShards = 64

// shardOf is the key of the index that a new link goes to, from 0 to shards-1. A link that is there keeps its own, and a
// list asks for all of 0 to shards-1: so shards may grow, since that leaves out none that was ever given, and not shrink.
func shardOf(id uuid.UUID, shards int) int {
	return int(binary.BigEndian.Uint32(id[:4]) % uint32(shards))
}

func key(id uuid.UUID) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{idAttribute: &types.AttributeValueMemberS{Value: id.String()}}
}

func shardValue(shard int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(shard)}
}

func addedValue(added link.Timestamp) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: added[:]}
}

// linkOf reads an item of the table or of the index. An error says what is not as Put writes it, and names the item.
//
// Added must be a UUID version 7: the API accepts no other as a cursor, and has no date for some.
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
	var err error
	if l.ID, err = uuid.Parse(id.Value); err != nil || l.ID.String() != id.Value {
		return link.Link{}, fmt.Errorf("item %q: %s is not a UUID in its 36-character form, lower case", id.Value, idAttribute)
	}
	var ok bool
	if l.Added, ok = link.TimestampFromBytes(added.Value); !ok {
		return link.Link{}, fmt.Errorf("item %q: %s is not a UUID version 7 in 16 bytes", id.Value, addedAttribute)
	}
	return l, nil
}
