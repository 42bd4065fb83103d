package api

import (
	"context"
	"errors"
	"math"
	"net/http"

	"links/internal/link"
	"links/internal/store"
)

// list shows links newest first: all that fit one answer, a page, or the one with a given address.
func (a *api) list(w http.ResponseWriter, r *http.Request) error {
	q, err := readListQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	ctx, cancel := a.deadline(r)
	defer cancel()
	if q.link != nil {
		return a.lookUp(ctx, w, r, q)
	}
	body := a.listBodies.Get().(*listBody)
	defer a.listBodies.Put(body)
	defer body.release()
	ask := math.MaxInt
	if q.limit > 0 {
		ask = q.limit + 1 // one ahead says whether there is more
	}
	links := a.store.List(ctx, q.cursor, ask)
	body.begin(gatewayOf(r.Context()).MaxResponse, q.added)
	shown, last := 0, link.Position{}
	for l, err := range links {
		if err != nil {
			return err
		}
		fits := false
		if q.limit == 0 || shown < q.limit {
			if fits, err = body.add(l); err != nil {
				return err
			}
		}
		if !fits {
			w.Header().Set("Link", q.next(last))
			break
		}
		shown, last = shown+1, l.Position()
	}
	if err := body.end(); err != nil {
		return err
	}
	writeTagged(w, r, body.hash.tag(q.added, w.Header().Get("Link")), "application/json", body.chunks...)
	return nil
}

// lookUp shows the one link with the address looked for as a list.
func (a *api) lookUp(ctx context.Context, w http.ResponseWriter, r *http.Request, q listQuery) error {
	body := []byte{'['}
	switch l, err := a.store.Get(ctx, q.link.ID); {
	case err == nil:
		body = appendLink(body, l, q.added)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	body = append(body, ']')
	writeTagged(w, r, entityTag(body), "application/json", body)
	return nil
}
