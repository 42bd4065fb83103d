// Package dynamostore stores links in a table of DynamoDB or of a
// DynamoDB-compatible server. Any number of processes can share a table.
//
// # Table
//
// Each link is an item whose partition key is link_id. The global secondary
// index by_added contains all attributes. Its partition key is list_shard, and
// its sort key is added. A list queries all shards and merges the results.
//
//	Attribute    Type  Value
//	link_id      S     the ID in its 36-character form, in lower case
//	link         S     the URL
//	title        S     the title; absent if the link has none
//	tags         L     the tags, each an S; absent if the link has none
//	note         S     the note; absent if the link has none
//	added        B     the 16 bytes of Added
//	list_shard   N     a number from 0 to Config.ListShards-1, from the ID
package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http/httptrace"
	"slices"
	"time"

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

// maxWrites is the maximum number of concurrent writes of one Put.
const maxWrites = 32

// Config configures a Store.
type Config struct {
	// AWS contains the region, the credentials, the endpoint, the maximum
	// number of attempts and the certificates, as the AWS SDK's package config
	// reads them. This package does not import config, which slows down the
	// start of a Lambda function. The region is required.
	AWS aws.Config

	// Table is the name of the table. It is required.
	Table string

	// ListShards is the number of partition keys of the index, 1 to 64. If it
	// is zero, it is 1. Each key accepts 1,000 writes a second. The number may
	// be increased while the table is in use, for readers first. It must never
	// be decreased.
	ListShards int

	// CreateTable makes Open create the table if it does not exist, and check
	// it if it does. If CreateTable is false, calls fail until the table
	// exists.
	CreateTable bool

	// ResponseTimeout limits how long an attempt waits for a connection, for the
	// TLS handshake and for the start of the response. An attempt that exceeds it
	// is retried. If ResponseTimeout is zero, it is 2 s.
	ResponseTimeout time.Duration

	// Log receives the progress of creating the table, errors in its items and,
	// at debug level, the log of the SDK. If Log is nil, nothing is logged.
	Log *slog.Logger

	// Middleware is added to each call of the SDK, outside the retries. If it
	// is nil, none is added.
	Middleware func(*middleware.Stack) error
}

// A Store is a store.Store in a DynamoDB table. Open creates one.
type Store struct {
	client    *dynamodb.Client
	closeIdle func() // closes idle connections
	table     string
	shards    int
	clock     link.Clock
	log       *slog.Logger

	calls inflight.Calls
}

var _ store.Store = (*Store)(nil)

// Open returns a Store on the table. It uses the network only if c.CreateTable
// is true; ctx applies to this only. The caller closes the Store.
func Open(ctx context.Context, c Config) (*Store, error) {
	switch {
	case c.Table == "":
		return nil, errors.New("dynamostore: the name of the table is missing")
	case c.ListShards < 0 || c.ListShards > maxShards:
		return nil, fmt.Errorf("dynamostore: invalid number of list shards %d: use 1 to %d", c.ListShards, maxShards)
	}
	log := cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	client, closeIdle, err := newClient(c, log)
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, table: c.Table, shards: max(c.ListShards, 1), log: log, closeIdle: closeIdle}
	if c.CreateTable {
		if err := s.createTable(ctx); err != nil {
			closeIdle()
			return nil, s.storeError(ctx, err)
		}
	}
	return s, nil
}

// Put implements store.Store. It writes each link separately, because a batch
// operation cannot fill in links.
func (s *Store) Put(ctx context.Context, links ...link.Link) error {
	links = link.Merge(links)
	return s.call(ctx, func() error {
		writes, ctx := errgroup.WithContext(ctx)
		writes.SetLimit(maxWrites)
		// From the last to the first: if Put fails, a retry stores the links
		// that must be the newest anyway.
		for _, l := range slices.Backward(links) {
			l.Added = s.clock.Stamp(l.Added)
			writes.Go(func() error { return s.putOne(ctx, l) })
		}
		return writes.Wait()
	})
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, id uuid.UUID, changes link.Changes) (l link.Link, err error) {
	if changes == (link.Changes{}) {
		return s.Get(ctx, id)
	}
	u := update{condition: "attribute_exists(" + idAttribute + ")", returns: types.ReturnValueAllNew}
	if title := changes.Title; title != nil {
		u.setOrRemove(titleAttribute, stringValue(*title), *title == "")
	}
	if tags := changes.Tags; tags != nil {
		u.setOrRemove(tagsAttribute, tagsValue(*tags), *tags == "")
	}
	if note := changes.Note; note != nil {
		u.setOrRemove(noteAttribute, stringValue(*note), *note == "")
	}
	err = s.call(ctx, func() error {
		changed, err := s.updateItem(ctx, id, u)
		if isConditionFailed(err) {
			return store.ErrNotFound
		} else if err != nil {
			return err
		}
		l, err = linkOf(changed)
		return err
	})
	return l, err
}

// Get implements store.Store. If the item is not a valid link, Get returns an
// error that names the attribute, not ErrNotFound, so that the operator can
// repair it.
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

// getItem returns the attributes of an item, by a consistent read. If the item
// does not exist, the result is empty.
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

// Delete implements store.Store. If a response is lost and the SDK retries, the
// retry returns ErrNotFound although the first attempt deleted the link.
//
// The condition decides which of two concurrent calls succeeds. In DynamoDB
// Local, the attributes that DeleteItem returns do not.
func (s *Store) Delete(ctx context.Context, id uuid.UUID) error {
	return s.call(ctx, func() error {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName:           &s.table,
			Key:                 key(id),
			ConditionExpression: aws.String("attribute_exists(" + idAttribute + ")"),
		})
		if isConditionFailed(err) {
			return store.ErrNotFound
		}
		return err
	})
}

// List implements store.Store. It reads the index, which is eventually
// consistent. No request is in flight while the caller runs. List skips and
// logs items that are not valid links.
func (s *Store) List(ctx context.Context, after link.Position, limit int) iter.Seq2[link.Link, error] {
	return func(yield func(link.Link, error) bool) {
		list := s.newMergeIterator(after)
		size := 0 // of the links yielded
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
			size += len(l.URL) + len(l.Title) + len(l.Tags) + len(l.Note)
		}
	}
}

// refill reads from the shards until the next link of the list is known.
func (s *Store) refill(ctx context.Context, list mergeIterator, wanted int) error {
	for readers := list.needRefill(wanted); len(readers) > 0; readers = list.needRefill(wanted) {
		if err := s.call(ctx, func() error { return s.prefetch(ctx, readers, wanted) }); err != nil {
			return err
		}
	}
	return nil
}

// Ready implements store.Store. It reads a link that never exists, and the
// newest link of a shard, so it needs the permissions of Get and List only. It
// does not parse the items, because an invalid item does not make the store
// unavailable.
func (s *Store) Ready(ctx context.Context) error {
	return s.call(ctx, func() error {
		if _, err := s.getItem(ctx, uuid.Nil); err != nil {
			return err
		}
		_, err := s.query(ctx, &shardReader{}, 1)
		return err
	})
}

// Connect opens the connection for the first call. In a small Lambda function,
// the TLS handshake takes much longer during a request than during
// initialization. Connect sends a request that reads no item, and returns
// before the response. It ignores errors, because the first call can open a
// connection too.
func (s *Store) Connect(ctx context.Context) {
	opened, open := context.WithCancel(ctx)
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { open() }}
	go func() {
		defer open()
		ctx := httptrace.WithClientTrace(context.WithoutCancel(ctx), trace)
		_, _ = s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, Key: key(uuid.Nil)}, withoutCall)
	}()
	<-opened.Done()
}

// CheckShards logs an error if the table contains links in more shards than the
// Store reads. It ignores other errors.
func (s *Store) CheckShards(ctx context.Context) {
	if s.shards == maxShards {
		return
	}
	var hidden *dynamodb.QueryOutput
	err := s.call(ctx, func() (err error) {
		hidden, err = s.query(ctx, &shardReader{shard: s.shards}, 1)
		return err
	})
	if err == nil && len(hidden.Items) > 0 {
		s.log.Error("lists are incomplete, because the table contains links in more shards than configured: "+
			"set LINKS_LIST_SHARDS to the highest number ever used",
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

// call calls f, which Close waits for, and maps its error with storeError.
func (s *Store) call(ctx context.Context, f func() error) error {
	return s.calls.Do(ctx, func() error { return s.storeError(ctx, f()) })
}
