package api

import (
	"maps"
	"net/http"
)

// home is the web page.
func (a *api) home(w http.ResponseWriter, r *http.Request) error {
	home, err := a.webUI()
	if err != nil {
		return err
	}
	maps.Copy(w.Header(), home.Header)
	writeTagged(w, r, entityTag(home.HTML), home.Header.Get("Content-Type"), home.HTML)
	return nil
}

// manifest is what makes the web page an app that a phone can share to.
func (a *api) manifest(w http.ResponseWriter, r *http.Request) error {
	home, err := a.webUI()
	if err != nil {
		return err
	}
	writeTagged(w, r, entityTag(home.Manifest), "application/manifest+json", home.Manifest)
	return nil
}
