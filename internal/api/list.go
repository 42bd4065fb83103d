package api

import (
	"context"
	"errors"
	"iter"
	"math"
	"net/http"

	"links/internal/store"
)

// shortPage is how many links a page may have that is served whatever memory long lists take.
const shortPage = 50

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
	if matchesAny(r) {
		// There is always a list, which is all that "*" asks. Its entity tag would cost as much as the list, and who sends
		// "*" has no tag that this one could replace.
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	body := a.listBodies.Get().(*listBody)
	defer a.listBodies.Put(body)
	defer body.release()
	ask := math.MaxInt
	if q.limit > 0 {
		ask = q.limit + 1 // one ahead says whether there is more
	}
	links := a.store.List(ctx, q.cursor, ask)
	isShort := q.limit > 0 && q.limit <= shortPage
	if isShort && ifNoneMatch(r) != "" {
		page, err := collect(links, ask)
		if err != nil {
			return err
		}
		if answerUnchanged(w, r, q, page, &body.hash) {
			return nil
		}
		links = replay(page)
	}
	body.begin(frontDoor(r.Context()).MaxAnswer, q.added)
	if !isShort {
		body.memory = a.listMemory
	}
	shown, last := 0, store.Position{}
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

// answerUnchanged answers 304 where the request has the entity tag of the page, and says whether it did. This is before the
// page's JSON is written, which would make it a tenth more expensive. The page may have one link more than are to be shown.
// Where not even the others fit into one answer, the page has another tag, and is written.
func answerUnchanged(w http.ResponseWriter, r *http.Request, q listQuery, page []store.Link, hash *listHash) bool {
	next := ""
	if len(page) > q.limit {
		page = page[:q.limit]
		next = q.next(page[q.limit-1].Position())
	}
	hash.begin()
	for _, l := range page {
		hash.add(l)
	}
	tag := hash.tag(q.added, next)
	if !matches(ifNoneMatch(r), tag) {
		return false
	}
	w.Header().Set("ETag", tag)
	if next != "" {
		w.Header().Set("Link", next)
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

func collect(links iter.Seq2[store.Link, error], most int) ([]store.Link, error) {
	all := make([]store.Link, 0, most)
	for l, err := range links {
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

func replay(links []store.Link) iter.Seq2[store.Link, error] {
	return func(yield func(store.Link, error) bool) {
		for _, l := range links {
			if !yield(l, nil) {
				return
			}
		}
	}
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
