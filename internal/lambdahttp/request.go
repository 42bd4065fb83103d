package lambdahttp

import (
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// fixRequest converts the adapter's request to the one that net/http's server would
// pass to a handler. An error means that net/http would have rejected the target.
func fixRequest(r *http.Request, target string) error {
	// The adapter parses the path after "https://" and the host. So //host/x and an
	// encoded ? or # become something else, the URL contains a scheme and a host,
	// and %zz fails the event. A server parses the target alone.
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return err
	}
	r.URL, r.RequestURI = u, target

	// net/http moves the Host header to the request. The adapter sets Host to the
	// gateway's domain name, or leaves it empty.
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	r.Header.Del("Host")

	// The adapter's header accessors trust these headers, even if a client sent
	// them. Do not call these accessors.
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Golambdaproxy-") {
			delete(r.Header, name)
		}
	}
	return nil
}

// headerOf returns the headers of an event: multi, or single if multi is nil.
// Names that differ only in case are one header with several values.
//
// The adapter iterates over the map in random order, so the first value of such a
// header differed between requests.
func headerOf(single map[string]string, multi map[string][]string) http.Header {
	header := http.Header{}
	if multi == nil {
		for _, name := range slices.Sorted(maps.Keys(single)) {
			header.Add(name, single[name])
		}
		return header
	}
	for _, name := range slices.Sorted(maps.Keys(multi)) {
		for _, value := range multi[name] {
			header.Add(name, value)
		}
	}
	return header
}

// remoteAddr returns a client's IP address in the form of http.Request.RemoteAddr.
// Gateways send it without a port, which becomes 0. An existing port is kept.
func remoteAddr(address string) string {
	if _, err := netip.ParseAddrPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(address, "0")
}
