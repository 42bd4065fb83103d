package storetest

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"links/internal/link"
	"links/internal/store"
)

// RunModel makes so many random sequences of calls and compares the store after each call with a model: one list in
// memory. The flag -rapid.checks has it make more.
func RunModel(t *testing.T, open Open, sequences int) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set(strconv.Itoa(sequences))
		defer func() { _ = checks.Value.Set(checks.DefValue) }()
	}
	s := open(t)
	rapid.Check(t, func(t *rapid.T) {
		m := &model{store: s}
		m.clear(t)
		t.Repeat(map[string]func(*rapid.T){
			"put":      m.put,
			"setTitle": m.setTitle,
			"delete":   m.delete,
			"get":      m.get,
			"":         m.check,
		})
	})
}

// model is what a store should hold.
type model struct {
	store  store.Store
	links  []modelLink // newest first
	stored int         // how many links were stored so far
}

type modelLink struct {
	link.Link
	moment int64 // of Added, in milliseconds; of undated links one that is after all dates
	number int   // in the order of storing
}

const undated = int64(1) << 47

// The links of a sequence are few, so that they meet; each has several spellings. So are titles and dates.
var (
	modelAddress = rapid.Custom(func(t *rapid.T) string {
		scheme := rapid.SampledFrom([]string{"https://example.com/", "HTTPS://EXAMPLE.com/", "https://example.com:443/"}).Draw(t, "spelling")
		return scheme + fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "number"))
	})
	modelTitle = rapid.SampledFrom([]string{"", "", "A page", "日本語 \u2028 😀", "\"'<&>\\"})
	modelDate  = rapid.SampledFrom([]int64{0, 1, 1_600_000_000_000, 1_600_000_000_001})
	modelLinks = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) link.Link {
		l := modelParse(t, modelAddress.Draw(t, "address"))
		l.Title = modelTitle.Draw(t, "title")
		if rapid.Bool().Draw(t, "dated") {
			l.Added = link.TimestampAt(time.UnixMilli(modelDate.Draw(t, "date")))
		}
		return l
	}), 1, 5)
)

func modelParse(t *rapid.T, address string) link.Link {
	l, err := link.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (m *model) find(id uuid.UUID) int {
	return slices.IndexFunc(m.links, func(l modelLink) bool { return l.ID == id })
}

func (m *model) clear(t *rapid.T) {
	for l, err := range m.store.List(t.Context(), link.Position{}, 1000) {
		if err != nil {
			t.Fatal(err)
		}
		if err := m.store.Delete(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *model) put(t *rapid.T) {
	links := modelLinks.Draw(t, "links")
	if err := m.store.Put(t.Context(), links...); err != nil {
		t.Fatal(err)
	}
	var distinct []link.Link
	for _, l := range links {
		i := slices.IndexFunc(distinct, func(d link.Link) bool { return d.ID == l.ID })
		if i < 0 {
			distinct = append(distinct, l)
		} else if distinct[i].Title == "" {
			distinct[i].Title = l.Title
		}
	}
	for _, l := range slices.Backward(distinct) {
		if i := m.find(l.ID); i >= 0 {
			if m.links[i].Title == "" {
				m.links[i].Title = l.Title
			}
			continue
		}
		moment := undated
		if !l.Added.IsZero() {
			moment = l.Added.Time().UnixMilli()
		}
		m.stored++
		m.links = append(m.links, modelLink{l, moment, m.stored})
	}
	slices.SortFunc(m.links, func(a, b modelLink) int {
		if a.moment != b.moment {
			return int(max(-1, min(1, b.moment-a.moment)))
		}
		return b.number - a.number
	})
}

func (m *model) setTitle(t *rapid.T) {
	id := modelParse(t, modelAddress.Draw(t, "address")).ID
	title := modelTitle.Draw(t, "title")
	got, err := m.store.SetTitle(t.Context(), id, title)
	i := m.find(id)
	if i < 0 {
		wantNotFound(t, "SetTitle", err)
		return
	}
	m.links[i].Title = title
	m.same(t, "SetTitle", m.links[i], got, err)
}

func (m *model) delete(t *rapid.T) {
	id := modelParse(t, modelAddress.Draw(t, "address")).ID
	err := m.store.Delete(t.Context(), id)
	i := m.find(id)
	if i < 0 {
		wantNotFound(t, "Delete", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	m.links = slices.Delete(m.links, i, i+1)
}

func (m *model) get(t *rapid.T) {
	id := modelParse(t, modelAddress.Draw(t, "address")).ID
	got, err := m.store.Get(t.Context(), id)
	if i := m.find(id); i < 0 {
		wantNotFound(t, "Get", err)
	} else {
		m.same(t, "Get", m.links[i], got, err)
	}
}

// check walks the list in pages of some size, and reads one page of another.
func (m *model) check(t *rapid.T) {
	size := rapid.IntRange(1, 12).Draw(t, "page size")
	var got []link.Link
	for after := (link.Position{}); ; after = got[len(got)-1].Position() {
		page, err := Collect(m.store.List(t.Context(), after, size))
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > size {
			t.Fatalf("a page of %d has %d links", size, len(page))
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
	}
	if len(got) != len(m.links) {
		t.Fatalf("a walk gives %d links, want %d", len(got), len(m.links))
	}
	for i, want := range m.links {
		m.same(t, fmt.Sprintf("link %d of the list", i), want, got[i], nil)
	}
	limit := rapid.IntRange(0, 12).Draw(t, "limit")
	page, err := Collect(m.store.List(t.Context(), link.Position{}, limit))
	if err != nil || !slices.Equal(page, got[:min(limit, len(got))]) {
		t.Fatalf("a page of %d is %v, %v, want the begin of %v", limit, page, err, got)
	}
}

func (m *model) same(t *rapid.T, what string, want modelLink, got link.Link, err error) {
	if err != nil || got.ID != want.ID || got.URL != want.URL || got.Title != want.Title {
		t.Fatalf("%s is %v, %v, want %v", what, got, err, want)
	}
	if moment := got.Added.Time().UnixMilli(); want.moment != undated && moment != want.moment {
		t.Fatalf("%s has the moment %d, want %d", what, moment, want.moment)
	}
}

func wantNotFound(t *rapid.T, what string, err error) {
	if !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("%s = %v, want ErrNotFound", what, err)
	}
}
