package server

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"links/internal/api"
	"links/internal/api/apitest"
	"links/internal/config"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
)

// newHandler returns the handler of a server with this configuration.
func newHandler(t *testing.T, c config.Config, s store.Store) http.Handler {
	t.Helper()
	handlerConfig := apiConfig(c, &net.TCPAddr{IP: net.IPv4zero, Port: 8080})
	handlerConfig.Store = s
	handler, err := api.New(handlerConfig)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func TestRateLimit_FollowsTheContract(t *testing.T) {
	apitest.RunRateLimit(t, func(t *testing.T, s apitest.Service) (string, *http.Client) {
		server := httptest.NewServer(newHandler(t, config.Config{Rate: s.Rate}, bolttest.Open(t)))
		t.Cleanup(server.Close)
		return server.URL, server.Client()
	})
}

func TestRateLimit_CountsEachClientAlone(t *testing.T) {
	synctest.Test(t, countClients) // in which all requests are sent in the same second
}

func countClients(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	handler := newHandler(t, config.Config{Rate: 5, TrustedProxies: trusted}, nil)
	isLimited := func(remote, forwarded string) bool {
		r := httptest.NewRequest("GET", "/nothing", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", forwarded)
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, r)
		return response.Code == http.StatusTooManyRequests
	}
	for name, c := range map[string]struct {
		remote, forwarded string // %d is the number of the request
		want              bool
	}{
		"one IP address, a new port each time":              {"192.0.2.1:1%d", "", true},
		"one IP address that forges others":                 {"192.0.2.2:1%d", "198.51.100.%d", true},
		"several IPv4 addresses":                            {"192.0.3.%d:1000", "", false},
		"several IPv6 addresses of one /64":                 {"[2001:db9:1:1::%d]:1000", "", true},
		"several IPv6 /64":                                  {"[2001:db9:2:%d::1]:1000", "", false},
		"one client behind a trusted proxy":                 {"10.0.0.1:1%d", "192.0.2.3", true},
		"one client behind a trusted proxy, forging others": {"10.0.0.2:1%d", "198.51.100.%d, 192.0.2.4", true},
		"several clients behind one trusted proxy":          {"10.0.0.3:1000", "192.0.4.%d", false},
	} {
		got := false
		for i := range 5 + 1 {
			number := func(format string) string { return strings.ReplaceAll(format, "%d", strconv.Itoa(i)) }
			got = isLimited(number(c.remote), number(c.forwarded)) || got
		}
		if got != c.want {
			t.Errorf("%s: limited: got %v, want %v", name, got, c.want)
		}
	}
}
