package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"links/internal/api"
	"links/internal/api/apitest"
	"links/internal/lambdahttp/gatewaytest"
	"links/internal/link"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
	"links/internal/store/dynamostore/dynamotest"
)

func TestContract_BehindGateways(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		t.Run(gateway.Name, func(t *testing.T) {
			t.Parallel()
			start := startBehind(gateway)
			apitest.Run(t, start)
			apitest.RunFaults(t, start)
			t.Run("a body of 1 MiB", func(t *testing.T) {
				if gateway.MaxRequest <= 1<<20 {
					t.Skip("the limit of this gateway is lower")
				}
				apitest.RunLarge(t, start)
			})
			t.Run("compression", func(t *testing.T) {
				if gateway.MayReturnBase64 {
					t.Skip("the function does not compress behind this gateway")
				}
				apitest.RunCompression(t, start)
			})
			t.Run("repeated parameters", func(t *testing.T) {
				if gateway.LosesRepeats {
					t.Skip("this gateway passes on only one of repeated parameters and headers")
				}
				apitest.RunRepeats(t, start)
			})
		})
	}
}

func TestWebUI_IsTextWithPayload1(t *testing.T) {
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var result []byte
	f := newFunction(handler, "", nil)
	invoke := func(ctx context.Context, event []byte) ([]byte, error) {
		var err error
		result, err = f.Invoke(ctx, event)
		return result, err
	}
	for _, gateway := range gatewaytest.All() {
		r := newRequest(t, gateway, "/")
		r.Header.Set("Accept-Encoding", "gzip")
		got := gatewaytest.Do(t, gateway.Client(invoke), r)
		isText := !strings.Contains(string(result), `"isBase64Encoded":true`)
		if got.Status != http.StatusOK || isText != gateway.MayReturnBase64 ||
			!strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s: GET / with Accept-Encoding: gzip: got %d %v, body is text: %v, want %v",
				gateway.Name, got.Status, got.Header, isText, gateway.MayReturnBase64)
		}
	}
}

// openStore returns an empty store: a DynamoDB table, as in production, or a file if no
// DynamoDB-compatible server is configured.
func openStore(t *testing.T) store.Store {
	if os.Getenv("AWS_ENDPOINT_URL_DYNAMODB") == "" && os.Getenv("REQUIRE_DYNAMODB") == "" {
		return bolttest.Open(t)
	}
	return dynamotest.Open(t, 1)
}

// startBehind returns an apitest.Start that serves a new store behind the gateway.
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
		const margin = 500 * time.Millisecond // of the handler's deadline to Lambda's
		timeout := 2 * time.Minute
		if s.Timeout > 0 {
			timeout = s.Timeout + margin
		}
		f := newFunction(handler, "", slog.New(slog.DiscardHandler))
		return gateway.BaseURL(), gateway.Client(gatewaytest.InLambda(f.Invoke, timeout))
	}
}

func TestInvalidPath_Is400OfTheContract(t *testing.T) {
	for _, origin := range []string{"*", "https://links.example.com"} {
		handler, err := api.New(api.Config{CORSOrigin: origin})
		if err != nil {
			t.Fatal(err)
		}
		for _, gateway := range gatewaytest.All() {
			if gateway.DecodesPath {
				continue
			}
			client := gateway.Client(gatewaytest.InLambda(newFunction(handler, "", nil).Invoke, time.Minute))
			want := gatewaytest.Do(t, client, newRequest(t, gateway, "/link?limit=0"))
			// http.NewRequest would reject the path.
			r := newRequest(t, gateway, "")
			r.URL = &url.URL{Scheme: "https", Host: r.URL.Host, Opaque: r.URL.Path + "/link/%zz"}
			got := gatewaytest.Do(t, client, r)
			var body struct{ Error, Reference string }
			if err := json.Unmarshal([]byte(got.Body), &body); err != nil || !strings.Contains(body.Error, "%") ||
				body.Reference != got.Header.Get("X-Request-Id") || body.Reference == "" {
				t.Errorf("%s: GET /link/%%zz: got %d %s, want an error about %% and the request ID as Reference",
					gateway.Name, got.Status, got.Body)
			}
			for _, r := range []gatewaytest.Response{got, want} {
				r.Header.Del("X-Request-Id")
				r.Header.Del("Content-Length")
			}
			if got.Status != want.Status || !maps.EqualFunc(got.Header, want.Header, slices.Equal[[]string]) {
				t.Errorf("%s: GET /link/%%zz: got %d %v, want as for another 400 %d %v",
					gateway.Name, got.Status, got.Header, want.Status, want.Header)
			}
		}
	}
}

func TestLargeList_EndsAtLimitOfGateway(t *testing.T) {
	const linkLength = 8000
	s := bolttest.Open(t)
	batch := make([]link.Link, 600) // 4.8 MB
	for i := range batch {
		url := fmt.Sprintf("https://example.com/%d/", i)
		l, err := link.Parse(url + strings.Repeat("x", linkLength-len(url)))
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
		limit := 4_000_000
		if gateway.MaxResponse < limit {
			limit = 900_000
		}
		client := gateway.Client(gatewaytest.InLambda(newFunction(handler, "", nil).Invoke, time.Minute))
		got := gatewaytest.Do(t, client, newRequest(t, gateway, "/link"))
		escaped, err := json.Marshal(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		next := got.Header.Get("Link")
		if got.Status != 200 || len(escaped) > limit || len(escaped) < limit-2*linkLength || next == "" {
			t.Errorf("%s: GET /link: got %d, %d escaped bytes, Link %q, want 200, almost %d bytes and a next page",
				gateway.Name, got.Status, len(escaped), next, limit)
		}
	}
}

func TestRequestID_IsFromLambda(t *testing.T) {
	const id = "8f507cfc-xmpl"
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, gateway := range gatewaytest.All() {
		client := gateway.Client(func(ctx context.Context, event []byte) ([]byte, error) {
			return newFunction(handler, "", nil).Invoke(gatewaytest.WithRequestID(ctx, id), event)
		})
		got := gatewaytest.Do(t, client, newRequest(t, gateway, "/healthz"))
		if got.Status != 200 || got.Header.Get("X-Request-Id") != id {
			t.Errorf("%s: GET /healthz: got %d %v, want 200 and X-Request-Id %s",
				gateway.Name, got.Status, got.Header, id)
		}
	}
}

func TestBasePath_IsStripped(t *testing.T) {
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
		event := fmt.Sprintf(`{"version":"2.0","routeKey":"$default","rawPath":%q,"body":"[]","requestContext":
			{"domainName":"links.example.com","stage":"$default","http":{"method":%q}}}`, tc.path, tc.method)
		got, err := newFunction(handler, tc.basePath, nil).Invoke(t.Context(), []byte(event))
		if err != nil || !strings.Contains(string(got), fmt.Sprintf(`"statusCode":%d`, tc.status)) {
			t.Errorf("base path %q: %s %s: got %.200s, %v, want status %d",
				tc.basePath, tc.method, tc.path, got, err, tc.status)
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
