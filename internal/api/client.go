package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientIP returns the IP address of the client. If the peer is a trusted proxy,
// that is the rightmost address in X-Forwarded-For that is not a trusted proxy.
// Each proxy appends its peer, and the client may have forged what is to the left.
// An entry that is not an IP address ends the search at the proxy that sent it.
func (a *api) clientIP(r *http.Request) string {
	client, ok := parseIP(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr // such as "", if the gateway does not know it
	}
	forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	for a.isTrustedProxy(client) {
		comma := strings.LastIndexByte(forwarded, ',')
		peer, ok := parseIP(strings.TrimSpace(forwarded[comma+1:]))
		if !ok {
			break
		}
		client, forwarded = peer, forwarded[:max(comma, 0)]
	}
	return client.String()
}

func (a *api) isTrustedProxy(ip netip.Addr) bool {
	return slices.ContainsFunc(a.trustedProxies, func(network netip.Prefix) bool { return network.Contains(ip) })
}

// parseIP parses an IP address with or without a port. It removes the zone, which
// would let one client appear as many.
func parseIP(s string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		ip = withPort.Addr()
	}
	return ip.Unmap().WithZone(""), true
}
