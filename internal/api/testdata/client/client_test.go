// Package client calls every operation of a service through the package links,
// which oapi-codegen generates from openapi.json.
package client

import (
	"context"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/client/links"
)

// newClient returns a client of the service at SERVICE_URL, which must be empty
// and accept the token "token".
func newClient(t *testing.T) *links.ClientWithResponses {
	t.Helper()
	authorize := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer token")
		return nil
	}
	client, err := links.NewClientWithResponses(os.Getenv("SERVICE_URL"), links.WithRequestEditorFn(authorize))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

const googleURL = "https://www.google.com"

var (
	googleID = uuid.MustParse("95555d86-7dd0-51a7-ab15-99805fb8a4e4")
	added    = time.Date(2001, 2, 3, 4, 5, 6, 789e6, time.UTC)
)

func TestLinks(t *testing.T) {
	c, title, tags, note := newClient(t), "Google", []string{"web/search", "to read"}, "One line.\nAnother line."
	one := store(t, c, func(body *links.LinkInputs) error {
		return body.FromLinkInput(
			links.LinkInput{Link: googleURL, Title: &title, Tags: &tags, Note: &note, Added: &added})
	})
	if stored, err := one.AsStored(); err != nil || stored.LinkId != googleID {
		t.Errorf("StoreLinks of one link: got %v, %v, want the ID %s", stored, err, googleID)
	}
	several := store(t, c, func(body *links.LinkInputs) error {
		return body.FromLinkInputList(links.LinkInputList{{Link: "https://example.com"}, {Link: googleURL}})
	})
	if stored, err := several.AsStoredList(); err != nil || len(stored) != 2 || stored[1].LinkId != googleID {
		t.Errorf("StoreLinks of two links: got %v, %v, want two IDs, the second %s", stored, err, googleID)
	}

	limit, withAdded, url := 1, links.ListLinksParamsAddedTrue, googleURL
	page, err := c.ListLinksWithResponse(t.Context(), &links.ListLinksParams{Limit: &limit})
	if err != nil || page.JSON200 == nil || len(*page.JSON200) != 1 || page.Headers200.Link == nil {
		t.Errorf("ListLinks with limit 1: got %+v, %v, want one link and a Link header", page, err)
	}
	found, err := c.ListLinksWithResponse(t.Context(), &links.ListLinksParams{Link: &url, Added: &withAdded})
	if err != nil || found.JSON200 == nil || len(*found.JSON200) != 1 || !(*found.JSON200)[0].Added.Equal(added) {
		t.Errorf("ListLinks with link %s: got %+v, %v, want one link, added %v", url, found, err, added)
	}

	got, err := c.GetLinkWithResponse(t.Context(), googleID, nil)
	if err != nil || got.JSON200 == nil || *got.JSON200.Title != title || !got.JSON200.Added.Equal(added) {
		t.Fatalf("GetLink: got %+v, %v, want title %s, added %v", got, err, title, added)
	}
	if l := got.JSON200; l.Tags == nil || !slices.Equal(*l.Tags, tags) || l.Note == nil || *l.Note != note {
		t.Errorf("GetLink: got %+v, want tags %q and note %q", l, tags, note)
	}
	conditions := &links.GetLinkParams{IfNoneMatch: &got.Headers200.ETag}
	unchanged, err := c.GetLinkWithResponse(t.Context(), googleID, conditions)
	if err != nil || unchanged.StatusCode() != http.StatusNotModified {
		t.Errorf("GetLink with If-None-Match: got %+v, %v, want 304", unchanged, err)
	}
	empty, others := "", []string{"other"}
	changed, err := c.ChangeLinkWithApplicationMergePatchPlusJSONBodyWithResponse(
		t.Context(), googleID, links.LinkPatch{Title: &empty, Tags: &others})
	if err != nil || changed.JSON200 == nil || changed.JSON200.Title != nil || changed.JSON200.Tags == nil ||
		!slices.Equal(*changed.JSON200.Tags, others) || changed.JSON200.Note == nil || *changed.JSON200.Note != note {
		t.Errorf("ChangeLink of title and tags: got %+v, %v, want no title, tags %q and note %q",
			changed, err, others, note)
	}
	changed, err = c.ChangeLinkWithApplicationMergePatchPlusJSONBodyWithResponse(
		t.Context(), googleID, links.LinkPatch{Tags: &[]string{}, Note: &empty})
	if err != nil || changed.JSON200 == nil || changed.JSON200.Tags != nil || changed.JSON200.Note != nil {
		t.Errorf("ChangeLink of tags and note: got %+v, %v, want neither", changed, err)
	}
	rejected, err := c.ChangeLinkWithApplicationMergePatchPlusJSONBodyWithResponse(
		t.Context(), googleID, links.LinkPatch{Tags: &[]string{"a,b"}})
	if err != nil || rejected.JSON400 == nil || rejected.JSON400.Field == nil || *rejected.JSON400.Field != "tags" {
		t.Errorf("ChangeLink of tags with a comma: got %+v, %v, want 400 with Field tags", rejected, err)
	}
	deleted, err := c.DeleteLinkWithResponse(t.Context(), googleID)
	if err != nil || deleted.StatusCode() != http.StatusNoContent {
		t.Errorf("DeleteLink: got %+v, %v, want 204", deleted, err)
	}
	gone, err := c.GetLinkWithResponse(t.Context(), googleID, nil)
	if err != nil || gone.JSON404 == nil || gone.JSON404.Reference == "" {
		t.Errorf("GetLink of the deleted link: got %+v, %v, want 404 with Reference", gone, err)
	}
}

func store(t *testing.T, c *links.ClientWithResponses, fill func(*links.LinkInputs) error) *links.StoredResult {
	t.Helper()
	var body links.LinkInputs
	if err := fill(&body); err != nil {
		t.Fatal(err)
	}
	r, err := c.StoreLinksWithResponse(t.Context(), body)
	if err != nil || r.JSON200 == nil {
		t.Fatalf("StoreLinks: got %+v, %v, want 200", r, err)
	}
	return r.JSON200
}

func TestService(t *testing.T) {
	c := newClient(t)
	if page, err := c.GetPageWithResponse(t.Context(), nil); err != nil || page.StatusCode() != http.StatusOK {
		t.Errorf("GetPage: got %+v, %v, want 200", page, err)
	}
	manifest, err := c.GetManifestWithResponse(t.Context(), nil)
	if err != nil || manifest.ApplicationmanifestJSON200 == nil {
		t.Errorf("GetManifest: got %+v, %v, want a manifest", manifest, err)
	}
	if description, err := c.GetDescriptionWithResponse(t.Context(), nil); err != nil || description.JSON200 == nil {
		t.Errorf("GetDescription: got %+v, %v, want a description", description, err)
	}
	health, err := c.GetHealthWithResponse(t.Context())
	if err != nil || health.JSON200 == nil || health.JSON200.Status != links.HealthStatusOk {
		t.Errorf("GetHealth: got %+v, %v, want status ok", health, err)
	}
	ready, err := c.GetReadinessWithResponse(t.Context())
	if err != nil || ready.JSON200 == nil || ready.JSON200.Status != links.HealthStatusOk {
		t.Errorf("GetReadiness: got %+v, %v, want status ok", ready, err)
	}
}
