package systemtest

import (
	"net/http"
	"strings"
	"testing"
)

func TestServer_ImportsDespiteStalledClients(t *testing.T) {
	p := startServer(t, nil)
	// Each client sends slightly more than a small body.
	stall := sendPart("POST /link HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n" +
		strings.Repeat(" ", 33<<10))
	f := flood{clients: 64, attack: stall}.begin(t, p.url)
	response, err := http.Post(p.url+"/link", "application/json", strings.NewReader(largeArray()))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("POST of 1,000 links: got %s, want 200", response.Status)
	}
	f.end()
}
