package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"links/internal/store"
)

const maxLimit = 1000 // links of one page

// post stores one link or an array of them.
func (a *api) post(w http.ResponseWriter, r *http.Request) error {
	links, isArray, err := readLinks(w, r)
	if err != nil {
		return err
	}
	ctx, cancel := a.deadline(r)
	defer cancel()
	if err := a.store.Put(ctx, links...); err != nil {
		return err
	}
	if !isArray {
		// relative to the request's own URL, wherever this is mounted
		location := links[0].ID.String()
		if !strings.HasSuffix(r.URL.EscapedPath(), "/") {
			location = "link/" + location
		}
		w.Header().Set("Location", location)
		writeJSON(w, http.StatusOK, idJSON{links[0].ID})
		return nil
	}
	ids := make([]idJSON, len(links))
	for i, l := range links {
		ids[i].ID = l.ID
	}
	writeJSON(w, http.StatusOK, ids)
	return nil
}

// list shows links newest first: all that fit one answer, a page, or the one with a given address.
func (a *api) list(w http.ResponseWriter, r *http.Request) error {
	q, err := readListQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	ctx, cancel := a.deadline(r)
	defer cancel()
	if q.link != nil {
		return a.lookUp(ctx, w, r, q.link.ID)
	}
	answer := newLinkList(frontDoor(r.Context()).MaxAnswer)
	ask := math.MaxInt
	if q.limit > 0 {
		ask = q.limit + 1 // one ahead tells whether there is more
	}
	shown, last := 0, uuid.Nil
	for l, err := range a.store.List(ctx, q.cursor, ask) {
		if err != nil {
			return err
		}
		fits := false
		if q.limit == 0 || shown < q.limit {
			if fits, err = answer.add(l); err != nil {
				return err
			}
		}
		if !fits {
			w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, q.next(last)))
			break
		}
		shown, last = shown+1, l.Added
	}
	writeTagged(w, r, "application/json", answer.bytes())
	return nil
}

// lookUp shows the one link with the id as a list.
func (a *api) lookUp(ctx context.Context, w http.ResponseWriter, r *http.Request, id uuid.UUID) error {
	found := []linkJSON{}
	switch l, err := a.store.Get(ctx, id); {
	case err == nil:
		found = append(found, linkJSON{l.ID, l.URL})
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	writeTagged(w, r, "application/json", marshal(found))
	return nil
}

// get shows one link.
func (a *api) get(w http.ResponseWriter, r *http.Request) error {
	id, err := linkID(r)
	if err != nil {
		return err
	}
	ctx, cancel := a.deadline(r)
	defer cancel()
	l, err := a.store.Get(ctx, id)
	if err != nil {
		return err
	}
	w.Header().Set("Last-Modified", l.AddedAt().Format(http.TimeFormat))
	writeTagged(w, r, "application/json", marshal(linkJSON{l.ID, l.URL}))
	return nil
}

// delete removes one link.
func (a *api) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := linkID(r)
	if err != nil {
		return err
	}
	ctx, cancel := a.deadline(r)
	defer cancel()
	if err := a.store.Delete(ctx, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func linkID(r *http.Request) (uuid.UUID, error) {
	id, ok := parseUUID(chi.URLParam(r, "link_id"))
	if !ok {
		return id, badRequest("A link's id must be a UUID of 36 characters, such as 95555d86-7dd0-51a7-ab15-99805fb8a4e4.")
	}
	return id, nil
}

// parseUUID takes the 36-character form alone, in either case.
func parseUUID(s string) (uuid.UUID, bool) {
	id, err := uuid.Parse(s)
	return id, err == nil && len(s) == len(uuid.Nil.String())
}

// listQuery is the query of GET /link.
type listQuery struct {
	limit  int         // 0: as many as fit
	cursor uuid.UUID   // Added of the last link shown; uuid.Nil: from the newest on
	link   *store.Link // the one link looked for, if any
	values url.Values
}

func readListQuery(raw string) (q listQuery, err error) {
	// net/url refuses a bare semicolon, which separates nothing by the URL standard.
	if q.values, err = url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B")); err != nil {
		return q, badRequest("The query is malformed: a %% must be followed by two hexadecimal digits.")
	}
	if q.values.Has("link") {
		if err := onlyOnce(q.values, "link"); err != nil {
			return q, err
		}
		l, err := store.Parse(q.values.Get("link"))
		if err != nil {
			return q, badRequest("The query's link is refused: %s.", err)
		}
		q.link = &l
		return q, nil
	}
	if err := onlyOnce(q.values, "limit", "cursor"); err != nil {
		return q, err
	}
	if s := q.values.Get("limit"); q.values.Has("limit") {
		q.limit, err = strconv.Atoi(s)
		if err != nil || q.limit < 1 || q.limit > maxLimit || strconv.Itoa(q.limit) != s {
			return q, badRequest("The query's limit must be a whole number from 1 to %d.", maxLimit)
		}
	}
	if s := q.values.Get("cursor"); q.values.Has("cursor") {
		var ok bool
		if q.cursor, ok = parseUUID(s); !ok || q.cursor.Version() != 7 {
			return q, badRequest("The query's cursor must be one that a Link header gave; leave it out to begin with the newest link.")
		}
	}
	return q, nil
}

func onlyOnce(values url.Values, names ...string) error {
	for _, name := range names {
		if len(values[name]) > 1 {
			return badRequest("The query must have %s only once.", name)
		}
	}
	return nil
}

// next refers to the page after the link with this Added, relative to the request's own URL.
func (q listQuery) next(last uuid.UUID) string {
	values := make(url.Values, len(q.values))
	for name, v := range q.values {
		if name != "cursor" {
			values[name] = v
		}
	}
	ref := "?" + values.Encode()
	if len(values) > 0 {
		ref += "&"
	}
	return ref + "cursor=" + last.String()
}
