package systemtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"links/internal/store/dynamostore/dynamotest"
)

// metricsAddr returns the listen address of the metrics, from the log.
func metricsAddr(t *testing.T, p *process) string {
	t.Helper()
	for line := range strings.Lines(p.log.String()) {
		var entry struct{ Msg, Addr string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving metrics" {
			return entry.Addr
		}
	}
	t.Fatalf("log: got\n%s\nwant \"serving metrics\"", p.log)
	return ""
}

func scrape(t *testing.T, p *process) string {
	t.Helper()
	response, err := http.Get("http://" + metricsAddr(t, p) + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET /metrics: got status %d, %v, want 200", response.StatusCode, err)
	}
	return string(text)
}

func TestMetrics_SeparateListenAddress(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db", "-metrics-addr", "127.0.0.1:0")
	mustPost(t, p.url, "https://a.example", "https://b.example")
	if status, _ := do(t, "", "GET", p.url+"/metrics", ""); status != http.StatusNotFound {
		t.Errorf("GET /metrics of the API: got status %d, want 404", status)
	}
	for i := range 20 {
		do(t, "", fmt.Sprintf("METHOD%d", i), fmt.Sprintf("%s/nothing/%d", p.url, i), "")
	}
	p.beginPost(t, 10)
	text := scrape(t, p)
	for _, want := range []string{
		`links_requests_total{method="POST",route="/link",status="200"} 1`,
		`links_requests_total{method="other",route="unmatched",status="404"} 20`,
		`links_request_duration_seconds_count{method="POST",route="/link"} 1`,
		`links_requests_in_flight 1`,
		`links_store_calls_total{call="put",outcome="ok"} 1`,
		`links_bolt_commit_links_sum 2`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("metrics: %s is missing", want)
		}
	}
	for _, want := range []string{
		`(?m)^links_bolt_file_bytes [1-9]`, `(?m)^process_resident_memory_bytes `,
		`(?m)^go_goroutines `, `(?m)^go_build_info\{.*path="links"`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("metrics: nothing matches %s", want)
		}
	}
	if strings.Contains(text, "METHOD") || strings.Contains(text, "nothing") || strings.Contains(text, "example") {
		t.Error("metrics: got text that a client sent, want none")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestMetrics_DynamoDB(t *testing.T) {
	p := startServer(t, nil, "-store", "dynamodb:"+dynamotest.Table(t), "-create-table", "-metrics-addr", "127.0.0.1:0")
	mustPost(t, p.url, "https://a.example")
	const want = `links_dynamodb_consumed_units_total{operation="UpdateItem"} 2`
	if text := scrape(t, p); !strings.Contains(text, "\n"+want+"\n") || strings.Contains(text, "links_bolt") {
		t.Errorf("metrics: got\n%s\nwant %s and nothing about bbolt", text, want)
	}
}

func TestMetrics_OffByDefault(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	if strings.Contains(p.log.String(), "metrics") {
		t.Errorf("log without the setting: got\n%s\nwant nothing about metrics", p.log)
	}
	addr := strings.TrimPrefix(p.url, "http://")
	out := mustFail(t, nil, "-addr", "127.0.0.1:0", "-store", "bolt:other.db", "-metrics-addr", addr)
	if !strings.Contains(out, "LINKS_METRICS_ADDR") || !strings.Contains(out, "in use") {
		t.Errorf("server -metrics-addr with a used port: got %q, want LINKS_METRICS_ADDR and \"in use\"", out)
	}
	p = startServer(t, []string{"LINKS_METRICS_ADDR=127.0.0.1:0"}, "-store", "bolt:links.db")
	addr = metricsAddr(t, p)
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: got %v, want exit status 0\n%s", err, p.log)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("Dial of the metrics after SIGTERM: got a connection, want an error")
	}
}

// The servers with the two stores serve every metric of the dashboard.
func TestDashboard_UsesServedMetrics(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("..", "..", "deploy", "grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(file, &dashboard); err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, store := range []string{"bolt:links.db", "dynamodb:" + dynamotest.Table(t)} {
		args := []string{"-store", store, "-metrics-addr", "127.0.0.1:0"}
		if strings.HasPrefix(store, "dynamodb") {
			args = append(args, "-create-table")
		}
		p := startServer(t, nil, args...)
		mustPost(t, p.url, "https://a.example")
		for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(scrape(t, p), -1) {
			served[m[1]] = true
		}
	}
	names := regexp.MustCompile(`\b(links|go|process)_[a-z_]+`)
	used := map[string]bool{}
	for _, panel := range dashboard.Panels {
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("panel %q: got no queries, want at least one", panel.Title)
		}
		for _, target := range panel.Targets {
			found := names.FindAllString(target.Expr, -1)
			if len(found) == 0 {
				t.Errorf("panel %q: got query %s, want a metric in it", panel.Title, target.Expr)
			}
			for _, name := range found {
				used[name] = true
				if !served[name] {
					t.Errorf("panel %q: got metric %s, want one that a server serves", panel.Title, name)
				}
			}
		}
	}
	for name := range served {
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if strings.HasPrefix(name, "links_") && !used[name] && !used[base] &&
			!used[base+"_bucket"] && !used[base+"_sum"] {
			t.Errorf("dashboard: no panel shows %s", name)
		}
	}
}

// The garbage collector runs when the heap reaches its goal. The minimum goal of
// the Go runtime is 4 MB.
func TestServer_CollectsGarbageRarely(t *testing.T) {
	p := startServer(t, nil, "-metrics-addr", "127.0.0.1:0")
	for range 500 { // enough garbage for several collections
		do(t, "", "GET", p.url+"/", "")
	}
	match := regexp.MustCompile(`(?m)^go_memstats_next_gc_bytes (\S+)$`).FindStringSubmatch(scrape(t, p))
	if match == nil {
		t.Fatal("metrics: go_memstats_next_gc_bytes is missing")
	}
	if goal, err := strconv.ParseFloat(match[1], 64); err != nil || goal < 8e6 {
		t.Errorf("go_memstats_next_gc_bytes: got %s, want at least 8e6", match[1])
	}
}
