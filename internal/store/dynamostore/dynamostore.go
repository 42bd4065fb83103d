// Package dynamostore keeps links in a DynamoDB table, of AWS or of an engine that speaks its protocol. Any number of
// processes may share a table.
package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"links/internal/link"
	"links/internal/store"
	"links/internal/store/inflight"
)

// maxWrites is how many writes of one Put are under way at a time.
const maxWrites = 32

// Config says which table a Store uses, and how.
type Config struct {
	// AWS has region, credentials, endpoint, attempts of a call, and certificates, as the AWS SDK's package config reads them.
	// That package is not linked here: a program that knows where its credentials are starts faster without it. The region
	// is required.
	AWS aws.Config
	// Table is the table's name. It is required.
	Table string
	// ListShards is how many keys of the index the list is spread over, 1 to 64; 0 means 1. Each takes 1,000 writes a
	// second. It may grow while the table is in use, readers first, and never shrink.
	ListShards int
	// CreateTable has Open create the table when it is missing, and check it when it is there. False leaves the table
	// alone: calls fail until it is there.
	CreateTable bool
	// Log gets that a table is waited for or was written with more shards, and what the SDK has to say, at debug level. Nil
	// discards it.
	Log *slog.Logger
	// Middleware is added around each call of the SDK, outside its attempts. nil adds nothing.
	Middleware func(*middleware.Stack) error
}

// A Store is a store.Store in a DynamoDB table. Open makes one.
type Store struct {
	client *dynamodb.Client
	table  string
	shards int
	stamps link.Clock
	log    *slog.Logger

	// closeIdle closes the connections that no call uses.
	closeIdle func()

	calls inflight.Calls
}

var _ store.Store = (*Store)(nil)

// Open makes a Store of c. It calls the network only when it creates a table, which ctx then limits. The caller closes
// the Store.
func Open(ctx context.Context, c Config) (*Store, error) {
	switch {
	case c.Table == "":
		return nil, errors.New("dynamostore: the name of the table is missing")
	case c.ListShards < 0 || c.ListShards > maxShards:
		return nil, fmt.Errorf("dynamostore: %d list shards; it must be 1 to %d", c.ListShards, maxShards)
	}
	log := cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	client, closeIdle, err := newClient(c.AWS, log, c.Middleware)
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, table: c.Table, shards: max(c.ListShards, 1), log: log, closeIdle: closeIdle}
	if c.CreateTable {
		if err := s.createTable(ctx); err != nil {
			closeIdle()
			return nil, s.fault(ctx, err)
		}
	}
	return s, nil
}

// Put implements store.Store. Each link is written by itself, so that what an error left out is only some of them.
func (s *Store) Put(ctx context.Context, links ...link.Link) error {
	links = link.Merge(links)
	return s.call(ctx, func() error {
		writes, ctx := errgroup.WithContext(ctx)
		writes.SetLimit(maxWrites)
		// The last first: when an error leaves out some, it is the first ones, and to be newer is theirs when they come again.
		for _, l := range slices.Backward(links) {
			l.Added = s.stamps.Stamp(l.Added)
			writes.Go(func() error { return s.putOne(ctx, l) })
		}
		return writes.Wait()
	})
}

// putOne makes the item where there is none, and leaves alone what is there but for a missing title: one request, so that
// of two at once neither is lost.
func (s *Store) putOne(ctx context.Context, l link.Link) error {
	values := map[string]types.AttributeValue{
		":link":       &types.AttributeValueMemberS{Value: l.URL},
		":added":      addedValue(l.Added),
		":list_shard": shardValue(shardOf(l.ID, s.shards)),
	}
	if l.Title != "" {
		values[":title"] = &types.AttributeValueMemberS{Value: l.Title}
	}
	var sets []string
	for _, value := range slices.Sorted(maps.Keys(values)) {
		sets = append(sets, fmt.Sprintf("%s = if_not_exists(%[1]s, %s)", value[1:], value))
	}
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &s.table,
		Key:                       key(l.ID),
		UpdateExpression:          aws.String("SET " + strings.Join(sets, ", ")),
		ExpressionAttributeValues: values,
	})
	return err
}

// SetTitle implements store.Store.
func (s *Store) SetTitle(ctx context.Context, id uuid.UUID, title string) (l link.Link, err error) {
	update := &dynamodb.UpdateItemInput{
		TableName:           &s.table,
		Key:                 key(id),
		UpdateExpression:    aws.String("REMOVE " + titleAttribute),
		ConditionExpression: aws.String("attribute_exists(" + idAttribute + ")"),
		ReturnValues:        types.ReturnValueAllNew,
	}
	if title != "" {
		update.UpdateExpression = aws.String("SET " + titleAttribute + " = :title")
		update.ExpressionAttributeValues = map[string]types.AttributeValue{":title": &types.AttributeValueMemberS{Value: title}}
	}
	err = s.call(ctx, func() error {
		out, err := s.client.UpdateItem(ctx, update)
		var missing *types.ConditionalCheckFailedException
		switch {
		case errors.As(err, &missing):
			return store.ErrNotFound
		case err != nil:
			return err
		}
		l, err = linkOf(out.Attributes)
		return err
	})
	return l, err
}

// Get implements store.Store. An item that is not a valid link is an error that names the attribute: the operator repairs or
// deletes it, and ErrNotFound would hide it.
func (s *Store) Get(ctx context.Context, id uuid.UUID) (l link.Link, err error) {
	err = s.call(ctx, func() error {
		found, err := s.getItem(ctx, id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return store.ErrNotFound
		}
		l, err = linkOf(found)
		return err
	})
	return l, err
}

// getItem reads consistently. It returns no attributes when there is no link with the id.
func (s *Store) getItem(ctx context.Context, id uuid.UUID) (map[string]types.AttributeValue, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &s.table,
		Key:            key(id),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// Delete implements store.Store. The condition tells who of two at once has deleted the link; by what DeleteItem returns of
// it, in DynamoDB Local both may have. When an answer is lost on the way and the SDK asks again, the second answer counts:
// ErrNotFound for a link that the first request has deleted.
func (s *Store) Delete(ctx context.Context, id uuid.UUID) error {
	return s.call(ctx, func() error {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName:           &s.table,
			Key:                 key(id),
			ConditionExpression: aws.String("attribute_exists(" + idAttribute + ")"),
		})
		if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
			return store.ErrNotFound
		}
		return err
	})
}

// List implements store.Store. It reads the index, which follows the table with a short delay. Nothing is under way
// while the caller has a link. A walk that is under way when the store is closed ends with ErrClosed.
//
// Items that are not valid links are skipped and logged.
func (s *Store) List(ctx context.Context, after link.Position, limit int) iter.Seq2[link.Link, error] {
	return func(yield func(link.Link, error) bool) {
		list := s.newMerge(after)
		size := 0 // of the links given
		for left := limit; left > 0; left-- {
			if err := ctx.Err(); err != nil {
				yield(link.Link{}, err)
				return
			}
			if err := s.refill(ctx, list, min(left, readAhead(limit-left, size))); err != nil {
				yield(link.Link{}, err)
				return
			}
			l, ok := list.next()
			if !ok || !yield(l, nil) {
				return
			}
			size += len(l.URL) + len(l.Title)
		}
	}
}

// refill reads until the list's next link is known. It is a call of its own each time that the list has to read on.
func (s *Store) refill(ctx context.Context, list merge, wanted int) error {
	for runs := list.toRead(wanted); len(runs) > 0; runs = list.toRead(wanted) {
		if err := s.call(ctx, func() error { return s.fill(ctx, runs, wanted) }); err != nil {
			return err
		}
	}
	return nil
}

// Ready implements store.Store. It reads a link that never exists, and the newest of a list, which takes no permission that
// Get and List do not. It does not parse what it reads, since one broken item does not make the store unavailable.
func (s *Store) Ready(ctx context.Context) error {
	return s.call(ctx, func() error {
		if _, err := s.getItem(ctx, uuid.Nil); err != nil {
			return err
		}
		_, err := s.query(ctx, &run{}, 1)
		return err
	})
}

// Warm makes the first call on the network. It opens the connection that the first request will use, whose handshake takes
// a small Lambda function much longer in a request than while it starts. And it looks for links that no list shows, since
// the table was written with more shards than this Store has: that is an error in the log. It fails silently otherwise: the
// first request can open a connection too.
func (s *Store) Warm(ctx context.Context) {
	if s.shards == maxShards {
		_ = s.Ready(ctx)
		return
	}
	// With more shards one of them has this number, and as a rule a link.
	var hidden *dynamodb.QueryOutput
	err := s.call(ctx, func() (err error) {
		hidden, err = s.query(ctx, &run{shard: s.shards}, 1)
		return err
	})
	if err == nil && len(hidden.Items) > 0 {
		s.log.Error("lists lack links: the table was written with more shards; set LINKS_LIST_SHARDS to at least as many as it ever was",
			"table", s.table, "list_shards", s.shards)
	}
}

// Close implements store.Store.
func (s *Store) Close() error {
	return s.calls.Close(func() error {
		s.closeIdle()
		return nil
	})
}

// call runs f as a call that Close waits for, and returns its error as the Store's callers expect it.
func (s *Store) call(ctx context.Context, f func() error) error {
	return s.calls.Do(ctx, func() error { return s.fault(ctx, f()) })
}
