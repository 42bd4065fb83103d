package api

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"links/internal/link"
)

// post stores one link or an array of links.
func (a *api) post(w http.ResponseWriter, r *http.Request) error {
	body, release, err := a.readBody(w, r)
	defer release()
	if err != nil {
		return err
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	var links []link.Link
	var isArray bool
	err = a.decodeLimited(ctx, body, func() (err error) {
		links, isArray, err = decodeLinks(ctx, body)
		return err
	})
	if err != nil {
		return err
	}
	if err := a.store.Put(ctx, links...); err != nil {
		return err
	}
	if isArray {
		writeBody(w, http.StatusOK, "application/json", appendIDs(nil, links))
		return nil
	}
	// A relative reference is correct under any base path.
	location := links[0].ID.String()
	if !strings.HasSuffix(r.URL.EscapedPath(), "/") {
		location = "link/" + location
	}
	w.Header().Set("Location", location)
	writeBody(w, http.StatusOK, "application/json", appendID(nil, links[0].ID))
	return nil
}

// get returns one link.
func (a *api) get(w http.ResponseWriter, r *http.Request) error {
	id, err := linkID(r)
	if err != nil {
		return err
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	l, err := a.store.Get(ctx, id)
	if err != nil {
		return err
	}
	body := appendLink(nil, &l, true)
	writeTagged(w, r, entityTag(body), "application/json", body)
	return nil
}

// patch changes the title, the tags and the note of one link.
func (a *api) patch(w http.ResponseWriter, r *http.Request) error {
	id, err := linkID(r)
	if err != nil {
		return err
	}
	patch, release, err := a.readBody(w, r)
	defer release()
	if err != nil {
		return err
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	var changes link.Changes
	err = a.decodeLimited(ctx, patch, func() (err error) {
		changes, err = decodePatch(patch)
		return err
	})
	if err != nil {
		return err
	}
	l, err := a.store.Update(ctx, id, changes)
	if err != nil {
		return err
	}
	body := appendLink(nil, &l, true)
	w.Header().Set("ETag", entityTag(body))
	writeBody(w, http.StatusOK, "application/json", body)
	return nil
}

// delete deletes one link.
func (a *api) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := linkID(r)
	if err != nil {
		return err
	}
	ctx, cancel := a.withTimeout(r)
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
		const example = "95555d86-7dd0-51a7-ab15-99805fb8a4e4"
		return id, badRequest("Invalid link ID: expected a UUID of 36 characters, such as %s.", example)
	}
	return id, nil
}

// parseUUID accepts only the 36-character form, in either case.
func parseUUID(s string) (uuid.UUID, bool) {
	id, err := uuid.Parse(s)
	return id, err == nil && len(s) == len(uuid.Nil.String())
}
