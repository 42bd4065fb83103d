package api

import (
	"strings"
	"testing"
)

func TestValidateTellsEveryProblem(t *testing.T) {
	err := Config{TokenSHA256: "abc", CORSOrigin: "links.example.com", Rate: -1}.Validate()
	for _, name := range []string{"LINKS_TOKEN_SHA256", "LINKS_CORS_ORIGIN", "LINKS_RATE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Validate = %v, want it to name %s", err, name)
		}
	}
	if err := (Config{Private: true}).Validate(); err == nil || !strings.Contains(err.Error(), "LINKS_TOKEN_SHA256") {
		t.Errorf("private without a token: %v", err)
	}
	for _, origin := range []string{"https://a.example/", "https://", "ftp://a.example", "https://a.example/x", "null", "https://a.example https://b.example"} {
		if err := (Config{CORSOrigin: origin}).Validate(); err == nil {
			t.Errorf("the origin %q is taken", origin)
		}
	}
	for _, c := range []Config{{}, {TokenSHA256: strings.Repeat("aB", 32), Private: true}, {CORSOrigin: "*"}, {CORSOrigin: "http://localhost:3000", Rate: 7}} {
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
