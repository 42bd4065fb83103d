package api

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"
)

// proxyHeaders are the request headers by which a proxy shows itself. Links
// interprets X-Forwarded-For alone, and only with Config.TrustedProxies.
var proxyHeaders = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"}

// localOnly rejects requests that do not come from this machine: those whose
// Host names something else, and those that a proxy forwarded. The health
// checks are exempt.
//
// Another Host is DNS rebinding: a foreign web site has its own name resolve to
// a loopback address, and a browser then treats this service as that site.
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

// isHealthCheck reports whether the request is for a health check. It requires
// the middleware route.
func isHealthCheck(r *http.Request) bool {
	path := chi.RouteContext(r.Context()).RoutePath
	return path == "/healthz" || path == "/readyz"
}

// isLoopbackHost reports whether the value of a Host header, with or without a
// port, is localhost, a name below localhost or a loopback IP address.
func isLoopbackHost(host string) bool {
	name := strings.ToLower(strings.TrimSuffix((&url.URL{Host: host}).Hostname(), "."))
	address, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && address.IsLoopback()
}
