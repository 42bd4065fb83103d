package lambdahttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"links/internal/lambdahttp/gatewaytest"
)

// smallEvents is an event of each kind with nothing in it that can be left out, and null for what can be null.
var smallEvents = map[string]string{
	restAPI: `{"resource":"/{proxy+}","path":"/link","httpMethod":"GET","headers":null,"multiValueHeaders":null,"queryStringParameters":null,
		"multiValueQueryStringParameters":null,"pathParameters":{"proxy":"link"},"stageVariables":null,"requestContext":{},"body":null,"isBase64Encoded":false}`,
	httpAPI1: `{"version":"1.0","resource":"$default","path":"/link","httpMethod":"GET","headers":null,"multiValueHeaders":null,"requestContext":{},"body":null}`,
	httpAPI:  `{"version":"2.0","rawPath":"/link","headers":null,"requestContext":{"http":{"method":"GET"}},"body":null}`,
	functionURL: `{"version":"2.0","rawPath":"/link","cookies":null,"queryStringParameters":null,"pathParameters":null,"stageVariables":null,
		"requestContext":{"authorizer":null,"domainName":"x.lambda-url.eu-central-1.on.aws","http":{"method":"GET"}}}`,
	alb: `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/link","headers":{"user-agent":"ELB-HealthChecker/2.0"},"body":"","isBase64Encoded":true}`,
	albMulti: `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/link","multiValueHeaders":{"user-agent":["ELB-HealthChecker/2.0"]},
		"multiValueQueryStringParameters":null,"headers":null,"queryStringParameters":null,"body":"","isBase64Encoded":false}`,
}

func TestEventsWithoutWhatCanBeLeftOut(t *testing.T) {
	for name, event := range smallEvents {
		t.Run(name, func(t *testing.T) {
			f := newFunction(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != "GET" || r.URL.Path != "/link" || r.URL.RawQuery != "" || r.ContentLength != 0 {
					t.Errorf("%s %s, %d bytes", r.Method, r.URL, r.ContentLength)
				}
				w.WriteHeader(http.StatusNoContent)
			}))
			answer, err := f.Invoke(t.Context(), []byte(event))
			if err != nil || !strings.Contains(string(answer), `"statusCode":204`) {
				t.Errorf("%s, %v", answer, err)
			}
		})
	}
}

func TestAnEventOfNoKnownShapeIsAnErrorInTheLogAndTheNextIsServed(t *testing.T) {
	var log bytes.Buffer
	f := newFunction(http.HandlerFunc(echo))
	f.Log = slog.New(slog.NewJSONHandler(&log, nil))
	for _, event := range []string{
		"", "null", "7", "nonsense", "{}", "[]", `{"Records":[{"eventSource":"aws:s3"}]}`, `{"version":"2.0","rawPath":"/"}`,
		`{"version":"3.0","requestContext":{"http":{"method":"GET"}}}`, `{"version":"3.0","httpMethod":"GET","path":"/"}`,
		`{"httpMethod":["GET"],"path":"/"}`, `{"httpMethod":"GET","path":7}`, `{"type":"TOKEN","methodArn":"arn"}`,
		`{"httpMethod":"POST","path":"/","body":"%","isBase64Encoded":true}`, `{"httpMethod":"G T","path":"/"}`,
	} {
		log.Reset()
		if answer, err := f.Invoke(lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "the-id"}), []byte(event)); err == nil {
			t.Errorf("%s is answered with %s", event, answer)
		}
		var line struct {
			Level, Msg, Error string
			RequestID         string `json:"requestId"`
		}
		if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Level != "ERROR" || line.RequestID != "the-id" || line.Error == "" {
			t.Errorf("%s: the log has %s, want one line of an error", event, log.String())
		}
		if _, err := f.Invoke(t.Context(), []byte(smallEvents[restAPI])); err != nil {
			t.Fatalf("after %s: %v", event, err)
		}
	}
}

func TestAPanicIsAnErrorAndTheNextEventIsServed(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"at once":                   func(http.ResponseWriter, *http.Request) { panic("boom") },
		"of an error":               func(http.ResponseWriter, *http.Request) { panic(errors.New("boom")) },
		"in the middle of a body":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("half")); panic("boom") },
		"that breaks an answer off": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
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
				if answer, err := f.Invoke(t.Context(), []byte(payload)); err == nil || answer != nil {
					t.Errorf("%s: answered with %s", event, answer)
				}
				// who breaks an answer off has said why
				if logged, want := strings.Contains(log.String(), "function_test.go"), name != "that breaks an answer off"; logged != want {
					t.Errorf("%s: the log has %q", event, log.String())
				}
				panics = false
				if _, err := f.Invoke(t.Context(), []byte(payload)); err != nil {
					t.Errorf("%s: the next event: %v", event, err)
				}
			}
		})
	}
}

func TestAnAnswerThatLambdaWouldRefuseIsAnError(t *testing.T) {
	for body, fits := range map[string]bool{
		strings.Repeat("<", 6_000_000):    true, // six times that when escaped for HTML
		strings.Repeat("x", 6<<20):        false,
		strings.Repeat(`"`, 3<<20):        false,
		strings.Repeat("\xff", 6<<20/4*3): false,
	} {
		f := newFunction(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		if answer, err := f.Invoke(t.Context(), []byte(smallEvents[restAPI])); fits != (err == nil) {
			t.Errorf("a body of %d bytes %q…: %d bytes, %v", len(body), body[:1], len(answer), err)
		}
	}
}

func TestAnAnswerThatALoadBalancerWouldRefuseIsAnError(t *testing.T) {
	for _, event := range []string{alb, albMulti} {
		for length, fits := range map[int]bool{900_000: true, 1_000_000: false} {
			f := newFunction(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, length/6)) })) // \u0000
			if answer, err := f.Invoke(t.Context(), []byte(smallEvents[event])); fits != (err == nil) {
				t.Errorf("%s, a body that is escaped in %d bytes: %d bytes, %v", event, length, len(answer), err)
			}
		}
	}
}

func TestTheDeadlineIsLambdasLessHalfASecond(t *testing.T) {
	deadline := time.Now().Add(time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	for event, payload := range smallEvents {
		f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got, ok := r.Context().Deadline(); !ok || !got.Equal(deadline.Add(-500*time.Millisecond)) {
				t.Errorf("%s: the deadline is %v, Lambda's %v", event, got, deadline)
			}
		}))
		if _, err := f.Invoke(ctx, []byte(payload)); err != nil {
			t.Errorf("%s: %v", event, err)
		}
	}
}

// brokenPath is a request to a path with %zz, which http.NewRequest does not make.
func brokenPath(t *testing.T, gateway gatewaytest.Gateway, method string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, gateway.BaseURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = &url.URL{Scheme: "https", Host: r.URL.Host, Opaque: r.URL.Path + "/link/%zz"}
	return r
}

func TestAPathThatNoServerReadsIs400(t *testing.T) {
	own := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, gateway := range gatewaytest.All() {
		if gateway.DecodesPath {
			continue
		}
		f := newFunction(http.HandlerFunc(echo))
		got := do(t, gateway.Client(f.Invoke), brokenPath(t, gateway, "GET"))
		if got.status != 400 || got.body != "400 Bad Request" || got.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: the answer is %d %v %q, want net/http's", gateway.Name, got.status, got.header, got.body)
		}
		f.BadRequest = own
		if got := do(t, gateway.Client(f.Invoke), brokenPath(t, gateway, "HEAD")); got.status != http.StatusTeapot {
			t.Errorf("%s: the answer is %d, want BadRequest's", gateway.Name, got.status)
		}
		if bare := do(t, gateway.Client(bareAdapter(gateway, own)), brokenPath(t, gateway, "GET")); bare.status == http.StatusTeapot {
			t.Errorf("%s: the adapter alone reads it too", gateway.Name)
		}
	}
}

func TestTheHandlerIsToldWhatTheGatewayTells(t *testing.T) {
	for event, payload := range smallEvents {
		want := Invocation{RequestID: "8f507cfc-xmpl", MaxPayload: 6 << 20}
		if strings.HasPrefix(event, "ALB") {
			want.MaxPayload = 1_000_000
		}
		f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got := InvocationFromContext(r.Context()); got != want {
				t.Errorf("%s: InvocationFromContext = %v, want %v", event, got, want)
			}
		}))
		ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "8f507cfc-xmpl"})
		if _, err := f.Invoke(ctx, []byte(payload)); err != nil {
			t.Errorf("%s: %v", event, err)
		}
	}
	if got := InvocationFromContext(t.Context()); got != (Invocation{}) {
		t.Errorf("without a gateway InvocationFromContext = %v", got)
	}
}

func TestALoadBalancersOddHostIsServed(t *testing.T) {
	for _, host := range []string{"a%20b", "[::1", "links.example.com:8443", "a b"} {
		for mode, headers := range map[string]string{alb: `"headers":{"host":%q}`, albMulti: `"multiValueHeaders":{"host":[%q]}`} {
			f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.Host != host || r.Header["Host"] != nil {
					t.Errorf("%s: Host is %q, among the headers %q, want %q", mode, r.Host, r.Header["Host"], host)
				}
			}))
			event := `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/link",` + fmt.Sprintf(headers, host) + `}`
			if _, err := f.Invoke(t.Context(), []byte(event)); err != nil {
				t.Errorf("%s: %q: %v", mode, host, err)
			}
		}
	}
}

func TestHeadersThatTheAdapterBelievesAreDropped(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		var believed bool
		var seen []string
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := new(core.RequestAccessor).GetAPIGatewayContext(r)
			believed = err == nil
			for name := range r.Header {
				if strings.HasPrefix(strings.ToLower(name), "x-golambdaproxy-") {
					seen = append(seen, name)
				}
			}
		})
		send := func(invoke gatewaytest.Invoke) {
			r, err := http.NewRequest("GET", gateway.BaseURL()+"/link", nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{core.APIGwContextHeader, core.APIGwStageVarsHeader, core.ALBContextHeader} {
				r.Header.Set(name, `{"accountId":"forged"}`)
			}
			do(t, gateway.Client(invoke), r)
		}
		send(newFunction(handler).Invoke)
		if believed || len(seen) > 0 {
			t.Errorf("%s: the handler sees %q", gateway.Name, seen)
		}
		if send(bareAdapter(gateway, handler)); !believed {
			t.Errorf("%s: the adapter alone drops them too", gateway.Name)
		}
	}
}

func TestHeaders_DifferingInCaseAreSorted(t *testing.T) {
	for name, event := range map[string]string{
		restAPI:     `{"httpMethod":"GET","path":"/","multiValueHeaders":{"Authorization":["a","b"],"authorization":["c"]},"headers":{"Authorization":"b"}}`,
		"one value": `{"httpMethod":"GET","path":"/","multiValueHeaders":null,"headers":{"AUTHORIZATION":"a","Authorization":"b","authorization":"c"}}`,
		httpAPI1:    `{"version":"1.0","httpMethod":"GET","path":"/","multiValueHeaders":{"Authorization":["a","b"],"authorization":["c"]}}`,
		httpAPI:     `{"version":"2.0","requestContext":{"http":{"method":"GET"}},"headers":{"AUTHORIZATION":"a","Authorization":"b","authorization":"c"}}`,
		functionURL: `{"version":"2.0","requestContext":{"domainName":"x.lambda-url.y","http":{"method":"GET"}},"headers":{"AUTHORIZATION":"a","Authorization":"b","authorization":"c"}}`,
		alb:         `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/","headers":{"AUTHORIZATION":"a","Authorization":"b","authorization":"c"}}`,
		albMulti:    `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/","multiValueHeaders":{"Authorization":["a","b"],"authorization":["c"]}}`,
	} {
		f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got := r.Header.Values("Authorization"); !slices.Equal(got, []string{"a", "b", "c"}) {
				t.Errorf("%s: Authorization is %q", name, got)
			}
		}))
		for range 20 { // the order of a map is random
			if _, err := f.Invoke(t.Context(), []byte(event)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestTheClientsAddress(t *testing.T) {
	for header, want := range map[string]string{
		"203.0.113.7":                       "203.0.113.7:0",
		"spoofed, 198.51.100.1,203.0.113.7": "203.0.113.7:0",
		"198.51.100.1, 203.0.113.7":         "203.0.113.7:0",
		"203.0.113.7:1234":                  "203.0.113.7:1234",
		"2001:db8::7":                       "[2001:db8::7]:0",
		"[2001:db8::7]:1234":                "[2001:db8::7]:1234",
	} {
		event := `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/","headers":{"x-forwarded-for":"` + header + `"}}`
		f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.RemoteAddr != want {
				t.Errorf("%s: RemoteAddr is %q, want %q", header, r.RemoteAddr, want)
			}
		}))
		for _, event := range []string{
			event, strings.NewReplacer(`"headers"`, `"multiValueHeaders"`, `:"`+header+`"}}`, `:["192.0.2.1","`+header+`"]}}`).Replace(event),
		} {
			if _, err := f.Invoke(t.Context(), []byte(event)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestCookiesAreSetEachByItself(t *testing.T) {
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
		want := []string{"a=1; Expires=Tue, 15 Nov 1994 08:12:31 GMT", "b=2"}
		if got := do(t, gateway.Client(newFunction(handler).Invoke), r).header.Values("Set-Cookie"); !slices.Equal(got, want) {
			t.Errorf("%s: Set-Cookie is %q", gateway.Name, got)
		}
	}
}

// The adapter's answers to an ALB have the shape of its multi-value mode, and a description without the number.
func TestTheAdaptersAnswersDoNotSuitAnALB(t *testing.T) {
	w := core.NewProxyResponseWriterALB()
	w.WriteHeader(http.StatusOK)
	answer, err := w.GetProxyResponse()
	if err != nil || answer.Headers != nil || answer.StatusDescription != "OK" {
		t.Errorf("the adapter answers an ALB with %+v, %v: a mend can go", answer, err)
	}
}

func FuzzInvoke(f *testing.F) {
	for _, event := range smallEvents {
		f.Add(event)
	}
	function := newFunction(http.HandlerFunc(echo))
	f.Fuzz(func(t *testing.T, event string) {
		answer, err := function.Invoke(t.Context(), []byte(event))
		var shape struct {
			StatusCode int `json:"statusCode"`
		}
		switch {
		case err != nil && err.Error() == "panic":
			t.Errorf("%q makes it panic", event)
		case err == nil && (json.Unmarshal(answer, &shape) != nil || shape.StatusCode < 200):
			t.Errorf("%q is answered with %s", event, answer)
		}
	})
}
