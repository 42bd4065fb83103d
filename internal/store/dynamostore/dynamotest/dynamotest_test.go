package dynamotest

import (
	"errors"
	"net/http/httptest"
	"testing"
)

func TestCheckEndpoint_OnlyThisMachine(t *testing.T) {
	server := httptest.NewServer(nil)
	if err := checkEndpoint(server.URL); err != nil {
		t.Errorf("checkEndpoint(%s): got %v, want nil", server.URL, err)
	}
	server.Close()
	for _, c := range []struct {
		endpoint string
		notLocal bool
	}{
		{"", false},
		{"127.0.0.1:8000", false},
		{server.URL, false},
		{"https://dynamodb.eu-central-1.amazonaws.com", true},
		{"http://10.0.0.1:8000", true},
		{"http://localhost.example.com:8000", true},
	} {
		if err := checkEndpoint(c.endpoint); err == nil || errors.Is(err, errNotLocal) != c.notLocal {
			t.Errorf("checkEndpoint(%q): got %v, want an error, errNotLocal: %v", c.endpoint, err, c.notLocal)
		}
	}
}
