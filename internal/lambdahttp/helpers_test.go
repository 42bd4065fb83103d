package lambdahttp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
	"github.com/google/uuid"

	"links/internal/lambdahttp/gatewaytest"
)

// callTime is how long a call in these tests may take, as Lambda counts it.
const callTime = 2 * time.Minute

func newFunction(handler http.Handler) *Function { return &Function{Handler: handler} }

// inLambda gives each call what the Lambda runtime gives it: a request id and a deadline so long after its begin.
func inLambda(invoke gatewaytest.Invoke, callTime time.Duration) gatewaytest.Invoke {
	return func(ctx context.Context, event []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		return invoke(lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: uuid.NewString()}), event)
	}
}

// bareAdapter is a handler behind the adapter's own handlers, as its README shows them. The two differences that would hide
// all others are mended for it: the stage of an HTTP API's path, and the shape of answers to an ALB.
func bareAdapter(gateway gatewaytest.Gateway, handler http.Handler) gatewaytest.Invoke {
	switch gateway.Name {
	case restAPI, httpAPI1:
		return decoding(func(ctx context.Context, e events.APIGatewayProxyRequest) (any, error) {
			adapter := httpadapter.New(handler)
			if e.Resource == "$default" {
				adapter.StripBasePath(e.RequestContext.Stage)
			}
			return adapter.ProxyWithContext(ctx, e)
		})
	case httpAPI, functionURL:
		return decoding(func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (any, error) {
			adapter := httpadapter.NewV2(handler)
			adapter.StripBasePath(strings.TrimPrefix(e.RequestContext.Stage, "$default"))
			return adapter.ProxyWithContext(ctx, e)
		})
	default:
		return decoding(func(ctx context.Context, e events.ALBTargetGroupRequest) (any, error) {
			answer, err := httpadapter.NewALB(handler).ProxyWithContext(ctx, e)
			answer.StatusDescription = fmt.Sprint(answer.StatusCode, " ", answer.StatusDescription)
			if e.Headers != nil {
				answer.Headers = map[string]string{}
				for name, values := range answer.MultiValueHeaders {
					answer.Headers[name] = strings.Join(values, ",")
				}
				answer.MultiValueHeaders = nil
			}
			return answer, err
		})
	}
}

func decoding[E any](proxy func(context.Context, E) (any, error)) gatewaytest.Invoke {
	return func(ctx context.Context, event []byte) ([]byte, error) {
		var e E
		if err := json.Unmarshal(event, &e); err != nil {
			return nil, err
		}
		answer, err := proxy(ctx, e)
		if err != nil {
			return nil, err
		}
		return json.Marshal(answer)
	}
}

// ask sends the request below the base and tells the answer but for what is the connection's or the gateway's.
func ask(t *testing.T, client *http.Client, base, host string, r request) string {
	t.Helper()
	target := r.target
	if target == "" {
		target = "/"
	}
	req, err := http.NewRequest(r.method, base+target, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host, req.Header = host, r.header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	answer := do(t, client, req)
	for _, name := range []string{"Connection", "Content-Length", "Date"} {
		answer.header.Del(name)
	}
	var b strings.Builder
	fmt.Fprintln(&b, answer.status)
	for _, name := range slices.Sorted(maps.Keys(answer.header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(answer.header[name], ","))
	}
	fmt.Fprintf(&b, "\n%s", answer.body)
	return b.String()
}

// overNetHTTP asks the handler behind net/http's own server.
func overNetHTTP(t *testing.T, handler http.Handler, host string, r request) string {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.DisableCompression = true
	return ask(t, &http.Client{Transport: transport}, server.URL, host, r)
}

// through asks the function behind the gateway.
func through(t *testing.T, gateway gatewaytest.Gateway, invoke gatewaytest.Invoke, r request) string {
	t.Helper()
	return ask(t, gateway.Client(invoke), gateway.BaseURL(), hostOf(gateway), r)
}

func hostOf(gateway gatewaytest.Gateway) string {
	u, err := url.Parse(gateway.BaseURL())
	if err != nil {
		panic(err)
	}
	return u.Host
}

// echo answers with the request as a handler sees it, but for who asks whom.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	query, queryErr := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B"))
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%s %q\nquery %s %v\n", r.Method, r.URL.Path, query.Encode(), queryErr)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if !strings.HasPrefix(name, "X-Forwarded-") && name != "X-Amzn-Trace-Id" && name != "Content-Length" && name != "Host" {
			fmt.Fprintf(w, "%s: %s\n", name, strings.Join(r.Header[name], ","))
		}
	}
	fmt.Fprintf(w, "body %d %q %v\n", r.ContentLength, body, err)
}

// got is an answer read whole.
type got struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, client *http.Client, r *http.Request) got {
	t.Helper()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{answer.StatusCode, answer.Header, string(body)}
}
