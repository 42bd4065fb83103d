package systemtest

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestServer_LocalMode starts servers with different settings and sends each a
// request without a token, and one with the Host of another site.
func TestServer_LocalMode(t *testing.T) {
	token := "-token-sha256=" + strings.Repeat("ab", 32)
	const deleted, forbidden, unauthorized = http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized
	for name, c := range map[string]struct {
		args           []string
		mode           string
		edit, rebinded int
	}{
		"the default address":         {nil, "local", deleted, http.StatusMisdirectedRequest},
		"localhost by name":           {[]string{"-addr=localhost:0"}, "local", deleted, http.StatusMisdirectedRequest},
		"another loopback address":    {[]string{"-addr=127.1.2.3:0"}, "local", deleted, http.StatusMisdirectedRequest},
		"every IPv4 address":          {[]string{"-addr=0.0.0.0:0"}, "open", forbidden, http.StatusOK},
		"every address":               {[]string{"-addr=:0"}, "open", forbidden, http.StatusOK},
		"a token":                     {[]string{token}, "token", unauthorized, http.StatusOK},
		"private":                     {[]string{token, "-private"}, "private", unauthorized, http.StatusUnauthorized},
		"a proxy":                     {[]string{"-trusted-proxies=10.0.0.0/8"}, "open", forbidden, http.StatusOK},
		"turned off":                  {[]string{"-local=off"}, "open", forbidden, http.StatusOK},
		"explicitly auto, everywhere": {[]string{"-local=auto", "-addr=0.0.0.0:0"}, "open", forbidden, http.StatusOK},
	} {
		p := startServer(t, nil, c.args...)
		if want := `"mode":"` + c.mode + `"`; !strings.Contains(p.log.String(), want) {
			t.Errorf("%s: the log does not contain %s:\n%s", name, want, p.log)
		}
		_, port, err := net.SplitHostPort(strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(p.url, "[::]") || strings.Contains(p.url, "0.0.0.0") {
			p.url = "http://127.0.0.1:" + port
		}
		if got, body := do(t, "", "DELETE", p.url+googlePath, ""); got != c.edit {
			t.Errorf("%s: DELETE without a token is %d, want %d: %s", name, got, c.edit, body)
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
		if response.StatusCode != c.rebinded {
			t.Errorf("%s: a request for another host is %d, want %d", name, response.StatusCode, c.rebinded)
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
	if got, body := do(t, "", "DELETE", p.url+googlePath, ""); got != http.StatusNotFound || !strings.Contains(p.log.String(), `"mode":"local"`) {
		t.Errorf("DELETE is %d, want 404: %s\n%s", got, body, p.log)
	}
}
