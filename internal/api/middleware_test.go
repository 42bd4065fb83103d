package api

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

func TestPanic_AfterWriteAbortsTheResponse(t *testing.T) {
	var log bytes.Buffer
	a := &api{log: slog.New(slog.NewJSONHandler(&log, nil))}
	r := chi.NewRouter()
	r.Use(a.logRequests)
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("truncated"))
		panic("the disk is on fire")
	})
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panic: got %v, want http.ErrAbortHandler", p)
		}
		if line := log.String(); !strings.Contains(line, `"level":"ERROR"`) ||
			!strings.Contains(line, "the disk is on fire") {
			t.Errorf("log: got %s, want an error with the cause", line)
		}
	}()
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	t.Error("the panic did not reach the server")
}

func TestBasePath_WithoutTrailingSlash(t *testing.T) {
	handler, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	atBasePath := http.StripPrefix("/prod", handler)
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "OPTIONS": 200, "DELETE": 405} {
		w := httptest.NewRecorder()
		atBasePath.ServeHTTP(w, httptest.NewRequest(method, "/prod", nil))
		if w.Code != want || want == 405 && w.Header().Get("Allow") != "GET, HEAD, OPTIONS" {
			t.Errorf("%s /prod: got status %d with headers %v, want %d", method, w.Code, w.Header(), want)
		}
	}
}
