package server

import (
	"net"
	"strings"
	"testing"
)

func TestURLFor_IsValidInBrowsers(t *testing.T) {
	for want, addr := range map[string]net.TCPAddr{
		"http://127.0.0.1:80":      {IP: net.IPv4(127, 0, 0, 1), Port: 80},
		"http://localhost:81":      {IP: net.IPv4zero, Port: 81},
		"http://localhost:82":      {IP: net.IPv6unspecified, Port: 82},
		"http://[2001:db8::1]:83":  {IP: net.ParseIP("2001:db8::1"), Port: 83},
		"http://[fe80::1%25lo]:84": {IP: net.ParseIP("fe80::1"), Zone: "lo", Port: 84},
	} {
		if got := urlFor(&addr); got != want {
			t.Errorf("urlFor(%v): got %s, want %s", &addr, got, want)
		}
	}
}

func TestListen_LastPortInUse(t *testing.T) {
	const last = "127.0.0.1:65535"
	if listener, err := net.Listen("tcp", last); err == nil { // unless another program listens
		defer listener.Close()
	}
	_, err := listen("LINKS_ADDR", last)
	if err == nil || !strings.Contains(err.Error(), "-addr 127.0.0.1:65534 ") {
		t.Errorf("listen: got %v, want an error that suggests port 65534", err)
	}
}
