package dynamostore

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"

	"links/internal/link"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// readAhead is how many links a list asks for at a time, from all shards together, when it has given so many, of so many bytes:
// what it reads in vain when its caller stops. Who has taken a page of the greatest length is likely to take them all, but
// hardly more bytes than an answer of the API has.
func readAhead(given, size int) int {
	const answer = 4 << 20
	if given < 1024 {
		return 1024
	}
	return min(8192, answer/(1+size/given))
}

// A run is what one shard of the list gives, newest first.
type run struct {
	shard int
	after link.Position
	links []link.Link                     // read and not yet given
	next  map[string]types.AttributeValue // where the next Query goes on; nil: at the start
	ended bool                            // nothing is left to read
}

// A merge is the runs of all shards, which give one list.
type merge []*run

func (s *Store) newMerge(after link.Position) merge {
	list := make(merge, s.shards)
	for shard := range list {
		list[shard] = &run{shard: shard, after: after}
	}
	return list
}

// newest returns the run that gives the list's next link, or nil if no run has a link.
func (m merge) newest() *run {
	var newest *run
	for _, r := range m {
		if len(r.links) > 0 && (newest == nil || newestFirst(r.links[0], newest.links[0]) < 0) {
			newest = r
		}
	}
	return newest
}

// toRead returns nil if the list's next link is known. Otherwise it returns all runs that are dry, or soon will be: one that
// has less than a quarter of its part of the wanted links, so that the shards are not read one after the other.
//
// A run is dry if its next link is unknown: it has no link, or what it has may not be all links with the newest Added, of
// which DynamoDB does not return the greatest ID first.
func (m merge) toRead(wanted int) (runs []*run) {
	newest := m.newest()
	isDry := func(r *run) bool {
		return !r.ended && (len(r.links) == 0 || r.links[len(r.links)-1].Added == newest.links[0].Added)
	}
	if !slices.ContainsFunc(m, isDry) {
		return nil
	}
	low := wanted / len(m) / 4
	for _, r := range m {
		if isDry(r) || len(r.links) < low && !r.ended {
			runs = append(runs, r)
		}
	}
	return runs
}

// next takes the newest link out of runs of which it is known what each gives next. It returns false when there is none.
func (m merge) next() (link.Link, bool) {
	newest := m.newest()
	if newest == nil {
		return link.Link{}, false
	}
	l := newest.links[0]
	newest.links = newest.links[1:]
	return l, true
}

// newestFirst compares two links by their place in the list.
func newestFirst(a, b link.Link) int {
	return cmp.Or(bytes.Compare(b.Added[:], a.Added[:]), bytes.Compare(b.ID[:], a.ID[:]))
}

// share is how many of the wanted links to ask one shard for. Those of a shard are about m = wanted/shards, give or take
// the root of m: a little more than m is mostly enough, and what is too much costs read units. Two more are for the link
// that the list continues after, and for the one that ends the links with the last Added.
func share(wanted, shards int) int {
	m := float64(wanted) / float64(shards)
	return min(wanted, int(math.Ceil(m+1.5*math.Sqrt(m)+1))) + 2
}

// fill reads on in the runs, side by side. So many links are wanted of all shards together.
func (s *Store) fill(ctx context.Context, runs []*run, wanted int) error {
	queries, ctx := errgroup.WithContext(ctx)
	for _, r := range runs {
		queries.Go(func() error { return s.read(ctx, r, share(wanted, s.shards)) })
	}
	return queries.Wait()
}

// maxLoggedItems is how many items one log line names, so that it has at most some 10 KB.
const maxLoggedItems = 100

// read adds at most limit links to the run, with one Query. Items that are not valid links are skipped and logged.
func (s *Store) read(ctx context.Context, r *run, limit int) error {
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
		s.log.Error("the list skips items that are not valid links: repair or delete them, as docs/operations.md says",
			"table", s.table, "count", len(invalid), "items", invalid[:min(len(invalid), maxLoggedItems)])
	}
	return nil
}

// query reads at most limit items of the run. Among them may be those with the Added that the run continues after.
func (s *Store) query(ctx context.Context, r *run, limit int) (*dynamodb.QueryOutput, error) {
	condition := shardAttribute + " = :shard"
	values := map[string]types.AttributeValue{":shard": shardValue(r.shard)}
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
