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

// receive makes the adapter's request what net/http's server would hand to a handler. An error means that net/http would
// have refused the target.
func receive(r *http.Request, target string) error {
	// The adapter parses the path behind "https://" and the host: //host/x and an encoded ? or # become something else,
	// the URL has a scheme and a host, and %zz fails the whole event. This parses it as a server does.
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return err
	}
	r.URL, r.RequestURI = u, target

	// net/http moves the Host header to the request; the adapter takes the gateway's domain name, or nothing.
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	r.Header.Del("Host")

	// The adapter's header accessors believe these, whoever sent them. Nothing here calls them; nothing ever shall.
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

// remoteAddr is a client's address in the form of http.Request.RemoteAddr, which the adapter gives without a port. No
// gateway tells the port. An address that comes with one keeps it.
func remoteAddr(address string) string {
	if _, err := netip.ParseAddrPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(address, "0")
}
