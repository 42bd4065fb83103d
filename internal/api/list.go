package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"

	"links/internal/link"
	"links/internal/store"
)

// list returns links, newest first: all that fit into one response, one page, or
// the one with a given URL.
func (a *api) list(w http.ResponseWriter, r *http.Request) error {
	q, err := parseListQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	if q.link != nil {
		return a.lookUp(ctx, w, r, q)
	}
	body := a.listWriters.Get().(*listWriter)
	defer a.listWriters.Put(body)
	defer body.release()
	body.begin(gatewayOf(r.Context()).MaxResponse, q.added)
	next, err := a.fill(ctx, body, q)
	if err != nil {
		return err
	}
	if next != "" {
		w.Header().Set("Link", next)
	}
	writeTagged(w, r, body.entityTag(next), "application/json", body.chunks...)
	return nil
}

// fill writes the complete body of a response to q. It returns the Link header that
// refers to the rest, or "" at the end of the list.
func (a *api) fill(ctx context.Context, body *listWriter, q listQuery) (next string, err error) {
	limit := math.MaxInt
	if q.limit > 0 {
		limit = q.limit + 1 // one more, to know whether another page follows
	}
	if q.search != nil {
		limit = maxExaminedLinks + 1
		if err := a.searching.Acquire(ctx, 1); err != nil {
			return "", err
		}
		defer a.searching.Release(1)
	}
	last := link.Position{}
	for l, err := range a.store.List(ctx, q.cursor, limit) {
		if err != nil {
			return "", err
		}
		if q.limit > 0 && body.links == q.limit || q.search != nil && !q.search.mayExamine(l) {
			next = q.next(last)
			break
		}
		if q.search != nil && q.search.examinedLinks%8 == 0 {
			runtime.Gosched() // on one processor, other requests would wait up to 10 ms each time that they block
		}
		if q.search == nil || q.search.matches(l) {
			fits, err := body.add(&l)
			if err != nil {
				return "", err
			}
			if !fits {
				next = q.next(last)
				break
			}
		}
		last = l.Position()
	}
	return next, body.end()
}

// lookUp returns the link with the given URL as a list.
func (a *api) lookUp(ctx context.Context, w http.ResponseWriter, r *http.Request, q listQuery) error {
	body := []byte{'['}
	switch l, err := a.store.Get(ctx, q.link.ID); {
	case err == nil:
		body = appendLink(body, &l, q.added)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	body = append(body, ']')
	writeTagged(w, r, entityTag(body), "application/json", body)
	return nil
}

const (
	maxLimit = 1000 // links of one page
	// maxParameters is how many parameters net/url accepts in a query.
	maxParameters = 10_000
)

// A listQuery is the query of GET /link.
type listQuery struct {
	limit  int           // maximum number of links; 0 means as many as fit
	cursor link.Position // position after which the list continues; zero means its start
	link   *link.Link    // the link with the given URL; nil if no URL is given
	search *search       // nil if the list is not restricted
	added  bool          // include when each link was stored
	values url.Values
}

func parseListQuery(raw string) (q listQuery, err error) {
	if raw == "" {
		return q, nil
	}
	if strings.Count(raw, "&") >= maxParameters {
		return q, badRequest("Too many query parameters; send at most %d.", maxParameters)
	}
	// net/url rejects a bare semicolon, which is an ordinary character by the URL
	// standard.
	if q.values, err = url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B")); err != nil {
		return q, badRequest("Invalid query: a %% must be followed by two hexadecimal digits.")
	}
	if err := checkNotRepeated(q.values, "added"); err != nil {
		return q, err
	}
	if s := q.values.Get("added"); q.values.Has("added") {
		if s != "true" && s != "false" {
			return q, invalidField("added", errors.New("expected true or false"))
		}
		q.added = s == "true"
	}
	if q.values.Has("link") {
		if err := checkNotRepeated(q.values, "link"); err != nil {
			return q, err
		}
		l, err := link.Parse(q.values.Get("link"))
		if err != nil {
			return q, invalidField("link", err)
		}
		q.link = &l
		return q, nil
	}
	if err := checkNotRepeated(q.values, "limit", "cursor"); err != nil {
		return q, err
	}
	if s := q.values.Get("limit"); q.values.Has("limit") {
		q.limit, err = strconv.Atoi(s)
		if err != nil || q.limit < 1 || q.limit > maxLimit || strconv.Itoa(q.limit) != s {
			return q, invalidField("limit", fmt.Errorf("expected an integer from 1 to %d", maxLimit))
		}
	}
	if s := q.values.Get("cursor"); q.values.Has("cursor") {
		var ok bool
		if q.cursor, ok = parseCursor(s); !ok {
			return q, invalidField("cursor",
				errors.New("use one from a Link header, or omit it to start with the newest link"))
		}
	}
	q.search, err = parseSearch(q.values)
	return q, err
}

// checkNotRepeated returns an error if one of the parameters is repeated.
func checkNotRepeated(values url.Values, names ...string) error {
	for _, name := range names {
		if len(values[name]) > 1 {
			return invalidField(name, errors.New("the query parameter is repeated; send it once"))
		}
	}
	return nil
}

// parseCursor parses the cursor of a Link header. Earlier versions wrote only the
// timestamp.
func parseCursor(s string) (cursor link.Position, ok bool) {
	added, id, hasID := strings.Cut(s, ".")
	if cursor.Added, ok = link.ParseTimestamp(added); !ok {
		return cursor, false
	}
	if hasID {
		cursor.ID, ok = parseUUID(id)
	}
	return cursor, ok
}

// next returns the Link header that refers to the links after last, relative to
// the URL of the request.
func (q listQuery) next(last link.Position) string {
	others := q.values
	others.Del("cursor")
	query := ""
	if len(others) > 0 {
		query = others.Encode() + "&"
	}
	return "<?" + query + "cursor=" + last.Added.String() + "." + last.ID.String() + `>; rel="next"`
}
