package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"links/internal/token"
)

// mayRead lets through who may read links: everyone, or with Private who has a token.
func (a *api) mayRead(next http.Handler) http.Handler {
	if !a.private {
		return next
	}
	return a.hasToken(next)
}

// mayWrite lets through who may store links: everyone as long as no token is configured.
func (a *api) mayWrite(next http.Handler) http.Handler {
	if len(a.tokens) == 0 {
		return next
	}
	return a.hasToken(next)
}

// mayEdit lets through who may change or delete links: with a token configured who has it, without one everyone in local
// mode and nobody otherwise.
func (a *api) mayEdit(next http.Handler) http.Handler {
	if !a.canEdit() {
		return a.handle(func(http.ResponseWriter, *http.Request) error { return errNoToken })
	}
	return a.mayWrite(next)
}

// canEdit reports whether the configuration permits anyone to change or delete links.
func (a *api) canEdit() bool { return a.local || len(a.tokens) > 0 }

// hasToken requires a token in one Authorization header, as in RFC 6750, section 2.1, and notes its name for the log.
// Several headers are an error, because which of them counts would depend on the gateway.
func (a *api) hasToken(next http.Handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		t, ok := a.findToken(strings.TrimLeft(sent, " "))
		if !ok || !strings.EqualFold(scheme, "Bearer") || len(r.Header.Values("Authorization")) > 1 {
			return errNeedsToken
		}
		exchangeOf(r.Context()).token = t.Name
		next.ServeHTTP(w, r)
		return nil
	})
}

// findToken takes a time that says nothing of which token, if any, was found. An empty one is none.
func (a *api) findToken(sent string) (token.Token, bool) {
	hash := sha256.Sum256([]byte(sent))
	found := -1
	for i, t := range a.tokens {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(hash[:], t.Hash[:]), i, found)
	}
	if sent == "" || found < 0 {
		return token.Token{}, false
	}
	return a.tokens[found], true
}
