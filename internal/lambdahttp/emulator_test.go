package lambdahttp

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"links/internal/lambdahttp/gatewaytest"
)

// handlerVariable makes the test program itself a Lambda function with one of testHandlers, for what only they do.
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

func TestTheProcessSurvivesWhatEndsItWithTheAdapterAlone(t *testing.T) {
	for _, handler := range []string{"function", "adapter"} {
		e := gatewaytest.StartEmulator(t, os.Args[0], handlerVariable+"="+handler)
		client := gatewaytest.RESTAPI().Client(e.Invoke)
		for _, path := range []string{"/panic", "/half", "/large"} {
			before := send(t, client, "GET", gatewaytest.RESTAPI().BaseURL()+"/pid", "").body
			if a := send(t, client, "GET", gatewaytest.RESTAPI().BaseURL()+path, ""); a.status != http.StatusBadGateway {
				t.Errorf("%s: %s is answered %d %.100s", handler, path, a.status, a.body)
			}
			after := send(t, client, "GET", gatewaytest.RESTAPI().BaseURL()+"/pid", "").body
			if survived := before == after; survived != (handler == "function") {
				t.Errorf("%s: process %s before %s, %s after it", handler, before, path, after)
			}
		}
		if a := send(t, client, "GET", gatewaytest.RESTAPI().BaseURL()+"/full", ""); handler == "function" && (a.status != 200 || len(a.body) != 6_000_000) {
			t.Errorf("an answer of 6 MB is answered %d with %d bytes: %v", a.status, len(a.body), a.header)
		}
	}
}

func send(t *testing.T, client *http.Client, method, url, body string) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, client, r)
}
