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

// logOf serves one request and returns the answer and the log's lines from level on.
func logOf(t *testing.T, level slog.Level, fail func() error, method, target, body string) (*http.Response, []map[string]any) {
	t.Helper()
	links := bolttest.Open(t)
	var log bytes.Buffer
	handler, err := api.New(api.Config{
		Store: brokenGet{links, fail}, Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: level})),
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
		t.Errorf("the log tells a link, a query string or a token: %s", log.String())
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

func TestEachRequestIsOneLineWithoutLinksAndTokens(t *testing.T) {
	for target, route := range map[string]string{
		"/link":                                  "/link",
		"/link?link=https://secret.example":      "/link",
		"/link/95555d86-7dd0-51a7-ab15-99805fb8": "/link/{link_id}",
		"/secret":                                "unmatched",
	} {
		answer, lines := logOf(t, slog.LevelInfo, func() error { return store.ErrNotFound }, "GET", target, "")
		if len(lines) != 1 {
			t.Fatalf("%s: %d lines, want 1", target, len(lines))
		}
		want := map[string]any{
			"level": "INFO", "msg": "request", "method": "GET", "route": route, "client": "192.0.2.7",
			"status": float64(answer.StatusCode), "requestId": answer.Header.Get("X-Request-Id"),
		}
		for name, value := range want {
			if lines[0][name] != value {
				t.Errorf("%s: %s is %v, want %v", target, name, lines[0][name], value)
			}
		}
		for _, name := range []string{"bytes", "duration", "time"} {
			if _, ok := lines[0][name]; !ok {
				t.Errorf("%s: the line has no %s", target, name)
			}
		}
		if _, ok := lines[0]["error"]; ok {
			t.Errorf("%s: the line has an error: %v", target, lines[0])
		}
	}
	answer, lines := logOf(t, slog.LevelInfo, nil, "POST", "/link", `{"link":"https://secret.example"}`)
	if answer.StatusCode != http.StatusOK || len(lines) != 1 || lines[0]["method"] != "POST" {
		t.Errorf("POST: status %d, lines %v", answer.StatusCode, lines)
	}
}

func TestAFailureIsLoggedOnceWithItsCauseUnderItsReference(t *testing.T) {
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New("the disk is on fire") },
		"a panic":  func() error { panic("the disk is on fire") },
	} {
		answer, lines := logOf(t, slog.LevelError, fail, "GET", "/link/95555d86-7dd0-51a7-ab15-99805fb8a4e4", "")
		var failure struct{ Error, Reference string }
		if err := json.NewDecoder(answer.Body).Decode(&failure); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusInternalServerError || len(lines) != 1 {
			t.Fatalf("%s: status %d, lines %v", name, answer.StatusCode, lines)
		}
		cause := fmt.Sprint(lines[0]["error"])
		if lines[0]["requestId"] != failure.Reference || lines[0]["route"] != "/link/{link_id}" || !strings.Contains(cause, "the disk is on fire") {
			t.Errorf("%s: the line is %v, want the cause under %s", name, lines[0], failure.Reference)
		}
	}
}

func TestALineHasTheRouteWhateverTheMethod(t *testing.T) {
	for target, route := range map[string]string{"/": "/", "/link/": "/link", "/link/secret": "/link/{link_id}", "/secret/secret": "unmatched"} {
		for _, method := range []string{"OPTIONS", "PUT", "PURGE"} {
			if _, lines := logOf(t, slog.LevelInfo, nil, method, target, ""); len(lines) != 1 || lines[0]["route"] != route || lines[0]["method"] != method {
				t.Errorf("%s %s: the lines are %v, want one with the route %s", method, target, lines, route)
			}
		}
	}
}

func TestTheCauseOfA4xxIsLoggedAtDebugOnly(t *testing.T) {
	for target, hint := range map[string]string{"/link?limit=0": "limit", "/nothing": "base URL", "/link/x": "UUID"} {
		_, lines := logOf(t, slog.LevelDebug, nil, "GET", target, "")
		if len(lines) != 1 || lines[0]["level"] != "INFO" || !strings.Contains(fmt.Sprint(lines[0]["error"]), hint) {
			t.Errorf("%s: the lines at debug are %v, want one with the cause", target, lines)
		}
		if _, lines := logOf(t, slog.LevelInfo, nil, "GET", target, ""); len(lines) != 1 || lines[0]["error"] != nil {
			t.Errorf("%s: the lines at info are %v, want one without a cause", target, lines)
		}
	}
	if _, lines := logOf(t, slog.LevelDebug, nil, "GET", "/link", ""); len(lines) != 1 || lines[0]["error"] != nil {
		t.Errorf("the lines of a success are %v", lines)
	}
}

func TestNothingInALineIsLongerThanAKilobyte(t *testing.T) {
	long := strings.Repeat("é", 5000)
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New(long) },
		"a panic":  func() error { panic(long) },
	} {
		_, lines := logOf(t, slog.LevelDebug, fail, "GET", "/link/95555d86-7dd0-51a7-ab15-99805fb8a4e4", "")
		if len(lines) != 1 {
			t.Fatalf("%s: %d lines", name, len(lines))
		}
		cause := lines[0]["error"].(string)
		if len(cause) > 1024 || !strings.HasSuffix(cause, "é…") {
			t.Errorf("%s: the cause has %d bytes: %s", name, len(cause), cause)
		}
	}
	_, lines := logOf(t, slog.LevelDebug, nil, strings.Repeat("X", 5000), "/link", "")
	for _, line := range lines {
		for name, value := range line {
			if text, ok := value.(string); ok && len(text) > 1024 {
				t.Errorf("%s has %d bytes", name, len(text))
			}
		}
	}
}

func TestTheCauseOfAPanicNamesWhereItWas(t *testing.T) {
	_, lines := logOf(t, slog.LevelError, func() error { return panicHere(nil) }, "GET", "/link/95555d86-7dd0-51a7-ab15-99805fb8a4e4", "")
	cause := fmt.Sprint(lines[0]["error"])
	if want := "panic: assignment to entry in nil map\nlinks/internal/api_test.panicHere("; !strings.HasPrefix(cause, want) {
		t.Errorf("the cause is %s, want %s…", cause, want)
	}
}

//go:noinline
func panicHere(m map[string]error) error {
	m["x"] = nil
	return m["x"]
}

func TestHealthIsLoggedAtDebugOnly(t *testing.T) {
	if _, lines := logOf(t, slog.LevelInfo, nil, "GET", "/healthz", ""); len(lines) != 0 {
		t.Errorf("lines %v", lines)
	}
	if _, lines := logOf(t, slog.LevelDebug, nil, "GET", "/readyz", ""); len(lines) != 1 {
		t.Errorf("lines %v", lines)
	}
}

func TestAClientThatWentAwayIsNoFault(t *testing.T) {
	_, lines := logOf(t, slog.LevelInfo, func() error { return context.Canceled }, "GET", "/link/95555d86-7dd0-51a7-ab15-99805fb8a4e4", "")
	if len(lines) != 1 || lines[0]["level"] != "INFO" {
		t.Errorf("lines %v", lines)
	}
}
