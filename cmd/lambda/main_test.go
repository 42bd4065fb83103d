package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWarmUp_SilentStoreLeavesTimeToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		warmUp(t.Context(), func(ctx context.Context) { <-ctx.Done() })
		// Enough for a TLS handshake within a region, and half of Lambda's limit for a
		// start.
		if took := time.Since(began); took < 100*time.Millisecond || took > 5*time.Second {
			t.Errorf("warmUp with a silent store: got %v, want 100ms to 5s", took)
		}
	})
}

func TestRun_ReportsEverySettingsProblem(t *testing.T) {
	for _, tc := range []struct {
		settings map[string]string
		want     []string
	}{
		{map[string]string{"LINKS_STORE": "bolt:links.db"}, []string{"LINKS_STORE", "dynamodb:TABLE"}},
		{
			map[string]string{"LINKS_STORE": "linkTable", "LINKS_LIST_SHARDS": "0", "LINKS_LOG": "loud"},
			[]string{"LINKS_STORE", "LINKS_LIST_SHARDS", "LINKS_LOG"},
		},
		{
			map[string]string{"LINKS_LIST_SHARDS": "x", "LINKS_PRIVATE": "true", "LINKS_CORS_ORIGIN": "example.com"},
			[]string{"LINKS_LIST_SHARDS", "LINKS_PRIVATE", "LINKS_CORS_ORIGIN"},
		},
		{map[string]string{"LINKS_TOKEN_SHA256": "secret"}, []string{"SHA-256"}},
	} {
		var stderr bytes.Buffer
		err := run(t.Context(), nil, func(name string) string { return tc.settings[name] }, nil, &stderr)
		if err == nil {
			t.Fatalf("run with %v: got no error", tc.settings)
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("run with %v: got error %q, want one that contains %q", tc.settings, err, want)
			}
		}
	}
}

func TestRun_WarnsOfUnknownVariables(t *testing.T) {
	const warning = `"level":"WARN","msg":"LINKS_LISTSHARDS is not a setting and has no effect; ` +
		`did you mean LINKS_LIST_SHARDS?"`
	for _, store := range []string{"", "bolt:links.db"} { // valid and invalid
		getenv := func(name string) string { return map[string]string{"LINKS_STORE": store}[name] }
		var stderr bytes.Buffer
		err := run(t.Context(), []string{"-check"}, getenv, []string{"LINKS_LISTSHARDS=8", "LINKS_LOG=info"}, &stderr)
		if log := stderr.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, warning) {
			t.Errorf("run with LINKS_STORE=%s: got error %v and log %q, want only %q", store, err, log, warning)
		}
	}
}

func TestRun_CheckOnlyReadsSettings(t *testing.T) {
	for want, origin := range map[string]string{"": "https://a.example", "LINKS_CORS_ORIGIN": "https://a.example:443"} {
		getenv := func(name string) string { return map[string]string{"LINKS_CORS_ORIGIN": origin}[name] }
		err := run(t.Context(), []string{"-check"}, getenv, nil, io.Discard)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("run -check with LINKS_CORS_ORIGIN=%s: got error %v, want %q", origin, err, want)
		}
	}
}
