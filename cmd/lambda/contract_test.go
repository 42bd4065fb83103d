package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/uuid"

	"links/internal/api"
	"links/internal/api/apitest"
	"links/internal/lambdahttp/gatewaytest"
	"links/internal/link"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
	"links/internal/store/dynamostore/dynamotest"
)

func TestContractBehindEveryGateway(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		t.Run(gateway.Name, func(t *testing.T) {
			t.Parallel()
			start := startBehind(gateway)
			apitest.Run(t, start)
			apitest.RunFaults(t, start)
			t.Run("a body of 1 MiB", func(t *testing.T) {
				if gateway.MaxRequest <= 1<<20 {
					t.Skip("this gateway takes smaller bodies")
				}
				apitest.RunLarge(t, start)
			})
			t.Run("repeated parameters", func(t *testing.T) {
				if gateway.LosesRepeats {
					t.Skip("this gateway passes on one of repeated parameters and headers alone, whatever the function does")
				}
				apitest.RunRepeats(t, start)
			})
		})
	}
}

// openStore gives a test a store of its own: a table where there is DynamoDB Local, as in use, and a file elsewhere.
func openStore(t *testing.T) store.Store {
	if os.Getenv("AWS_ENDPOINT_URL_DYNAMODB") == "" && os.Getenv("REQUIRE_DYNAMODB") == "" {
		return bolttest.Open(t)
	}
	return dynamotest.Open(t, 1)
}

// startBehind serves a new store through the gateway.
func startBehind(gateway gatewaytest.Gateway) apitest.Start {
	return func(t *testing.T, s apitest.Service) (string, *http.Client) {
		st := openStore(t)
		if s.Wrap != nil {
			st = s.Wrap(st)
		}
		handler, err := api.New(api.Config{Store: st, Tokens: s.Tokens(), Private: s.Private, CORSOrigin: s.CORSOrigin})
		if err != nil {
			t.Fatal(err)
		}
		const margin = 500 * time.Millisecond // that the function keeps of Lambda's time
		timeout := 2 * time.Minute
		if s.Timeout > 0 {
			timeout = s.Timeout + margin
		}
		f := newFunction(handler, "", slog.New(slog.DiscardHandler))
		return gateway.BaseURL(), gateway.Client(inLambda(f.Invoke, timeout))
	}
}

// inLambda gives each call what the Lambda runtime gives it: a request id and a deadline so long after its begin.
func inLambda(invoke gatewaytest.Invoke, timeout time.Duration) gatewaytest.Invoke {
	return func(ctx context.Context, event []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return invoke(lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: uuid.NewString()}), event)
	}
}

func TestAPathThatNoServerReadsIs400InTheContractsForm(t *testing.T) {
	for _, origin := range []string{"*", "https://links.example.com"} {
		handler, err := api.New(api.Config{CORSOrigin: origin})
		if err != nil {
			t.Fatal(err)
		}
		for _, gateway := range gatewaytest.All() {
			if gateway.DecodesPath {
				continue
			}
			client := gateway.Client(inLambda(newFunction(handler, "", nil).Invoke, time.Minute))
			broken, other := newRequest(t, gateway, "/link?limit=0"), newRequest(t, gateway, "/link?limit=0")
			broken.URL = &url.URL{Scheme: "https", Host: broken.URL.Host, Opaque: strings.TrimSuffix(broken.URL.Path, "/link") + "/link/%zz"}
			got, want := do(t, client, broken), do(t, client, other)
			var failure struct{ Error, Reference string }
			if err := json.Unmarshal([]byte(got.body), &failure); err != nil || !strings.Contains(failure.Error, "%") || failure.Reference != got.header.Get("X-Request-Id") || failure.Reference == "" {
				t.Errorf("%s: the answer is %d %s", gateway.Name, got.status, got.body)
			}
			for _, a := range []answer{got, want} {
				a.header.Del("X-Request-Id")
				a.header.Del("Content-Length")
			}
			if got.status != want.status || !maps.EqualFunc(got.header, want.header, slices.Equal[[]string]) {
				t.Errorf("%s: the answer is %d %v, another 400 is %d %v", gateway.Name, got.status, got.header, want.status, want.header)
			}
		}
	}
}

func TestALongListEndsNearWhatTheGatewayTakes(t *testing.T) {
	const linkLength = 8000
	s := bolttest.Open(t)
	batch := make([]link.Link, 600) // 4.8 MB
	for i := range batch {
		address := fmt.Sprintf("https://example.com/%d/", i)
		l, err := link.Parse(address + strings.Repeat("x", linkLength-len(address)))
		if err != nil {
			t.Fatal(err)
		}
		batch[i] = l
	}
	if err := s.Put(t.Context(), batch...); err != nil {
		t.Fatal(err)
	}
	handler, err := api.New(api.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	for _, gateway := range gatewaytest.All() {
		bound := 4_000_000
		if gateway.MaxResponse < bound {
			bound = 900_000
		}
		client := gateway.Client(inLambda(newFunction(handler, "", nil).Invoke, time.Minute))
		got := do(t, client, newRequest(t, gateway, "/link"))
		escaped, err := json.Marshal(got.body)
		if err != nil {
			t.Fatal(err)
		}
		if got.status != 200 || len(escaped) > bound || len(escaped) < bound-2*linkLength || got.header.Get("Link") == "" {
			t.Errorf("%s: %d, %d bytes when escaped, Link %q; want nearly %d and a next page", gateway.Name, got.status, len(escaped), got.header.Get("Link"), bound)
		}
	}
}

func TestTheRequestIDIsLambdas(t *testing.T) {
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, gateway := range gatewaytest.All() {
		client := gateway.Client(func(ctx context.Context, event []byte) ([]byte, error) {
			return newFunction(handler, "", nil).Invoke(lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "8f507cfc-xmpl"}), event)
		})
		if got := do(t, client, newRequest(t, gateway, "/healthz")); got.status != 200 || got.header.Get("X-Request-Id") != "8f507cfc-xmpl" {
			t.Errorf("%s: %d %v", gateway.Name, got.status, got.header)
		}
	}
}

func TestBasePath_IsTheConfiguredOne(t *testing.T) {
	handler, err := api.New(api.Config{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		basePath, method, path string
		status                 int
	}{
		{"", "GET", "/link/", 200},
		{"", "GET", "/", 200},
		{"", "GET", "/wp-admin/", 404},
		{"", "POST", "/x/y/link", 404},
		{"/x/y", "POST", "/x/y/link", 200},
		{"/x/y", "GET", "/x/y", 200},
		{"/x/y", "GET", "/x/y/", 200},
		{"/x/y", "GET", "/x/y/nothing", 404},
		{"/x/y", "POST", "/y/link", 404},
	} {
		event := fmt.Sprintf(`{"version":"2.0","routeKey":"$default","rawPath":%q,"body":"[]",
			"requestContext":{"domainName":"links.example.com","stage":"$default","http":{"method":%q}}}`, tc.path, tc.method)
		got, err := newFunction(handler, tc.basePath, nil).Invoke(t.Context(), []byte(event))
		if err != nil || !strings.Contains(string(got), fmt.Sprintf(`"statusCode":%d`, tc.status)) {
			t.Errorf("%q: %s %s: %.200s, %v, want %d", tc.basePath, tc.method, tc.path, got, err, tc.status)
		}
	}
}

func newRequest(t *testing.T, gateway gatewaytest.Gateway, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequest("GET", gateway.BaseURL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// answer is an answer read whole.
type answer struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, client *http.Client, r *http.Request) answer {
	t.Helper()
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}
