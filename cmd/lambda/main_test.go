package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheStartTellsEverythingThatIsWrongWithTheSettings(t *testing.T) {
	for _, tc := range []struct {
		settings map[string]string
		want     []string
	}{
		{map[string]string{"LINKS_STORE": "bolt:links.db"}, []string{"LINKS_STORE", "dynamodb:TABLE"}},
		{map[string]string{"LINKS_STORE": "linkTable", "LINKS_LIST_SHARDS": "0", "LINKS_LOG": "loud"}, []string{"LINKS_STORE", "LINKS_LIST_SHARDS", "LINKS_LOG"}},
		{map[string]string{"LINKS_LIST_SHARDS": "x", "LINKS_PRIVATE": "true", "LINKS_CORS_ORIGIN": "example.com"}, []string{"LINKS_LIST_SHARDS", "LINKS_PRIVATE", "LINKS_CORS_ORIGIN"}},
		{map[string]string{"LINKS_TOKEN_SHA256": "secret"}, []string{"SHA-256"}},
	} {
		var stderr bytes.Buffer
		err := run(t.Context(), func(name string) string { return tc.settings[name] }, &stderr)
		if err == nil {
			t.Fatalf("%v: it started", tc.settings)
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v: the error is %q, without %q", tc.settings, err, want)
			}
		}
	}
}
