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

// TestFormats_Firefox parses files in Firefox, which decodes text differently from
// Chromium. Firefox opens the web UI with a script that sends the results.
func TestFormats_Firefox(t *testing.T) {
	firefox, err := exec.LookPath("firefox")
	if err != nil {
		t.Skip("no Firefox found: install firefox-esr (apt-get install firefox-esr)")
	}
	cases := append(exporterCases(t), encodingCases()...)
	var script strings.Builder
	script.WriteString("<script>Promise.all([")
	for _, c := range cases {
		fmt.Fprintf(&script, "%s,\n", parseExpression(c.content))
	}
	script.WriteString(`]).then((results) =>
		fetch("/results", { method: "POST", body: JSON.stringify(results) }));</script>`)
	document := bytes.Replace(mustNew(t).HTML, []byte("</body>"), []byte(script.String()+"</body>"), 1)

	received := make(chan []parsed, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write(document)
		case "/results":
			var results []parsed
			if err := json.NewDecoder(r.Body).Decode(&results); err != nil {
				t.Error(err)
			}
			received <- results
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
	case results := <-received:
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				wantParsed(t, results[i], c.want)
			})
		}
	case <-time.After(maxWait):
		t.Fatalf("timeout after %s: Firefox sent no results", maxWait)
	}
}
