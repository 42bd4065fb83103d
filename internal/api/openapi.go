package api

import (
	_ "embed"
	"net/http"
)

// openAPI describes the whole interface, as OpenAPI 3.1.
//
//go:embed openapi.json
var openAPI []byte

// describe answers with the description of this API.
func describe(w http.ResponseWriter, r *http.Request) error {
	writeTagged(w, r, entityTag(openAPI), "application/json", openAPI)
	return nil
}
