package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"links/internal/store"
)

// An httpError is an error whose status and message the client receives.
type httpError struct {
	status  int
	message string
	index   *int   // the array element that caused the error; nil if none did
	field   string // the member or query parameter that caused the error; empty if none did
}

func (e httpError) Error() string { return e.message }

func badRequest(format string, args ...any) error {
	return httpError{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
}

// invalidField returns the error of an invalid member or query parameter.
func invalidField(field string, cause error) error {
	return httpError{
		status:  http.StatusBadRequest,
		message: fmt.Sprintf("Invalid %s: %v.", field, cause),
		field:   field,
	}
}

// isField reports whether an error may contain the name as its Field.
func isField(name string) bool {
	switch name {
	case "link", "title", "tags", "note", "added", "limit", "cursor", "q", "tag":
		return true
	}
	return false
}

func notFound(http.ResponseWriter, *http.Request) error {
	return httpError{
		status:  http.StatusNotFound,
		message: "Not found; see link and openapi.json under the base URL of this service.",
	}
}

func methodNotAllowed(method string, allowed []string) error {
	return httpError{
		status:  http.StatusMethodNotAllowed,
		message: fmt.Sprintf("Method %q not allowed; use one of %s.", method, strings.Join(allowed, ", ")),
	}
}

var (
	errUnauthorized = httpError{
		status:  http.StatusUnauthorized,
		message: "Missing or invalid token; send exactly one header Authorization: Bearer TOKEN.",
	}
	errEditDisabled = httpError{
		status:  http.StatusForbidden,
		message: "PATCH and DELETE are disabled because no token is configured; set LINKS_TOKEN_SHA256 to enable them.",
	}
	errForeignOrigin = httpError{
		status:  http.StatusForbidden,
		message: "Cross-origin writes are not allowed from this origin; set LINKS_CORS_ORIGIN to allow another origin.",
	}
	errEmbedded = httpError{
		status:  http.StatusForbidden,
		message: "Web pages of another origin cannot embed links in local mode; open the URL in a tab.",
	}
	errForeignHost = httpError{
		status: http.StatusMisdirectedRequest,
		message: "Local mode serves only localhost and loopback IP addresses; to serve another host, " +
			"configure a token with LINKS_TOKEN_SHA256, or set LINKS_LOCAL=off.",
	}
	errForwarded = httpError{
		status: http.StatusMisdirectedRequest,
		message: "Local mode does not serve requests from a proxy; to run behind a proxy, " +
			"configure a token with LINKS_TOKEN_SHA256 and the proxy with LINKS_TRUSTED_PROXIES.",
	}
	errTooManyRequests = httpError{
		status:  http.StatusTooManyRequests,
		message: "Too many requests from this IP address; retry in a second.",
	}
	errNoBodyMemory = httpError{
		status:  http.StatusServiceUnavailable,
		message: "Too many large request bodies in flight; retry in a second, or send bodies of less than 32768 bytes.",
	}
	errNoListMemory = httpError{
		status:  http.StatusServiceUnavailable,
		message: "Too many large lists in flight; retry in a second, or request smaller pages.",
	}
)

// toHTTPError returns what the client receives for an error. Internal errors have
// a fixed message.
func toHTTPError(err error) httpError {
	var known httpError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &tooLarge):
		return httpError{
			status: http.StatusRequestEntityTooLarge,
			message: fmt.Sprintf("The request body is larger than %d bytes; split it into several requests.",
				tooLarge.Limit),
		}
	case errors.Is(err, store.ErrNotFound):
		return httpError{
			status:  http.StatusNotFound,
			message: "Not found: no link with this ID exists.",
		}
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.Canceled):
		return httpError{
			status:  http.StatusServiceUnavailable,
			message: "The store is unavailable or throttled; it is safe to retry.",
		}
	case errors.Is(err, context.DeadlineExceeded):
		return httpError{
			status:  http.StatusGatewayTimeout,
			message: "The store did not respond in time; it is safe to retry.",
		}
	default:
		return httpError{
			status:  http.StatusInternalServerError,
			message: "Internal error; the server log contains the cause under this reference.",
		}
	}
}

// errorBody is the body of every error response.
type errorBody struct {
	Error, Reference string

	Index *int   `json:",omitzero"`
	Field string `json:",omitzero"`
}

// fail responds with an error and records its cause for the log.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	info := requestInfoOf(r.Context())
	info.cause = err
	response := toHTTPError(err)
	switch response.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, response.status, errorBody{response.message, info.id, response.index, response.field})
}

// handle converts a function that returns an error into a handler that responds
// with it. The function must not have written a response.
func (a *api) handle(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			a.fail(w, r, err)
		}
	}
}
