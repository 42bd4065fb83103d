package lambdahttp

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"links/internal/lambdahttp/gatewaytest"
)

// handlerVariable is the environment variable that makes the test program a Lambda
// function with the handler of this name in testHandlers.
const handlerVariable = "LAMBDA_TEST_HANDLER"

func TestMain(m *testing.M) {
	if name := os.Getenv(handlerVariable); name != "" {
		lambda.Start(testHandlers[name])
	}
	os.Exit(m.Run())
}

var testHandlers = map[string]lambda.Handler{
	"function": newFunction(http.HandlerFunc(misbehave)),
	"adapter":  handlerFunc(bareAdapter(gatewaytest.RESTAPI(), http.HandlerFunc(misbehave))),
}

type handlerFunc gatewaytest.Invoke

func (f handlerFunc) Invoke(ctx context.Context, event []byte) ([]byte, error) { return f(ctx, event) }

// misbehave responds with the process ID, except to paths for which it panics or writes a
// large response.
func misbehave(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/panic":
		panic("boom")
	case "/half":
		_, _ = w.Write([]byte("half"))
		panic(http.ErrAbortHandler)
	case "/large":
		_, _ = w.Write(make([]byte, 7<<20))
	case "/full":
		_, _ = w.Write(bytes.Repeat([]byte("<"), 6_000_000))
	default:
		fmt.Fprint(w, os.Getpid())
	}
}

func TestFunction_SurvivesPanicsAndLimits(t *testing.T) {
	for _, handler := range []string{"function", "adapter"} {
		e := gatewaytest.StartEmulator(t, os.Args[0], handlerVariable+"="+handler)
		gateway := gatewaytest.RESTAPI()
		get := func(path string) gatewaytest.Response {
			r, err := http.NewRequestWithContext(t.Context(), "GET", gateway.BaseURL()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			return gatewaytest.Do(t, gateway.Client(e.Invoke), r)
		}
		for _, path := range []string{"/panic", "/half", "/large"} {
			before := get("/pid").Body
			if got := get(path); got.Status != http.StatusBadGateway {
				t.Errorf("%s: GET %s: got %d %.100s, want 502", handler, path, got.Status, got.Body)
			}
			after := get("/pid").Body
			if survives := before == after; survives != (handler == "function") {
				t.Errorf("%s: process after GET %s: got %s, it was %s", handler, path, after, before)
			}
		}
		if got := get("/full"); handler == "function" && (got.Status != 200 || len(got.Body) != 6_000_000) {
			t.Errorf("GET /full: got %d, %d bytes, %v, want 200 and 6 MB", got.Status, len(got.Body), got.Header)
		}
	}
}
