package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is the address of who sent the request, without the port. Of a request that a trusted proxy hands on it is
// the last address in X-Forwarded-For that is no trusted proxy's: each proxy adds at the end who asked it, and what is
// further ahead may be made up. An entry that is no address ends the search at the proxy that sent it.
func (a *api) clientAddress(r *http.Request) string {
	client, ok := parseAddress(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr // such as "", where the front door does not know it
	}
	forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	for a.isTrustedProxy(client) {
		comma := strings.LastIndexByte(forwarded, ',')
		asker, ok := parseAddress(strings.TrimSpace(forwarded[comma+1:]))
		if !ok { // no address, or no more entries
			break
		}
		client, forwarded = asker, forwarded[:max(comma, 0)]
	}
	return client.String()
}

func (a *api) isTrustedProxy(address netip.Addr) bool {
	return slices.ContainsFunc(a.trustedProxies, func(network netip.Prefix) bool { return network.Contains(address) })
}

// parseAddress reads an IP address with or without a port.
func parseAddress(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		address = withPort.Addr()
	}
	return address.Unmap().WithZone(""), true
}
