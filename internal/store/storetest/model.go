package storetest

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"links/internal/link"
	"links/internal/store"
)

// RunModel runs the given number of random sequences of calls. After each call
// it compares the store with a model: one list in memory. The flag
// -rapid.checks overrides the number.
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
			"put":    m.put,
			"update": m.update,
			"delete": m.delete,
			"get":    m.get,
			"":       m.check,
		})
	})
}

// A model contains the links that the store should contain.
type model struct {
	store  store.Store
	links  []modelLink // newest first
	stored int         // the number of links stored so far
}

type modelLink struct {
	link.Link
	date   int64 // the milliseconds of Added, or undated
	number int   // in the order of storing
}

// undated is greater than every date.
const undated = int64(1) << 47

// The generators return few different links, titles, tags, notes and dates, so
// that they often collide.
var (
	modelURL = rapid.Custom(func(t *rapid.T) string {
		spellings := []string{"https://example.com/", "HTTPS://EXAMPLE.com/", "https://example.com:443/"}
		return rapid.SampledFrom(spellings).Draw(t, "spelling") + fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "number"))
	})
	modelTitle = rapid.SampledFrom([]string{"", "", "A page", "日本語 \u2028 😀", "\"'<&>\\"})
	modelNote  = rapid.SampledFrom([]string{"", "", "A note", "one\n\ttwo\n\nthree", "日本語 \u2028 😀, \"'<&>\\"})
	modelTags  = rapid.OneOf(
		rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "A", "b/c", "B/C", "ß", "ẞ", "ss", "K", "\u212a", "日本語 😀",
		}), 0, 3),
		rapid.SampledFrom([][]string{
			nil, numbered(0, 47, 8), numbered(47, 50, 8), numbered(50, 69, 99), numbered(69, 70, 100),
		}),
	)
	modelDate  = rapid.SampledFrom([]int64{0, 1, 1_600_000_000_000, 1_600_000_000_001})
	modelLinks = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) link.Link {
		l := modelParse(t, modelURL.Draw(t, "URL"))
		l.Title, l.Note = modelTitle.Draw(t, "title"), modelNote.Draw(t, "note")
		l.Tags = addTags("", modelTags.Draw(t, "tags"))
		if rapid.Bool().Draw(t, "dated") {
			l.Added = link.TimestampAt(time.UnixMilli(modelDate.Draw(t, "date")))
		}
		return l
	}), 1, 5)
)

func modelParse(t *rapid.T, rawURL string) link.Link {
	l, err := link.Parse(rawURL)
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
		} else {
			fillIn(&distinct[i], l)
		}
	}
	for _, l := range slices.Backward(distinct) {
		if i := m.find(l.ID); i >= 0 {
			fillIn(&m.links[i].Link, l)
			continue
		}
		date := undated
		if !l.Added.IsZero() {
			date = l.Added.Time().UnixMilli()
		}
		m.stored++
		m.links = append(m.links, modelLink{l, date, m.stored})
	}
	slices.SortFunc(m.links, func(a, b modelLink) int {
		return cmp.Or(cmp.Compare(b.date, a.date), cmp.Compare(b.number, a.number))
	})
}

// fillIn fills in the existing link from another one.
func fillIn(existing *link.Link, other link.Link) {
	existing.Title = cmp.Or(existing.Title, other.Title)
	existing.Note = cmp.Or(existing.Note, other.Note)
	existing.Tags = addTags(existing.Tags, slices.Collect(other.Tags.All()))
}

// addTags returns the existing tags and those of the others that are missing,
// up to the first that exceeds a limit.
func addTags(existing link.Tags, others []string) link.Tags {
	all := slices.Collect(existing.All())
	for _, tag := range others {
		if slices.ContainsFunc(all, func(other string) bool { return strings.EqualFold(other, tag) }) {
			continue
		}
		if all = append(all, tag); len(all) > link.MaxTags || len(strings.Join(all, "")) > link.MaxTagsBytes {
			all = all[:len(all)-1]
			break
		}
	}
	return link.Tags(strings.Join(all, ","))
}

func (m *model) update(t *rapid.T) {
	id := modelParse(t, modelURL.Draw(t, "URL")).ID
	title, note, tags := modelTitle.Draw(t, "title"), modelNote.Draw(t, "note"), addTags("", modelTags.Draw(t, "tags"))
	var changes link.Changes
	var changed link.Link
	i := m.find(id)
	if i >= 0 {
		changed = m.links[i].Link
	}
	if rapid.Bool().Draw(t, "change the title") {
		changes.Title, changed.Title = &title, title
	}
	if rapid.Bool().Draw(t, "change the note") {
		changes.Note, changed.Note = &note, note
	}
	if rapid.Bool().Draw(t, "change the tags") {
		changes.Tags, changed.Tags = &tags, tags
	}
	got, err := m.store.Update(t.Context(), id, changes)
	if i < 0 {
		wantNotFound(t, "Update", err)
		return
	}
	m.links[i].Link = changed
	m.same(t, "Update", m.links[i], got, err)
}

func (m *model) delete(t *rapid.T) {
	id := modelParse(t, modelURL.Draw(t, "URL")).ID
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
	id := modelParse(t, modelURL.Draw(t, "URL")).ID
	got, err := m.store.Get(t.Context(), id)
	if i := m.find(id); i < 0 {
		wantNotFound(t, "Get", err)
	} else {
		m.same(t, "Get", m.links[i], got, err)
	}
}

// check compares the list with the model, in pages of a random size, and reads
// one page of another size.
func (m *model) check(t *rapid.T) {
	size := rapid.IntRange(1, 12).Draw(t, "page size")
	var got []link.Link
	for after := (link.Position{}); ; after = got[len(got)-1].Position() {
		page, err := Collect(m.store.List(t.Context(), after, size))
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > size {
			t.Fatalf("List with limit %d: got %d links, want at most the limit", size, len(page))
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
	}
	if len(got) != len(m.links) {
		t.Fatalf("pages of %d: got %d links in all, want %d", size, len(got), len(m.links))
	}
	for i, want := range m.links {
		m.same(t, fmt.Sprintf("link %d of the list", i), want, got[i], nil)
	}
	limit := rapid.IntRange(0, 12).Draw(t, "limit")
	page, err := Collect(m.store.List(t.Context(), link.Position{}, limit))
	if err != nil || !slices.Equal(page, got[:min(limit, len(got))]) {
		t.Fatalf("List with limit %d: got %v, %v, want the start of %v", limit, page, err, got)
	}
}

// same reports an error unless the result of a call equals the link of the
// model.
func (m *model) same(t *rapid.T, call string, want modelLink, got link.Link, err error) {
	if want.Added = got.Added; err != nil || got != want.Link {
		t.Fatalf("%s: got %v, %v, want %v", call, got, err, want)
	}
	if date := got.Added.Time().UnixMilli(); want.date != undated && date != want.date {
		t.Fatalf("%s: got the date %d, want %d", call, date, want.date)
	}
}

func wantNotFound(t *rapid.T, call string, err error) {
	if !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("%s: got error %v, want ErrNotFound", call, err)
	}
}
