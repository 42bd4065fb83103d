package api

import (
	"net/url"
	"strconv"
	"strings"

	"links/internal/link"
)

const (
	maxLimit = 1000 // links of one page
	// maxParameters is how many parameters net/url accepts in a query.
	maxParameters = 10_000
)

// listQuery is the query of GET /link.
type listQuery struct {
	limit  int           // 0: as many as fit
	cursor link.Position // of the last link shown; zero: from the newest on
	link   *link.Link    // the one link looked for, if any
	added  bool          // show when each link was stored
	values url.Values
}

func readListQuery(raw string) (q listQuery, err error) {
	if raw == "" {
		return q, nil
	}
	if strings.Count(raw, "&") >= maxParameters {
		return q, badRequest("The query has more than %d parameters; send those that are needed.", maxParameters)
	}
	// net/url refuses a bare semicolon, which separates nothing by the URL standard.
	if q.values, err = url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B")); err != nil {
		return q, badRequest("The query is malformed: a %% must be followed by two hexadecimal digits.")
	}
	if err := onlyOnce(q.values, "added"); err != nil {
		return q, err
	}
	if s := q.values.Get("added"); q.values.Has("added") {
		if s != "true" && s != "false" {
			return q, badField("added", "The query's added must be true or false.")
		}
		q.added = s == "true"
	}
	if q.values.Has("link") {
		if err := onlyOnce(q.values, "link"); err != nil {
			return q, err
		}
		l, err := link.Parse(q.values.Get("link"))
		if err != nil {
			return q, badField("link", "The query's link is refused: %s.", err)
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
			return q, badField("limit", "The query's limit must be a whole number from 1 to %d.", maxLimit)
		}
	}
	if s := q.values.Get("cursor"); q.values.Has("cursor") {
		var ok bool
		if q.cursor, ok = parseCursor(s); !ok {
			return q, badField("cursor", "The query's cursor must be one that a Link header gave; leave it out to begin with the newest link.")
		}
	}
	return q, nil
}

func onlyOnce(values url.Values, names ...string) error {
	for _, name := range names {
		if len(values[name]) > 1 {
			return badField(name, "The query must have %s only once.", name)
		}
	}
	return nil
}

// parseCursor parses what next wrote. Earlier versions wrote only the Added.
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

// next is the Link header that refers to the page after the link with this position, relative to the request's own URL.
func (q listQuery) next(last link.Position) string {
	others := q.values
	others.Del("cursor")
	query := ""
	if len(others) > 0 {
		query = others.Encode() + "&"
	}
	return "<?" + query + "cursor=" + last.Added.String() + "." + last.ID.String() + `>; rel="next"`
}
