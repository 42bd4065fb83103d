package dynamostore

import (
	"bytes"
	"context"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"links/internal/store"
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
	after uuid.UUID
	links []store.Link                    // read and not yet given
	next  map[string]types.AttributeValue // where the next Query goes on; nil: at the start
	ended bool                            // nothing is left to read
}

// A merge is the runs of all shards, which give one list.
type merge []*run

func (s *Store) newMerge(after uuid.UUID) merge {
	list := make(merge, s.shards)
	for shard := range list {
		list[shard] = &run{shard: shard, after: after}
	}
	return list
}

// toRead returns nil while it is known of every run what it gives next. Otherwise it returns all runs that are dry, or soon
// will be: one that has less than a quarter of its part of the wanted links, so that the shards are not read one after the
// other.
func (m merge) toRead(wanted int) (runs []*run) {
	isDry := func(r *run) bool { return len(r.links) == 0 && !r.ended }
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
func (m merge) next() (store.Link, bool) {
	var newest *run
	for _, r := range m {
		if len(r.links) > 0 && (newest == nil || bytes.Compare(r.links[0].Added[:], newest.links[0].Added[:]) > 0) {
			newest = r
		}
	}
	if newest == nil {
		return store.Link{}, false
	}
	link := newest.links[0]
	newest.links = newest.links[1:]
	return link, true
}

// share is how many of the wanted links to ask one shard for. Those of a shard are about m = wanted/shards, give or take
// the root of m: a little more than m is mostly enough, and what is too much costs read units.
func share(wanted, shards int) int {
	m := float64(wanted) / float64(shards)
	return min(wanted, int(math.Ceil(m+1.5*math.Sqrt(m)+1)))
}

// fill reads on in the runs, side by side, until each has something to give or ends. So many links are wanted of all shards
// together.
func (s *Store) fill(ctx context.Context, runs []*run, wanted int) error {
	queries, ctx := errgroup.WithContext(ctx)
	for _, r := range runs {
		queries.Go(func() error {
			for {
				if err := s.read(ctx, r, share(wanted, s.shards)); err != nil || len(r.links) > 0 || r.ended {
					return err
				}
			}
		})
	}
	return queries.Wait()
}

// read adds at most limit links to the run, with one Query.
func (s *Store) read(ctx context.Context, r *run, limit int) error {
	condition := shardAttribute + " = :shard"
	values := map[string]types.AttributeValue{":shard": shardValue(r.shard)}
	if r.after != uuid.Nil {
		condition += " AND " + addedAttribute + " < :after"
		values[":after"] = addedValue(r.after)
	}
	out, err := s.client.Query(ctx, &dynamodb.QueryInput{
		TableName:                 &s.table,
		IndexName:                 aws.String(indexName),
		KeyConditionExpression:    &condition,
		ExpressionAttributeValues: values,
		ExclusiveStartKey:         r.next,
		ScanIndexForward:          aws.Bool(false),
		Limit:                     aws.Int32(int32(limit)),
	})
	if err != nil {
		return err
	}
	for _, item := range out.Items {
		link, err := linkOf(item)
		if err != nil {
			return err
		}
		r.links = append(r.links, link)
	}
	r.next, r.ended = out.LastEvaluatedKey, len(out.LastEvaluatedKey) == 0
	return nil
}
