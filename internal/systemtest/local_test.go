package systemtest

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// The test sends a request without a token, and a request with the Host of
// another site.
func TestServer_LocalMode(t *testing.T) {
	token := "-token-sha256=" + strings.Repeat("ab", 32)
	const deleted, forbidden, unauthorized = http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized
	for name, c := range map[string]struct {
		args          []string
		mode          string
		edit, rebound int
	}{
		"the default listen address":  {nil, "local", deleted, http.StatusMisdirectedRequest},
		"localhost by name":           {[]string{"-addr=localhost:0"}, "local", deleted, http.StatusMisdirectedRequest},
		"another loopback IP address": {[]string{"-addr=127.1.2.3:0"}, "local", deleted, http.StatusMisdirectedRequest},
		"all IPv4 addresses":          {[]string{"-addr=0.0.0.0:0"}, "open", forbidden, http.StatusOK},
		"all IP addresses":            {[]string{"-addr=:0"}, "open", forbidden, http.StatusOK},
		"a token":                     {[]string{token}, "token", unauthorized, http.StatusOK},
		"private":                     {[]string{token, "-private"}, "private", unauthorized, http.StatusUnauthorized},
		"a trusted proxy":             {[]string{"-trusted-proxies=10.0.0.0/8"}, "open", forbidden, http.StatusOK},
		"turned off":                  {[]string{"-local=off"}, "open", forbidden, http.StatusOK},
		"auto, all IPv4 addresses":    {[]string{"-local=auto", "-addr=0.0.0.0:0"}, "open", forbidden, http.StatusOK},
	} {
		p := startServer(t, nil, c.args...)
		if want := `"mode":"` + c.mode + `"`; !strings.Contains(p.log.String(), want) {
			t.Errorf("%s: log: got\n%s\nwant %s in it", name, p.log, want)
		}
		_, port, err := net.SplitHostPort(strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(p.url, "[::]") || strings.Contains(p.url, "0.0.0.0") {
			p.url = "http://127.0.0.1:" + port
		}
		if got, body := do(t, "", "DELETE", p.url+googlePath, ""); got != c.edit {
			t.Errorf("%s: DELETE without a token: got status %d, want %d: %s", name, got, c.edit, body)
		}
		request, err := http.NewRequest("GET", p.url+"/link", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "evil.example:" + port
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.rebound {
			t.Errorf("%s: GET with another Host: got status %d, want %d", name, response.StatusCode, c.rebound)
		}
	}
}

func TestServer_WarnsOfAnyOriginInLocalMode(t *testing.T) {
	for origin, warns := range map[string]bool{"*": true, "https://links.example.com": false, "": false} {
		p := startServer(t, nil, "-cors-origin="+origin)
		do(t, "", "GET", p.url+"/healthz", "") // the server serves after it has logged the warning
		if got := strings.Contains(p.log.String(), "any web site"); got != warns {
			t.Errorf("origin %q: warning: %t, want %t:\n%s", origin, got, warns, p.log)
		}
	}
}

func TestServer_LocalModeOnIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback address")
	}
	listener.Close()
	p := startServer(t, nil, "-addr=[::1]:0")
	if want := `"mode":"local"`; !strings.Contains(p.log.String(), want) {
		t.Errorf("log: got\n%s\nwant %s in it", p.log, want)
	}
	if got, body := do(t, "", "DELETE", p.url+googlePath, ""); got != http.StatusNotFound {
		t.Errorf("DELETE without a token: got status %d, want 404: %s", got, body)
	}
}
