package api

import (
	"maps"
	"net/http"
)

// home is the web page.
func (a *api) home(w http.ResponseWriter, r *http.Request) error {
	maps.Copy(w.Header(), a.page.Header)
	writeTagged(w, r, entityTag(a.page.HTML), a.page.Header.Get("Content-Type"), a.page.HTML)
	return nil
}

// manifest is what makes the web page an app that a phone can share to.
func (a *api) manifest(w http.ResponseWriter, r *http.Request) error {
	writeTagged(w, r, entityTag(a.page.Manifest), "application/manifest+json", a.page.Manifest)
	return nil
}
