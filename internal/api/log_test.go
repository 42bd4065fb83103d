package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"links/internal/api"
	"links/internal/link"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
)

// brokenGet is a store whose Get fails.
type brokenGet struct {
	store.Store
	fail func() error
}

func (b brokenGet) Get(context.Context, uuid.UUID) (link.Link, error) {
	return link.Link{}, b.fail()
}

// logOf serves one request and returns the response and the log lines of at least
// this level.
func logOf(
	t *testing.T, level slog.Level, fail func() error, method, target, body string,
) (*http.Response, []map[string]any) {
	t.Helper()
	var log bytes.Buffer
	handler, err := api.New(api.Config{
		Store: brokenGet{bolttest.Open(t), fail},
		Log:   slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(method, target, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer secret-token")
	request.RemoteAddr = "192.0.2.7:1234"
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if strings.Contains(log.String(), "secret") {
		t.Errorf("log of %s %s: got a link, a query string or a token: %s", method, target, log.String())
	}
	var lines []map[string]any
	for decoder := json.NewDecoder(&log); decoder.More(); {
		var line map[string]any
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return recorder.Result(), lines
}

func TestLog_OneLineWithoutSecrets(t *testing.T) {
	for target, route := range map[string]string{
		"/link":                                  "/link",
		"/link?link=https://secret.example":      "/link",
		"/link/95555d86-7dd0-51a7-ab15-99805fb8": "/link/{link_id}",
		"/secret":                                "unmatched",
	} {
		response, lines := logOf(t, slog.LevelInfo, func() error { return store.ErrNotFound }, "GET", target, "")
		if len(lines) != 1 {
			t.Fatalf("GET %s: got %d log lines, want 1", target, len(lines))
		}
		want := map[string]any{
			"level": "INFO", "msg": "request", "method": "GET", "route": route, "client": "192.0.2.7",
			"status": float64(response.StatusCode), "requestId": response.Header.Get("X-Request-Id"),
		}
		for name, value := range want {
			if lines[0][name] != value {
				t.Errorf("GET %s: %s in the log: got %v, want %v", target, name, lines[0][name], value)
			}
		}
		for _, name := range []string{"bytes", "duration", "time"} {
			if _, ok := lines[0][name]; !ok {
				t.Errorf("GET %s: log line: got %v, want it to contain %s", target, lines[0], name)
			}
		}
		if _, ok := lines[0]["error"]; ok {
			t.Errorf("GET %s: log line: got %v, want it without an error", target, lines[0])
		}
	}
	response, lines := logOf(t, slog.LevelInfo, nil, "POST", "/link", `{"link":"https://secret.example"}`)
	if response.StatusCode != http.StatusOK || len(lines) != 1 || lines[0]["method"] != "POST" {
		t.Errorf("POST /link: got status %d and log lines %v, want 200 and one line", response.StatusCode, lines)
	}
}

func TestLog_CauseOfAnInternalError(t *testing.T) {
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New("the disk is on fire") },
		"a panic":  func() error { panic("the disk is on fire") },
	} {
		response, lines := logOf(t, slog.LevelError, fail, "GET", googlePath, "")
		var failure struct{ Error, Reference string }
		if err := json.NewDecoder(response.Body).Decode(&failure); err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusInternalServerError || len(lines) != 1 {
			t.Fatalf("%s: got status %d and log lines %v, want 500 and one line", name, response.StatusCode, lines)
		}
		cause := fmt.Sprint(lines[0]["error"])
		if lines[0]["requestId"] != failure.Reference || lines[0]["route"] != "/link/{link_id}" ||
			!strings.Contains(cause, "the disk is on fire") {
			t.Errorf("%s: log line: got %v, want the cause with requestId %s", name, lines[0], failure.Reference)
		}
	}
}

func TestLog_RouteOfAnyMethod(t *testing.T) {
	for target, route := range map[string]string{
		"/": "/", "/link/": "/link", "/link/secret": "/link/{link_id}", "/secret/secret": "unmatched",
	} {
		for _, method := range []string{"OPTIONS", "PUT", "PURGE"} {
			_, lines := logOf(t, slog.LevelInfo, nil, method, target, "")
			if len(lines) != 1 || lines[0]["route"] != route || lines[0]["method"] != method {
				t.Errorf("%s %s: log lines: got %v, want one with route %s", method, target, lines, route)
			}
		}
	}
}

func TestLog_CauseOf4xxAtDebugOnly(t *testing.T) {
	for target, hint := range map[string]string{"/link?limit=0": "limit", "/nothing": "base URL", "/link/x": "UUID"} {
		_, lines := logOf(t, slog.LevelDebug, nil, "GET", target, "")
		if len(lines) != 1 || lines[0]["level"] != "INFO" || !strings.Contains(fmt.Sprint(lines[0]["error"]), hint) {
			t.Errorf("GET %s: log lines at debug: got %v, want one with the cause", target, lines)
		}
		if _, lines := logOf(t, slog.LevelInfo, nil, "GET", target, ""); len(lines) != 1 || lines[0]["error"] != nil {
			t.Errorf("GET %s: log lines at info: got %v, want one without a cause", target, lines)
		}
	}
	if _, lines := logOf(t, slog.LevelDebug, nil, "GET", "/link", ""); len(lines) != 1 || lines[0]["error"] != nil {
		t.Errorf("GET /link: log lines at debug: got %v, want one without a cause", lines)
	}
}

func TestLog_TruncatesValues(t *testing.T) {
	long := strings.Repeat("é", 5000)
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New(long) },
		"a panic":  func() error { panic(long) },
	} {
		_, lines := logOf(t, slog.LevelDebug, fail, "GET", googlePath, "")
		if len(lines) != 1 {
			t.Fatalf("%s: got %d log lines, want 1", name, len(lines))
		}
		cause := lines[0]["error"].(string)
		if len(cause) > 1024 || !strings.HasSuffix(cause, "é…") {
			t.Errorf("%s: cause in the log: got %d bytes, want at most 1024 that end in é…: %s", name, len(cause),
				cause)
		}
	}
	_, lines := logOf(t, slog.LevelDebug, nil, strings.Repeat("X", 5000), "/link", "")
	for _, line := range lines {
		for name, value := range line {
			if text, ok := value.(string); ok && len(text) > 1024 {
				t.Errorf("%s in the log: got %d bytes, want at most 1024", name, len(text))
			}
		}
	}
}

func TestLog_StackOfAPanic(t *testing.T) {
	_, lines := logOf(t, slog.LevelError, func() error { return panicHere(nil) }, "GET", googlePath, "")
	cause := fmt.Sprint(lines[0]["error"])
	const want = "panic: assignment to entry in nil map\nlinks/internal/api_test.panicHere("
	if !strings.HasPrefix(cause, want) {
		t.Errorf("cause in the log: got %s, want prefix %s", cause, want)
	}
}

//go:noinline
func panicHere(m map[string]error) error {
	m["x"] = nil
	return m["x"]
}

func TestLog_HealthChecksAtDebugOnly(t *testing.T) {
	if _, lines := logOf(t, slog.LevelInfo, nil, "GET", "/healthz", ""); len(lines) != 0 {
		t.Errorf("GET /healthz: log lines at info: got %v, want none", lines)
	}
	if _, lines := logOf(t, slog.LevelDebug, nil, "GET", "/readyz", ""); len(lines) != 1 {
		t.Errorf("GET /readyz: log lines at debug: got %v, want one", lines)
	}
}

func TestLog_DisconnectIsNotAnError(t *testing.T) {
	_, lines := logOf(t, slog.LevelInfo, func() error { return context.Canceled }, "GET", googlePath, "")
	if len(lines) != 1 || lines[0]["level"] != "INFO" {
		t.Errorf("GET of a client that disconnected: log lines: got %v, want one at info", lines)
	}
}
