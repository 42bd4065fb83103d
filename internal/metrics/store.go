package metrics

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
)

// WrapStore returns a store that forwards all calls to wrapped. It counts them by
// name and outcome, except Close.
func (m *Metrics) WrapStore(wrapped store.Store) store.Store {
	return countedStore{wrapped, m}
}

type countedStore struct {
	store.Store
	metrics *Metrics
}

func (s countedStore) Put(ctx context.Context, links ...link.Link) (err error) {
	defer s.count("put", time.Now(), &err)
	return s.Store.Put(ctx, links...)
}

func (s countedStore) Get(ctx context.Context, id uuid.UUID) (l link.Link, err error) {
	defer s.count("get", time.Now(), &err)
	return s.Store.Get(ctx, id)
}

func (s countedStore) Update(ctx context.Context, id uuid.UUID, changes link.Changes) (l link.Link, err error) {
	defer s.count("update", time.Now(), &err)
	return s.Store.Update(ctx, id, changes)
}

func (s countedStore) Delete(ctx context.Context, id uuid.UUID) (err error) {
	defer s.count("delete", time.Now(), &err)
	return s.Store.Delete(ctx, id)
}

func (s countedStore) List(ctx context.Context, after link.Position, limit int) iter.Seq2[link.Link, error] {
	return func(yield func(link.Link, error) bool) {
		var err error
		defer s.count("list", time.Now(), &err)
		for l, failed := range s.Store.List(ctx, after, limit) {
			err = failed
			if !yield(l, failed) {
				return
			}
		}
	}
}

func (s countedStore) Ready(ctx context.Context) (err error) {
	defer s.count("ready", time.Now(), &err)
	return s.Store.Ready(ctx)
}

func (s countedStore) count(call string, start time.Time, err *error) {
	s.metrics.storeCalls.WithLabelValues(call, outcome(*err)).Inc()
	s.metrics.storeTimes.WithLabelValues(call).Observe(time.Since(start).Seconds())
}

// outcome returns the value of the label outcome for a call that returned err.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, store.ErrNotFound):
		return "not_found"
	case errors.Is(err, store.ErrUnavailable):
		return "unavailable"
	case errors.Is(err, store.ErrClosed):
		return "closed"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	case errors.Is(err, context.Canceled):
		return "canceled"
	default:
		return "error"
	}
}
