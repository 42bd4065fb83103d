package lambdahttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"links/internal/lambdahttp/gatewaytest"
)

// smallEvents contains an event of each kind without optional members, and with null for
// each member that may be null.
var smallEvents = map[string]string{
	restAPI: `{"resource":"/{proxy+}","path":"/link","httpMethod":"GET","headers":null,"multiValueHeaders":null,
		"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":{"proxy":"link"},
		"stageVariables":null,"requestContext":{},"body":null,"isBase64Encoded":false}`,
	httpAPI1: `{"version":"1.0","resource":"$default","path":"/link","httpMethod":"GET","headers":null,
		"multiValueHeaders":null,"requestContext":{},"body":null}`,
	httpAPI: `{"version":"2.0","rawPath":"/link","headers":null,
		"requestContext":{"http":{"method":"GET"}},"body":null}`,
	functionURL: `{"version":"2.0","rawPath":"/link","cookies":null,"queryStringParameters":null,"pathParameters":null,
		"stageVariables":null,"requestContext":{"authorizer":null,"domainName":"x.lambda-url.eu-central-1.on.aws",
		"http":{"method":"GET"}}}`,
	alb: `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/link",
		"headers":{"user-agent":"ELB-HealthChecker/2.0"},"body":"","isBase64Encoded":true}`,
	albMulti: `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/link",
		"multiValueHeaders":{"user-agent":["ELB-HealthChecker/2.0"]},"multiValueQueryStringParameters":null,
		"headers":null,"queryStringParameters":null,"body":"","isBase64Encoded":false}`,
}

func TestInvoke_MinimalEvents(t *testing.T) {
	for name, event := range smallEvents {
		t.Run(name, func(t *testing.T) {
			f := newFunction(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != "GET" || r.URL.Path != "/link" || r.URL.RawQuery != "" || r.ContentLength != 0 {
					t.Errorf("request: got %s %s, %d bytes, want GET /link without a body",
						r.Method, r.URL, r.ContentLength)
				}
				w.WriteHeader(http.StatusNoContent)
			}))
			got, err := f.Invoke(t.Context(), []byte(event))
			if err != nil || !strings.Contains(string(got), `"statusCode":204`) {
				t.Errorf("Invoke: got %s, %v, want status 204", got, err)
			}
		})
	}
}

func TestInvoke_InvalidEventIsLogged(t *testing.T) {
	var log bytes.Buffer
	f := newFunction(http.HandlerFunc(echo))
	f.Log = slog.New(slog.NewJSONHandler(&log, nil))
	for _, event := range []string{
		"", "null", "7", "nonsense", "{}", "[]", `{"Records":[{"eventSource":"aws:s3"}]}`,
		`{"version":"2.0","rawPath":"/"}`, `{"version":"3.0","requestContext":{"http":{"method":"GET"}}}`,
		`{"version":"3.0","httpMethod":"GET","path":"/"}`,
		`{"httpMethod":["GET"],"path":"/"}`, `{"httpMethod":"GET","path":7}`, `{"type":"TOKEN","methodArn":"arn"}`,
		`{"httpMethod":"POST","path":"/","body":"%","isBase64Encoded":true}`, `{"httpMethod":"G T","path":"/"}`,
	} {
		log.Reset()
		if got, err := f.Invoke(gatewaytest.WithRequestID(t.Context(), "the-id"), []byte(event)); err == nil {
			t.Errorf("Invoke(%s): got %s, want an error", event, got)
		}
		var line struct {
			Level, Msg, Error string
			RequestID         string `json:"requestId"`
		}
		if err := json.Unmarshal(log.Bytes(), &line); err != nil ||
			line.Level != "ERROR" || line.RequestID != "the-id" || line.Error == "" {
			t.Errorf("Invoke(%s): got log %s, want one error with the request ID", event, log.String())
		}
		if _, err := f.Invoke(t.Context(), []byte(smallEvents[restAPI])); err != nil {
			t.Fatalf("Invoke(valid event) after %s: %v", event, err)
		}
	}
}

func TestInvoke_PanicIsAnError(t *testing.T) {
	const aborted = "with ErrAbortHandler"
	for name, handler := range map[string]http.HandlerFunc{
		"with a string": func(http.ResponseWriter, *http.Request) { panic("boom") },
		"with an error": func(http.ResponseWriter, *http.Request) { panic(errors.New("boom")) },
		"after a part of the body": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("half"))
			panic("boom")
		},
		aborted: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			for event, payload := range smallEvents {
				panics := true
				f := newFunction(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if panics {
						handler(w, r)
					}
				}))
				var log bytes.Buffer
				f.Log = slog.New(slog.NewJSONHandler(&log, nil))
				if got, err := f.Invoke(t.Context(), []byte(payload)); err == nil || got != nil {
					t.Errorf("%s: Invoke: got %s, %v, want only an error", event, got, err)
				}
				// The handler has logged an ErrAbortHandler itself.
				if logged, want := strings.Contains(log.String(), "function_test.go"), name != aborted; logged != want {
					t.Errorf("%s: Invoke: got log %q, want the stack: %v", event, log.String(), want)
				}
				panics = false
				if _, err := f.Invoke(t.Context(), []byte(payload)); err != nil {
					t.Errorf("%s: Invoke after a panic: %v", event, err)
				}
			}
		})
	}
}

func TestInvoke_LimitsResponseOfLambda(t *testing.T) {
	for body, fits := range map[string]bool{
		strings.Repeat("<", 6_000_000):    true, // would be six times as large if escaped for HTML
		strings.Repeat("x", 6<<20):        false,
		strings.Repeat(`"`, 3<<20):        false,
		strings.Repeat("\xff", 6<<20/4*3): false,
	} {
		f := newFunction(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(body))
		}))
		if got, err := f.Invoke(t.Context(), []byte(smallEvents[restAPI])); fits != (err == nil) {
			t.Errorf("Invoke with a body of %d bytes %q: got %d bytes, %v, want success: %v",
				len(body), body[:1], len(got), err, fits)
		}
	}
}

func TestInvoke_LimitsResponseOfALB(t *testing.T) {
	for _, event := range []string{alb, albMulti} {
		for length, fits := range map[int]bool{900_000: true, 1_000_000: false} {
			f := newFunction(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(make([]byte, length/6)) // each byte is escaped as \u0000
			}))
			if got, err := f.Invoke(t.Context(), []byte(smallEvents[event])); fits != (err == nil) {
				t.Errorf("%s: Invoke with an escaped body of %d bytes: got %d bytes, %v, want success: %v",
					event, length, len(got), err, fits)
			}
		}
	}
}

func TestInvoke_DeadlineIsBeforeLambda(t *testing.T) {
	deadline := time.Now().Add(time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	for event, payload := range smallEvents {
		f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			want := deadline.Add(-500 * time.Millisecond)
			if got, ok := r.Context().Deadline(); !ok || !got.Equal(want) {
				t.Errorf("%s: Deadline: got %v, %v, want %v", event, got, ok, want)
			}
		}))
		if _, err := f.Invoke(ctx, []byte(payload)); err != nil {
			t.Errorf("%s: %v", event, err)
		}
	}
}

func TestInvocationFromContext(t *testing.T) {
	const id = "8f507cfc-xmpl"
	for event, payload := range smallEvents {
		want := Invocation{RequestID: id, MaxPayload: 6 << 20}
		if strings.HasPrefix(event, "ALB") {
			want.MaxPayload = 1_000_000
		}
		f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got := InvocationFromContext(r.Context()); got != want {
				t.Errorf("%s: InvocationFromContext: got %v, want %v", event, got, want)
			}
		}))
		if _, err := f.Invoke(gatewaytest.WithRequestID(t.Context(), id), []byte(payload)); err != nil {
			t.Errorf("%s: %v", event, err)
		}
	}
	if got := InvocationFromContext(t.Context()); got != (Invocation{}) {
		t.Errorf("InvocationFromContext without an invocation: got %v, want the zero value", got)
	}
}

func TestHeaders_DifferingInCaseAreSorted(t *testing.T) {
	const (
		single = `{"AUTHORIZATION":"a","Authorization":"b","authorization":"c"}`
		multi  = `{"Authorization":["a","b"],"authorization":["c"]}`
	)
	for name, event := range map[string]string{
		restAPI: `{"httpMethod":"GET","path":"/","multiValueHeaders":` + multi + `,"headers":{"Authorization":"b"}}`,
		"REST API with single values": `{"httpMethod":"GET","path":"/",
			"multiValueHeaders":null,"headers":` + single + `}`,
		httpAPI1: `{"version":"1.0","httpMethod":"GET","path":"/","multiValueHeaders":` + multi + `}`,
		httpAPI:  `{"version":"2.0","requestContext":{"http":{"method":"GET"}},"headers":` + single + `}`,
		functionURL: `{"version":"2.0","requestContext":{"domainName":"x.lambda-url.y","http":{"method":"GET"}},
			"headers":` + single + `}`,
		alb:      `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/","headers":` + single + `}`,
		albMulti: `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/","multiValueHeaders":` + multi + `}`,
	} {
		f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got, want := r.Header.Values("Authorization"), []string{"a", "b", "c"}; !slices.Equal(got, want) {
				t.Errorf("%s: Authorization: got %q, want %q", name, got, want)
			}
		}))
		for range 20 { // the iteration order of a map is random
			if _, err := f.Invoke(t.Context(), []byte(event)); err != nil {
				t.Errorf("%s: Invoke: %v", name, err)
			}
		}
	}
}

func TestSetCookie_IsNotJoined(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Set-Cookie", "a=1; Expires=Tue, 15 Nov 1994 08:12:31 GMT")
		w.Header().Add("Set-Cookie", "b=2")
	})
	for _, gateway := range gatewaytest.All() {
		if gateway.LosesRepeats {
			continue
		}
		r, err := http.NewRequest("GET", gateway.BaseURL()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		got := gatewaytest.Do(t, gateway.Client(newFunction(handler).Invoke), r).Header.Values("Set-Cookie")
		if want := []string{"a=1; Expires=Tue, 15 Nov 1994 08:12:31 GMT", "b=2"}; !slices.Equal(got, want) {
			t.Errorf("%s: Set-Cookie: got %q, want %q", gateway.Name, got, want)
		}
	}
}

// The workarounds are still needed: the adapter responds to an ALB with multi-value
// headers only, and without the status code in the description.
func TestAdapter_ResponsesDoNotSuitALB(t *testing.T) {
	w := core.NewProxyResponseWriterALB()
	w.WriteHeader(http.StatusOK)
	got, err := w.GetProxyResponse()
	if err != nil || got.Headers != nil || got.StatusDescription != "OK" {
		t.Errorf("GetProxyResponse: got %+v, %v; a workaround can be removed", got, err)
	}
}

func FuzzInvoke(f *testing.F) {
	for _, event := range smallEvents {
		f.Add(event)
	}
	function := newFunction(http.HandlerFunc(echo))
	f.Fuzz(func(t *testing.T, event string) {
		got, err := function.Invoke(t.Context(), []byte(event))
		var response struct {
			StatusCode int `json:"statusCode"`
		}
		switch {
		case err != nil && err.Error() == "panic":
			t.Errorf("Invoke(%q): got a panic", event)
		case err == nil && (json.Unmarshal(got, &response) != nil || response.StatusCode < 200):
			t.Errorf("Invoke(%q): got %s, want a final status", event, got)
		}
	})
}
