package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// reader lets through who may read links: everyone, or with Private who has the token.
func (a *api) reader(next http.Handler) http.Handler {
	if !a.private {
		return next
	}
	return a.tokenHolder(next)
}

// writer lets through who may store links: everyone as long as no token is configured.
func (a *api) writer(next http.Handler) http.Handler {
	if len(a.tokenHash) == 0 {
		return next
	}
	return a.tokenHolder(next)
}

// deleter lets through who may delete links: nobody as long as no token is configured.
func (a *api) deleter(next http.Handler) http.Handler {
	if len(a.tokenHash) == 0 {
		return a.handle(func(http.ResponseWriter, *http.Request) error { return errNoToken })
	}
	return a.tokenHolder(next)
}

// tokenHolder asks for the token as RFC 6750, section 2.1, has it sent.
func (a *api) tokenHolder(next http.Handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		hash := sha256.Sum256([]byte(strings.TrimLeft(token, " ")))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(hash[:], a.tokenHash) != 1 {
			return errNeedsToken
		}
		next.ServeHTTP(w, r)
		return nil
	})
}
