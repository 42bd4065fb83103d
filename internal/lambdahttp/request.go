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

// fixRequest turns the adapter's request into the request that net/http's server would
// pass to a handler. An error means that net/http would have rejected the target.
func fixRequest(r *http.Request, target string) error {
	// A server parses only the target. The adapter parses it after "https://" and the
	// host, which adds them to the URL, changes //host/x and an encoded ? or #, and
	// fails the event for %zz.
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
// header would differ between requests.
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

// remoteAddr returns the IP address of a client as in http.Request.RemoteAddr. Gateways
// send it without a port, which becomes 0. An existing port is unchanged.
func remoteAddr(ip string) string {
	if _, err := netip.ParseAddrPort(ip); err == nil {
		return ip
	}
	return net.JoinHostPort(ip, "0")
}
