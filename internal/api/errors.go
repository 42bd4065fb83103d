package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"links/internal/store"
)

// An httpError is an error whose status and sentence the caller gets.
type httpError struct {
	status   int
	sentence string
	index    *int   // the array element that caused the error; nil if none did
	field    string // the member or query parameter that caused the error; empty if none did
}

func (e httpError) Error() string { return e.sentence }

func badRequest(format string, args ...any) error {
	return httpError{status: http.StatusBadRequest, sentence: fmt.Sprintf(format, args...)}
}

// badField returns the error of a request with an invalid member or query parameter.
func badField(field, format string, args ...any) error {
	return httpError{status: http.StatusBadRequest, sentence: fmt.Sprintf(format, args...), field: field}
}

func unknownPath(http.ResponseWriter, *http.Request) error {
	return httpError{status: http.StatusNotFound, sentence: "There is nothing at this path; links are at link, the description of this API is at openapi.json."}
}

func methodNotAllowed(method string, allowed []string) error {
	return httpError{status: http.StatusMethodNotAllowed, sentence: fmt.Sprintf("This path does not have the method %q; it has %s.", method, strings.Join(allowed, ", "))}
}

var (
	errTooManyRequests = httpError{status: http.StatusTooManyRequests, sentence: "Too many requests from this IP address; try again in a second."}
	errNeedsToken      = httpError{status: http.StatusUnauthorized, sentence: "This needs one header Authorization: Bearer with the right token."}
	errNoToken         = httpError{status: http.StatusForbidden, sentence: "Changing and deleting are off, because no token is configured; set LINKS_TOKEN_SHA256 to allow them to whoever has the token."}
	errForeignOrigin   = httpError{status: http.StatusForbidden, sentence: "A web page of another origin may not store, change or delete links here: only this service's own pages and those of the origin in LINKS_CORS_ORIGIN may."}
	errForeignHost     = httpError{status: http.StatusMisdirectedRequest, sentence: "A server in local mode serves localhost and loopback addresses only; to serve another host, configure a token with LINKS_TOKEN_SHA256, or set LINKS_LOCAL=off."}
	errForwarded       = httpError{status: http.StatusMisdirectedRequest, sentence: "A server in local mode serves no requests that a proxy forwards; to run it behind a proxy, configure a token with LINKS_TOKEN_SHA256 and the proxy with LINKS_TRUSTED_PROXIES."}
	errTitlePatch      = httpError{status: http.StatusBadRequest, sentence: "The body must be a JSON merge patch of the title and nothing else, such as " + titleExample + `, or {"title": null} for none.`}
)

// toHTTPError returns what the client receives for an error. An internal error becomes a fixed message.
func toHTTPError(err error) httpError {
	var known httpError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &tooLarge):
		return httpError{status: http.StatusRequestEntityTooLarge, sentence: fmt.Sprintf("The body must have at most %d bytes; send long lists in several requests.", tooLarge.Limit)}
	case errors.Is(err, store.ErrNotFound):
		return httpError{status: http.StatusNotFound, sentence: "There is no link with this id."}
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.Canceled):
		return httpError{status: http.StatusServiceUnavailable, sentence: "The store is busy or out of reach; sending the same request again in a while is safe."}
	case errors.Is(err, context.DeadlineExceeded):
		return httpError{status: http.StatusGatewayTimeout, sentence: "The store did not answer in time; sending the same request again is safe."}
	default:
		return httpError{status: http.StatusInternalServerError, sentence: "Something went wrong here; the log has the cause under this reference."}
	}
}

// errorBody is the body of every error response.
type errorBody struct {
	Error, Reference string

	Index *int   `json:",omitzero"`
	Field string `json:",omitzero"`
}

// fail answers with the error's status and sentence, and notes the cause for the log.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	x := exchangeOf(r.Context())
	x.cause = err
	response := toHTTPError(err)
	switch response.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, response.status, errorBody{response.sentence, x.id, response.index, response.field})
}

// handle makes a handler of a function that says how it failed instead of answering.
func (a *api) handle(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			a.fail(w, r, err)
		}
	}
}
