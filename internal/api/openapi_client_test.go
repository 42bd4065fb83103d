package api_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"links/internal/api"
	"links/internal/store/boltstore/bolttest"
)

// TestGeneratedClient_CallsEveryOperation generates a client from openapi.json
// and runs testdata/client with it. That folder is a module of its own, so that
// the generator is not a dependency of the service.
func TestGeneratedClient_CallsEveryOperation(t *testing.T) {
	module := t.TempDir()
	if err := os.CopyFS(module, os.DirFS("testdata/client")); err != nil {
		t.Fatal(err)
	}
	run := func(name string, arguments ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), name, arguments...)
		cmd.Dir = module
		return cmd.CombinedOutput()
	}

	output, err := run("go", "tool", "oapi-codegen", "-version")
	if err == nil {
		output, err = run("go", "build", "github.com/oapi-codegen/runtime", "github.com/oapi-codegen/runtime/types")
	}
	switch {
	case err != nil && os.Getenv("REQUIRE_CODEGEN") != "":
		t.Fatalf("build of oapi-codegen: %v\n%s", err, output)
	case err != nil:
		t.Skipf("build of oapi-codegen, which needs a Go module proxy the first time: %v\n%s", err, output)
	}

	if err := os.Mkdir(filepath.Join(module, "links"), 0o755); err != nil {
		t.Fatal(err)
	}
	description, err := filepath.Abs("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	output, err = run("go", "tool", "oapi-codegen",
		"-generate", "types,client", "-package", "links", "-o", "links/links.go", description)
	if err != nil {
		t.Fatalf("oapi-codegen: %v\n%s", err, output)
	}

	var called sync.Map // keys are method and route
	handler, err := api.New(api.Config{
		Store: bolttest.Open(t), Tokens: tokens,
		OnResponse: func(route, method string, _ int, _ time.Duration) { called.Store(method+" "+route, true) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Setenv("SERVICE_URL", server.URL)
	if output, err := run("go", "test", "-count=1", "."); err != nil {
		t.Errorf("test of the generated client: %v\n%s", err, output)
	}
	server.Close() // waits until OnResponse was called for the last request
	for path, item := range loadDescription(t).Paths.Map() {
		for method := range item.Operations() {
			if _, ok := called.Load(method + " " + path); !ok {
				t.Errorf("calls of the generated client: got none of %s %s, want one", method, path)
			}
		}
	}
}
