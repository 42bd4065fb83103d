package webui_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A firefoxResult is what the script in TestFormats_Firefox sends.
type firefoxResult struct {
	Parsed       []parsed
	RightAligned bool
}

// TestFormats_Firefox parses files in Firefox, which decodes text differently from
// Chromium, and checks the direction of text, which it aligns differently. Firefox
// opens the web UI with a script that sends the results.
func TestFormats_Firefox(t *testing.T) {
	t.Parallel()
	firefox, err := exec.LookPath("firefox")
	if err != nil {
		skipOrFail(t, "REQUIRE_FIREFOX", "no Firefox found: install firefox-esr (apt-get install firefox-esr)")
	}
	cases := append(exporterCases(t), encodingCases()...)
	var script strings.Builder
	script.WriteString(`<script>(async () => {
		while (!document.querySelector("#links .note")) await new Promise((resolve) => setTimeout(resolve, 20));
		const rightAligned = ` + rightAligned("#links .name") + ` && ` + rightAligned("#links .note") + `;
		const parsed = await Promise.all([`)
	for _, c := range cases {
		fmt.Fprintf(&script, "%s,\n", parseExpression(c.content))
	}
	script.WriteString(`]);
		await fetch("/results", { method: "POST", body: JSON.stringify({ parsed, rightAligned }) });
	})();</script>`)
	document := bytes.Replace(mustNew(t).HTML, []byte("</body>"), []byte(script.String()+"</body>"), 1)

	received := make(chan firefoxResult, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write(document)
		case "/link":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `[{"link_id": "1", "link": "https://example.com/", "added": "2024-02-29T12:00:00Z",
				"title": %q, "note": %q}]`, rightToLeft, rightToLeft)
		case "/results":
			var result firefoxResult
			if err := json.NewDecoder(r.Body).Decode(&result); err != nil {
				t.Error(err)
			}
			received <- result
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	profile, err := os.MkdirTemp("", "firefox")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile)
	command := exec.Command(firefox, "--headless", "--no-remote", "--profile", profile, server.URL+"/")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer command.Wait()
	defer command.Process.Kill()
	select {
	case result := <-received:
		t.Run("A title and a note that are written from right to left are aligned right", func(t *testing.T) {
			if !result.RightAligned {
				t.Error("aligned right: got false, want true")
			}
		})
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				wantParsed(t, result.Parsed[i], c.want)
			})
		}
	case <-time.After(maxWait):
		t.Fatalf("timeout after %s: Firefox sent no results", maxWait)
	}
}
