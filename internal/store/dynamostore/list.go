package dynamostore

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"links/internal/link"
)

// readAhead returns the number of links to read next from all shards together,
// given the number and the total size of the links yielded so far. It limits
// what is read but never consumed. A caller that continues after the largest
// page of the API probably lists everything, but no more bytes than one
// response contains.
func readAhead(yielded, size int) int {
	const response = 4 << 20
	if yielded < 1024 {
		return 1024
	}
	return min(8192, response/(1+size/yielded))
}

// A shardReader reads the links of one shard, newest first.
type shardReader struct {
	shard int
	after link.Position
	links []link.Link                     // read and not yet yielded
	next  map[string]types.AttributeValue // the start key of the next Query; nil for the first one
	ended bool                            // the shard has been read to its end
}

// A mergeIterator merges the links of all shards into one list.
type mergeIterator []*shardReader

func (s *Store) newMergeIterator(after link.Position) mergeIterator {
	m := make(mergeIterator, s.shards)
	for shard := range m {
		m[shard] = &shardReader{shard: shard, after: after}
	}
	return m
}

// newest returns the reader of the list's next link, or nil if no reader has a
// link.
func (m mergeIterator) newest() *shardReader {
	var newest *shardReader
	for _, r := range m {
		if len(r.links) > 0 && (newest == nil || newestFirst(r.links[0], newest.links[0]) < 0) {
			newest = r
		}
	}
	return newest
}

// needRefill returns nil if the list's next link is known. Otherwise it returns
// all readers that are empty, or soon will be: those with less than a quarter
// of their part of the wanted links. The shards are therefore read
// concurrently.
//
// A reader is empty if its next link is unknown. It has no link, or it may not
// have all links with the newest Added: DynamoDB does not sort these by ID.
func (m mergeIterator) needRefill(wanted int) (readers []*shardReader) {
	newest := m.newest()
	isEmpty := func(r *shardReader) bool {
		return !r.ended && (len(r.links) == 0 || r.links[len(r.links)-1].Added == newest.links[0].Added)
	}
	if !slices.ContainsFunc(m, isEmpty) {
		return nil
	}
	low := wanted / len(m) / 4
	for _, r := range m {
		if isEmpty(r) || len(r.links) < low && !r.ended {
			readers = append(readers, r)
		}
	}
	return readers
}

// next removes and returns the newest link, or returns false at the end of the
// list. needRefill must have returned nil.
func (m mergeIterator) next() (link.Link, bool) {
	newest := m.newest()
	if newest == nil {
		return link.Link{}, false
	}
	l := newest.links[0]
	newest.links = newest.links[1:]
	return l, true
}

// newestFirst compares two links by their position in the list.
func newestFirst(a, b link.Link) int {
	return cmp.Or(bytes.Compare(b.Added[:], a.Added[:]), bytes.Compare(b.ID[:], a.ID[:]))
}

// perShardLimit returns the number of links to read from one shard. The shard
// contains about m = wanted/shards of the wanted links, with a standard
// deviation of the root of m. A higher limit costs read units. Two more are for
// the link that the list continues after, and for a link that shows that all
// links with the last Added were read.
func perShardLimit(wanted, shards int) int {
	m := float64(wanted) / float64(shards)
	return min(wanted, int(math.Ceil(m+1.5*math.Sqrt(m)+1))) + 2
}

// prefetch reads concurrently from the readers. wanted is the number of links
// to read from all shards together.
func (s *Store) prefetch(ctx context.Context, readers []*shardReader, wanted int) error {
	queries, ctx := errgroup.WithContext(ctx)
	for _, r := range readers {
		queries.Go(func() error { return s.readShard(ctx, r, perShardLimit(wanted, s.shards)) })
	}
	return queries.Wait()
}

// maxLoggedItems limits the number of items in one log line.
const maxLoggedItems = 100

// readShard adds at most limit links to the reader, with one Query. It skips
// and logs items that are not valid links.
func (s *Store) readShard(ctx context.Context, r *shardReader, limit int) error {
	out, err := s.query(ctx, r, limit)
	if err != nil {
		return err
	}
	after := link.Link{Added: r.after.Added, ID: r.after.ID}
	var invalid []string
	for _, item := range out.Items {
		switch l, err := linkOf(item); {
		case err != nil:
			invalid = append(invalid, err.Error())
		case r.after == (link.Position{}) || newestFirst(after, l) < 0:
			r.links = append(r.links, l)
		}
	}
	slices.SortStableFunc(r.links, newestFirst)
	r.next, r.ended = out.LastEvaluatedKey, len(out.LastEvaluatedKey) == 0
	if len(invalid) > 0 {
		s.log.Error("the list skips items that are not valid links: repair or delete them, see docs/operations.md",
			"table", s.table, "count", len(invalid), "items", invalid[:min(len(invalid), maxLoggedItems)])
	}
	return nil
}

// query returns the next items of a shard, at most limit. They include items
// with the Added of r.after.
func (s *Store) query(ctx context.Context, r *shardReader, limit int) (*dynamodb.QueryOutput, error) {
	condition := shardAttribute + " = :shard"
	values := map[string]types.AttributeValue{":shard": numberValue(r.shard)}
	if !r.after.Added.IsZero() {
		condition += " AND " + addedAttribute + " <= :after"
		values[":after"] = addedValue(r.after.Added)
	}
	return s.client.Query(ctx, &dynamodb.QueryInput{
		TableName:                 &s.table,
		IndexName:                 aws.String(indexName),
		KeyConditionExpression:    &condition,
		ExpressionAttributeValues: values,
		ExclusiveStartKey:         r.next,
		ScanIndexForward:          aws.Bool(false),
		Limit:                     aws.Int32(int32(limit)),
	})
}
