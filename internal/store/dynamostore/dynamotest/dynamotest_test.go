package dynamotest

import (
	"errors"
	"net/http/httptest"
	"testing"
)

func TestOnlyAnEngineOnThisMachineIsUsed(t *testing.T) {
	engine := httptest.NewServer(nil)
	if err := answers(engine.URL); err != nil {
		t.Errorf("answers(%s) = %v, want nil", engine.URL, err)
	}
	engine.Close()
	for _, c := range []struct {
		endpoint string
		notLocal bool
	}{
		{"", false},
		{"127.0.0.1:8000", false},
		{engine.URL, false},
		{"https://dynamodb.eu-central-1.amazonaws.com", true},
		{"http://10.0.0.1:8000", true},
		{"http://localhost.example.com:8000", true},
	} {
		if err := answers(c.endpoint); err == nil || errors.Is(err, errNotLocal) != c.notLocal {
			t.Errorf("answers(%q) = %v, want an error, errNotLocal: %v", c.endpoint, err, c.notLocal)
		}
	}
}
