package systemtest

import (
	"bufio"
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

// metricsAddr is where the log of the server says that it serves metrics.
func metricsAddr(t *testing.T, p *process) string {
	t.Helper()
	for line := range strings.Lines(p.log.String()) {
		var entry struct{ Msg, Addr string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving metrics" {
			return entry.Addr
		}
	}
	t.Fatalf("the log does not say where the metrics are\n%s", p.log)
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
		t.Fatalf("status %d, %v", response.StatusCode, err)
	}
	return string(text)
}

func TestMetricsAreOnAnAddressOfTheirOwn(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db", "-metrics-addr", "127.0.0.1:0")
	if status, err := post(p.url, "https://a.example", "https://b.example"); status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	if status, _ := do(t, "", "GET", p.url+"/metrics", ""); status != http.StatusNotFound {
		t.Errorf("/metrics beside the links is answered %d, want 404", status)
	}
	for i := range 20 {
		do(t, "", fmt.Sprintf("METHOD%d", i), fmt.Sprintf("%s/nothing/%d", p.url, i), "")
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /link HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err) // the handler is reading the body now
	}
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
			t.Errorf("the metrics lack %s", want)
		}
	}
	for _, want := range []string{`(?m)^links_bolt_file_bytes [1-9]`, `(?m)^process_resident_memory_bytes `, `(?m)^go_goroutines `, `(?m)^go_build_info\{.*path="links"`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(text, "METHOD") || strings.Contains(text, "nothing") || strings.Contains(text, "example") {
		t.Error("the metrics have what a client sent")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestMetricsOfATable(t *testing.T) {
	p := startServer(t, nil, "-store", "dynamodb:"+dynamotest.Table(t), "-create-table", "-metrics-addr", "127.0.0.1:0")
	if status, err := post(p.url, "https://a.example"); status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	if text := scrape(t, p); !strings.Contains(text, "\nlinks_dynamodb_consumed_units_total{operation=\"UpdateItem\"} 2\n") || strings.Contains(text, "links_bolt") {
		t.Errorf("the metrics are\n%s", text)
	}
}

func TestMetricsAreOffByDefaultAndEndWithTheServer(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	if strings.Contains(p.log.String(), "metrics") {
		t.Errorf("without a setting it says\n%s", p.log)
	}
	addr := strings.TrimPrefix(p.url, "http://")
	if out := mustFail(t, nil, "-addr", "127.0.0.1:0", "-store", "bolt:other.db", "-metrics-addr", addr); !strings.Contains(out, "LINKS_METRICS_ADDR") || !strings.Contains(out, "in use") {
		t.Errorf("an address in use: it says %q", out)
	}
	p = startServer(t, []string{"LINKS_METRICS_ADDR=127.0.0.1:0"}, "-store", "bolt:links.db")
	addr = metricsAddr(t, p)
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("it ends with %v\n%s", err, p.log)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("the metrics are served when the server has ended")
	}
}

// The dashboard asks for what there is: each metric that it names is one of a server, with either store.
func TestTheDashboardAsksForMetricsThatAreServed(t *testing.T) {
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
		if status, err := post(p.url, "https://a.example"); status != http.StatusOK {
			t.Fatalf("status %d, %v", status, err)
		}
		for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(scrape(t, p), -1) {
			served[m[1]] = true
		}
	}
	names := regexp.MustCompile(`\b(links|go|process)_[a-z_]+`)
	asked := map[string]bool{}
	for _, panel := range dashboard.Panels {
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("the panel %q asks for nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			found := names.FindAllString(target.Expr, -1)
			if len(found) == 0 {
				t.Errorf("the panel %q asks for no metric: %s", panel.Title, target.Expr)
			}
			for _, name := range found {
				asked[name] = true
				if !served[name] {
					t.Errorf("the panel %q asks for %s, which is not served", panel.Title, name)
				}
			}
		}
	}
	for name := range served {
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if strings.HasPrefix(name, "links_") && !asked[name] && !asked[base] && !asked[base+"_bucket"] && !asked[base+"_sum"] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// The goal is the size of the heap at which the garbage collector runs next. The
// runtime's minimum is 4 MB.
func TestServer_CollectsGarbageSeldom(t *testing.T) {
	p := startServer(t, nil, "-metrics-addr", "127.0.0.1:0")
	for range 500 { // enough garbage for several collections
		do(t, "", "GET", p.url+"/", "")
	}
	match := regexp.MustCompile(`(?m)^go_memstats_next_gc_bytes (\S+)$`).FindStringSubmatch(scrape(t, p))
	if match == nil {
		t.Fatal("the metrics do not contain the goal")
	}
	if goal, err := strconv.ParseFloat(match[1], 64); err != nil || goal < 8e6 {
		t.Errorf("the goal is %s bytes, want at least 8 MB", match[1])
	}
}
