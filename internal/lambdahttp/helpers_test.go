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

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"links/internal/lambdahttp/gatewaytest"
)

func newFunction(handler http.Handler) *Function { return &Function{Handler: handler} }

// bareAdapter returns a function that runs handler with the adapter's own handlers, as
// its README shows them. It works around the two differences that would hide all
// others: the stage in the path of an HTTP API, and the shape of a response to an ALB.
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
			response, err := httpadapter.NewALB(handler).ProxyWithContext(ctx, e)
			response.StatusDescription = fmt.Sprint(response.StatusCode, " ", response.StatusDescription)
			if e.Headers != nil {
				response.Headers = map[string]string{}
				for name, values := range response.MultiValueHeaders {
					response.Headers[name] = strings.Join(values, ",")
				}
				response.MultiValueHeaders = nil
			}
			return response, err
		})
	}
}

// decoding returns a function that decodes its event for proxy and encodes the response.
func decoding[E any](proxy func(context.Context, E) (any, error)) gatewaytest.Invoke {
	return func(ctx context.Context, event []byte) ([]byte, error) {
		var e E
		if err := json.Unmarshal(event, &e); err != nil {
			return nil, err
		}
		response, err := proxy(ctx, e)
		if err != nil {
			return nil, err
		}
		return json.Marshal(response)
	}
}

// send sends the request to the target below base. It returns the response as text,
// without the headers that depend on the connection.
func send(t *testing.T, client *http.Client, base, host string, r request) string {
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
	got := gatewaytest.Do(t, client, req)
	for _, name := range []string{"Connection", "Content-Length", "Date"} {
		got.Header.Del(name)
	}
	var b strings.Builder
	fmt.Fprintln(&b, got.Status)
	for _, name := range slices.Sorted(maps.Keys(got.Header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(got.Header[name], ","))
	}
	fmt.Fprintf(&b, "\n%s", got.Body)
	return b.String()
}

// sendToNetHTTP sends the request to the handler in net/http's server.
func sendToNetHTTP(t *testing.T, handler http.Handler, host string, r request) string {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.DisableCompression = true
	return send(t, &http.Client{Transport: transport}, server.URL, host, r)
}

// sendToGateway sends the request to the function behind the gateway.
func sendToGateway(t *testing.T, gateway gatewaytest.Gateway, invoke gatewaytest.Invoke, r request) string {
	t.Helper()
	return send(t, gateway.Client(invoke), gateway.BaseURL(), hostOf(gateway), r)
}

func hostOf(gateway gatewaytest.Gateway) string {
	u, err := url.Parse(gateway.BaseURL())
	if err != nil {
		panic(err)
	}
	return u.Host
}

// echo responds with the request, without the host and the headers that depend on the
// gateway.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	query, queryErr := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B"))
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%s %q\nquery %s %v\n", r.Method, r.URL.Path, query.Encode(), queryErr)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		switch {
		case strings.HasPrefix(name, "X-Forwarded-"), name == "X-Amzn-Trace-Id",
			name == "Content-Length", name == "Host":
		default:
			fmt.Fprintf(w, "%s: %s\n", name, strings.Join(r.Header[name], ","))
		}
	}
	fmt.Fprintf(w, "body %d %q %v\n", r.ContentLength, body, err)
}
