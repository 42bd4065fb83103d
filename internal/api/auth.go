package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"links/internal/token"
)

// requireReadToken requires a token if the service is private.
func (a *api) requireReadToken(next http.Handler) http.Handler {
	if !a.private {
		return next
	}
	return a.requireToken(next)
}

// requireWriteToken requires a token if any is configured.
func (a *api) requireWriteToken(next http.Handler) http.Handler {
	if len(a.tokens) == 0 {
		return next
	}
	return a.requireToken(next)
}

// requireEditToken requires a token, except in local mode. If no token is
// configured, it rejects every request.
func (a *api) requireEditToken(next http.Handler) http.Handler {
	if !a.canEdit() {
		return a.handle(func(http.ResponseWriter, *http.Request) error { return errEditDisabled })
	}
	return a.requireWriteToken(next)
}

// canEdit reports whether the configuration permits anyone to change or delete
// links.
func (a *api) canEdit() bool { return a.local || len(a.tokens) > 0 }

// requireToken requires a token in an Authorization header (RFC 6750, section
// 2.1), and records the token's name for the log. It rejects requests with
// several such headers, because gateways differ in which of them counts.
func (a *api) requireToken(next http.Handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		t, ok := a.findToken(strings.TrimLeft(sent, " "))
		if !ok || !strings.EqualFold(scheme, "Bearer") || len(r.Header.Values("Authorization")) > 1 {
			return errUnauthorized
		}
		requestInfoOf(r.Context()).tokenName = t.Name
		next.ServeHTTP(w, r)
		return nil
	})
}

// findToken returns the configured token that was sent. It compares in constant
// time. The empty string never matches.
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

// crossOriginProtection returns middleware that rejects requests that a browser
// sends from an origin that is neither the service's own nor the configured one.
// If any origin is configured, it rejects nothing.
func (a *api) crossOriginProtection() (func(http.Handler) http.Handler, error) {
	if a.origin == "*" {
		return func(next http.Handler) http.Handler { return next }, nil
	}
	protection := http.NewCrossOriginProtection()
	if a.origin != "" {
		if err := protection.AddTrustedOrigin(a.origin); err != nil {
			return nil, err
		}
	}
	return func(next http.Handler) http.Handler {
		return a.handle(func(w http.ResponseWriter, r *http.Request) error {
			if protection.Check(r) != nil {
				return errForeignOrigin
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}, nil
}

// proxyHeaders are the request headers that reveal a proxy.
var proxyHeaders = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"}

// localOnly rejects requests that do not come from this machine, because their Host
// is foreign or a proxy forwarded them. The health checks are exempt.
//
// A foreign Host is DNS rebinding: a foreign web site resolves its own name to a
// loopback address, and a browser then treats this service as that site.
func (a *api) localOnly(next http.Handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if !isHealthCheck(r) {
			if !isLoopbackHost(r.Host) {
				return errForeignHost
			}
			for _, name := range proxyHeaders {
				if _, ok := r.Header[name]; ok {
					return errForwarded
				}
			}
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// rejectEmbedding rejects requests that a browser sends because a web page of a
// foreign origin embeds their URL, as with <object> or prefetch. It rejects none
// outside local mode, or if any origin is configured.
//
// The page cannot read the response, but in some browsers its events reveal
// whether it is 200 or 404. Anyone can compute the ID of a link, so the page
// could find out which links are stored.
func (a *api) rejectEmbedding(next http.Handler) http.Handler {
	if !a.local || a.origin == "*" {
		return next
	}
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if isEmbedded(r.Header) {
			return errEmbedded
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// isEmbedded reports whether the headers are those of a request that a foreign
// web page causes neither by a fetch with CORS nor by navigating a tab.
func isEmbedded(h http.Header) bool {
	if site := h.Get("Sec-Fetch-Site"); site != "cross-site" && site != "same-site" {
		return false
	}
	mode := h.Get("Sec-Fetch-Mode")
	return mode == "no-cors" || mode == "navigate" && h.Get("Sec-Fetch-Dest") != "document"
}

// isLoopbackHost reports whether a Host header, with or without a port, is
// localhost, a name below localhost or a loopback IP address.
func isLoopbackHost(host string) bool {
	name := strings.ToLower(strings.TrimSuffix((&url.URL{Host: host}).Hostname(), "."))
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && ip.IsLoopback()
}
