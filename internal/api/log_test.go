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
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"links/internal/api"
	"links/internal/store"
	"links/internal/store/boltstore"
)

// brokenGet is a store whose Get fails.
type brokenGet struct {
	store.Store
	fail func() error
}

func (b brokenGet) Get(context.Context, uuid.UUID) (store.Link, error) {
	return store.Link{}, b.fail()
}

// logOf serves one request and returns the answer and the log's lines from level on.
func logOf(t *testing.T, level slog.Level, fail func() error, method, target, body string) (*http.Response, []map[string]any) {
	t.Helper()
	links, err := boltstore.Open(filepath.Join(t.TempDir(), "links.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer links.Close()
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
		"/secret":                                "",
	} {
		answer, lines := logOf(t, slog.LevelInfo, func() error { return store.ErrNotFound }, "GET", target, "")
		if len(lines) != 1 {
			t.Fatalf("%s: %d lines, want 1", target, len(lines))
		}
		want := map[string]any{
			"level": "INFO", "msg": "request", "method": "GET", "route": route, "client": "192.0.2.7",
			"status": float64(answer.StatusCode), "request_id": answer.Header.Get("X-Request-Id"),
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
		var told struct{ Error, Reference string }
		if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusInternalServerError || len(lines) != 1 {
			t.Fatalf("%s: status %d, lines %v", name, answer.StatusCode, lines)
		}
		cause := fmt.Sprint(lines[0]["error"])
		if lines[0]["request_id"] != told.Reference || lines[0]["route"] != "/link/{link_id}" || !strings.Contains(cause, "the disk is on fire") {
			t.Errorf("%s: the line is %v, want the cause under %s", name, lines[0], told.Reference)
		}
	}
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
