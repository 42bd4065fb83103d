package api

import (
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestClientIP_RightmostUntrusted(t *testing.T) {
	behind := &api{
		trustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
	}
	const client, other = "192.0.2.7", "198.51.100.9"
	zone := "%" + strings.Repeat("x", 99)
	for name, c := range map[string]struct {
		remote    string
		forwarded []string // one for each header field
		want      string
	}{
		"no proxy":                            {client + ":1234", nil, client},
		"an untrusted peer that forwards":     {client + ":1234", []string{other}, client},
		"a proxy that forwards nothing":       {"10.0.0.1:80", nil, "10.0.0.1"},
		"one proxy":                           {"10.0.0.1:80", []string{client}, client},
		"a client that forges its IP address": {"10.0.0.1:80", []string{other + ", " + client}, client},
		"a client that forges a proxy":        {"10.0.0.1:80", []string{other + ", 10.0.0.9, " + client}, client},
		"two proxies":                         {"10.0.0.1:80", []string{other + "," + client + ", 10.2.0.1"}, client},
		"two proxies, a field each":           {"10.0.0.1:80", []string{other, client, "10.2.0.1"}, client},
		"a client in a trusted network":       {"10.0.0.1:80", []string{"10.3.0.1"}, "10.3.0.1"},
		"IPv6":                                {"[2001:db8::1]:80", []string{"2001:db9::7"}, "2001:db9::7"},
		"IPv6 with brackets and a port":       {"[2001:db8::1]:80", []string{"[2001:db9::7]:4321"}, "2001:db9::7"},
		"IPv4 with a port":                    {"10.0.0.1:80", []string{client + ":4321"}, client},
		"IPv4 written as IPv6":                {"[::ffff:10.0.0.1]:80", []string{"::ffff:" + client}, client},
		"not an IP address":                   {"10.0.0.1:80", []string{client + ", unknown"}, "10.0.0.1"},
		"not an IP address, two proxies":      {"10.0.0.1:80", []string{client + ", -, 10.2.0.1"}, "10.2.0.1"},
		"an empty field":                      {"10.0.0.1:80", []string{""}, "10.0.0.1"},
		"only commas":                         {"10.0.0.1:80", []string{client + ",,"}, "10.0.0.1"},
		"a zone, which is removed":            {"[2001:db8::1]:80", []string{"fe80::7" + zone}, "fe80::7"},
		"a peer without a port, as on Lambda": {client, []string{other}, client},
		"an unknown peer":                     {"", []string{other}, ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		for _, field := range c.forwarded {
			r.Header.Add("X-Forwarded-For", field)
		}
		if got := behind.clientIP(r); got != c.want {
			t.Errorf("%s: clientIP: got %q, want %q", name, got, c.want)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:80"
	r.Header.Set("X-Forwarded-For", other)
	if got := (&api{}).clientIP(r); got != "10.0.0.1" {
		t.Errorf("without trusted proxies: clientIP: got %q, want 10.0.0.1", got)
	}
}

func TestAllow_GetsTheClientIP(t *testing.T) {
	var got []string
	handler, err := New(Config{
		Allow:          func(clientIP string) bool { got = append(got, clientIP); return clientIP == "192.0.2.7" },
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for forwarded, want := range map[string]int{"192.0.2.7": 404, "192.0.2.8": 429} {
		got = nil
		r := httptest.NewRequest("GET", "/nothing", nil)
		r.RemoteAddr = "10.0.0.1:80"
		r.Header.Set("X-Forwarded-For", forwarded)
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, r)
		if response.Code != want || !slices.Equal(got, []string{forwarded}) {
			t.Errorf("GET /nothing from %s: got status %d and Allow called with %q, want %d", forwarded, response.Code,
				got, want)
		}
	}
}

func FuzzClientIP(f *testing.F) {
	for _, forwarded := range []string{
		"", "192.0.2.7", "198.51.100.9, 192.0.2.7", "192.0.2.7, 10.0.0.9", "10.0.0.9,10.0.0.8", "::ffff:10.0.0.1",
		"[2001:db8::1]:80, 10.0.0.1:1",
		"fe80::1%eth0", "unknown, 10.0.0.1", ",", "192.0.2.7,,", "for=192.0.2.7", "::ffff:192.0.2.7:80",
	} {
		f.Add("10.0.0.1:1234", forwarded)
		f.Add("192.0.2.1:1234", forwarded)
	}
	f.Add("", "192.0.2.7")
	trusted := netip.MustParsePrefix("10.0.0.0/8")
	a := &api{trustedProxies: []netip.Prefix{trusted}}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		client := func(forwarded string) string {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = remote
			r.Header.Set("X-Forwarded-For", forwarded)
			return a.clientIP(r)
		}
		got := client(forwarded)
		peer, ok := parseIP(remote)
		if !ok {
			if got != remote {
				t.Errorf("peer %q: clientIP: got %q, want it unchanged", remote, got)
			}
			return
		}
		ip, err := netip.ParseAddr(got)
		if err != nil || ip.Is4In6() || ip.Zone() != "" {
			t.Fatalf("peer %q, forwarded %q: clientIP: got %q, want an IP address", remote, forwarded, got)
		}
		if !trusted.Contains(peer) && ip != peer {
			t.Errorf("untrusted peer %q, forwarded %q: clientIP: got %q, want the peer", remote, forwarded, got)
		}
		// Entries to the left of the client do not matter.
		if !trusted.Contains(ip) {
			for _, forged := range []string{"198.51.100.9", "10.0.0.7", "x", ""} {
				if other := client(forged + "," + forwarded); other != got {
					t.Errorf("peer %q, forwarded %q: clientIP: got %q, and with %q in front %q", remote, forwarded, got,
						forged, other)
				}
			}
		}
	})
}
