package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store"
)

func exactBytes(t *testing.T, s store.Store) {
	for _, rawURL := range []string{
		"HTTPS://Example.com:443/a b?q=\"<>&'#é",
		"https://example.com/\u00a0",
		"https://example.com/日本語/😀?\u2028",
		"https://user:pass@example.com/%zz",
	} {
		l := parse(t, rawURL)
		Put(t, s, l)
		got, err := s.Get(t.Context(), l.ID)
		if err != nil || got.URL != rawURL || got.ID != l.ID {
			t.Errorf("Get: got %q, %v, want %q", got.URL, err, rawURL)
		}
		if got := List(t, s, link.Timestamp{}, 1); len(got) != 1 || got[0].URL != rawURL {
			t.Errorf("List: got %v, want %q", got, rawURL)
		}
	}
}

func maxSizeLink(t *testing.T, s store.Store) {
	for _, letter := range []string{"a", "é", "😀"} {
		rawURL := "https://example.com/"
		rawURL += strings.Repeat(letter, (link.MaxURLBytes-len(rawURL))/len(letter))
		rawURL += strings.Repeat("x", link.MaxURLBytes-len(rawURL))
		l := parse(t, rawURL)
		Put(t, s, l)
		if got, err := s.Get(t.Context(), l.ID); err != nil || got.URL != rawURL {
			t.Errorf("Get: got %d bytes, %v, want the 8,000 bytes of %q", len(got.URL), err, letter)
		}
	}
	if got := List(t, s, link.Timestamp{}, 10); len(got) != 3 {
		t.Errorf("List: got %d links, want 3", len(got))
	}
}

func firstSpelling(t *testing.T, s store.Store) {
	first, second := parse(t, "https://Example.com"), parse(t, "HTTPS://example.com:443/")
	Put(t, s, first)
	Put(t, s, second)
	got := List(t, s, link.Timestamp{}, 10)
	if len(got) != 1 || got[0].URL != first.URL {
		t.Errorf("List: got %v, want only %v", got, first)
	}
}

func existingKeepsPosition(t *testing.T, s store.Store) {
	a, b := Link(t, 1), Link(t, 2)
	Put(t, s, a)
	Put(t, s, b)
	before := List(t, s, link.Timestamp{}, 10)
	Put(t, s, a)
	WantLinks(t, List(t, s, link.Timestamp{}, 10), b, a)
	if after := List(t, s, link.Timestamp{}, 10); !slices.Equal(after, before) {
		t.Errorf("List: got %v, want it unchanged: %v", after, before)
	}
}

func addedIsNow(t *testing.T, s store.Store) {
	before := time.Now().Truncate(time.Millisecond)
	Put(t, s, Link(t, 1))
	after := time.Now()
	got, err := s.Get(t.Context(), Link(t, 1).ID)
	if err != nil {
		t.Fatal(err)
	}
	if at := got.Added.Time(); at.Before(before) || at.After(after) {
		t.Errorf("Added: got %v, want between %v and %v", at, before, after)
	}
	if v := uuid.UUID(got.Added).Version(); v != 7 {
		t.Errorf("version of Added: got %d, want 7", v)
	}
	if listed := List(t, s, link.Timestamp{}, 1)[0]; listed != got {
		t.Errorf("List: got %v, want %v, as from Get", listed, got)
	}
}

func raceOneLink(t *testing.T, s store.Store) {
	spellings := []link.Link{
		parse(t, "https://example.com"),
		parse(t, "https://example.com/"),
		parse(t, "https://EXAMPLE.com"),
		parse(t, "HTTPS://example.com:443"),
	}
	concurrently(t, 64, func(i int) error { return s.Put(t.Context(), spellings[i%len(spellings)]) })
	if got := List(t, s, link.Timestamp{}, 10); len(got) != 1 || got[0].ID != spellings[0].ID {
		t.Errorf("List: got %v, want one link", got)
	}
}

func raceManyLinks(t *testing.T, s store.Store) {
	concurrently(t, 64, func(i int) error { return s.Put(t.Context(), Link(t, 2*i), Link(t, 2*i+1)) })
	got := List(t, s, link.Timestamp{}, 1000)
	wantDescending(t, got)
	if n := len(distinct(got)); n != 128 || len(got) != 128 {
		t.Errorf("List: got %d links, %d distinct, want 128", len(got), n)
	}
}

func batchOrder(t *testing.T, s store.Store) {
	want := Links(t, 0, 1000)
	batch := slices.Clone(want)
	for i := 0; i < 1000; i += 10 {
		batch = append(batch, want[i])
	}
	Put(t, s, batch...)
	WantLinks(t, List(t, s, link.Timestamp{}, 2000), want...)
}

func batchAgain(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 3), Link(t, 7))
	all := Links(t, 0, 10)
	Put(t, s, all...)
	before := List(t, s, link.Timestamp{}, 100)
	if len(before) != 10 {
		t.Fatalf("List: got %d links, want 10", len(before))
	}
	Put(t, s, all...)
	if after := List(t, s, link.Timestamp{}, 100); !slices.Equal(after, before) {
		t.Errorf("List: got %v, want it unchanged: %v", after, before)
	}
}

func interruptedBatch(t *testing.T, s store.Store) {
	all := Links(t, 0, 1000)
	// Double the time until a Put completes: on any machine, one of the Puts
	// before is then interrupted in the middle.
	for wait := time.Millisecond / 4; ; wait *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		err := s.Put(ctx, all...)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Put: got %v, want context.DeadlineExceeded", err)
		}
	}
	got := List(t, s, link.Timestamp{}, 2000)
	if len(got) != len(all) {
		t.Errorf("List: got %d links, want %d", len(got), len(all))
	}
	wantEachOnce(t, got, all)
}

func emptyBatch(t *testing.T, s store.Store) {
	Put(t, s)
	WantLinks(t, List(t, s, link.Timestamp{}, 10))
}

func deleteTwice(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1), Link(t, 2))
	if err := s.Delete(t.Context(), Link(t, 1).ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), Link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get: got %v, want ErrNotFound", err)
	}
	WantLinks(t, List(t, s, link.Timestamp{}, 10), Link(t, 2))
	if err := s.Delete(t.Context(), Link(t, 1).ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Delete: got %v, want ErrNotFound", err)
	}
}

func raceDelete(t *testing.T, s store.Store) {
	Put(t, s, Link(t, 1))
	var deleted atomic.Int64
	concurrently(t, 64, func(int) error {
		err := s.Delete(t.Context(), Link(t, 1).ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		deleted.Add(1)
		return err
	})
	if n := deleted.Load(); n != 1 {
		t.Errorf("64 concurrent calls of Delete: %d succeeded, want 1", n)
	}
}

func storeAgain(t *testing.T, s store.Store) {
	a, b := Link(t, 1), Link(t, 2)
	Put(t, s, a)
	Put(t, s, b)
	if err := s.Delete(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	Put(t, s, a)
	WantLinks(t, List(t, s, link.Timestamp{}, 10), a, b)
}
