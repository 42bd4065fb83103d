package gatewaytest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"links/internal/lambdahttp/gatewaytest"
)

// valid contains a result that each gateway accepts.
var valid = map[string]string{
	"REST API": `{"statusCode":201,"headers":null,"multiValueHeaders":{"X-A":["b"],"Date":["now"]},"body":"c"}`,
	"HTTP API": `{"statusCode":201,"headers":{"X-A":"b"},"multiValueHeaders":null,"body":"c","cookies":[]}`,
	"HTTP API, payload 1.0": `{"statusCode":201,
		"headers":null,"multiValueHeaders":{"X-A":["b"]},"body":"c"}`,
	"Function URL": `{"statusCode":201,"headers":{"X-A":"b"},"body":"c","cookies":null}`,
	"ALB": `{"statusCode":201,"statusDescription":"201 Created",
		"headers":{"X-A":"b"},"multiValueHeaders":null,"body":"c"}`,
	"ALB with multi-value headers": `{"statusCode":201,"statusDescription":"201 Created",
		"headers":null,"multiValueHeaders":{"x-a":["b"]},"body":"c"}`,
}

// returning returns a function with this result.
func returning(result string) gatewaytest.Invoke {
	return func(context.Context, []byte) ([]byte, error) { return []byte(result), nil }
}

func get(t *testing.T, gateway gatewaytest.Gateway, invoke gatewaytest.Invoke) (*http.Response, string) {
	t.Helper()
	response, err := gateway.Client(invoke).Get(gateway.BaseURL() + "/link")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestGateway_ConvertsResult(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		got, body := get(t, gateway, returning(valid[gateway.Name]))
		if got.StatusCode != 201 || got.Header.Get("X-A") != "b" || body != "c" || got.Header.Get("Date") != "" {
			t.Errorf("%s: got %d %v %q, want 201, X-A: b and c", gateway.Name, got.StatusCode, got.Header, body)
		}
	}
	for _, gateway := range gatewaytest.All() {
		result := strings.Replace(valid[gateway.Name], `"c"`, `"/w==","isBase64Encoded":true`, 1)
		if got, body := get(t, gateway, returning(result)); got.StatusCode != 201 || body != "\xff" {
			t.Errorf("%s: base64 body: got %d %q, want 201 %q", gateway.Name, got.StatusCode, body, "\xff")
		}
	}
	got, _ := get(t, gatewaytest.RESTAPI(), returning(valid["REST API"]))
	if got.Header.Get("X-Amzn-Remapped-Date") != "now" {
		t.Errorf("REST API: got %v, want Date renamed", got.Header)
	}
}

func TestGateway_RejectsInvalidResults(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		good := valid[gateway.Name]
		replace := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
		results := []string{
			"", "null", "7", "{}", `{"body":"x"}`, good + good, replace("{", `{"more":1,`),
			replace("201", `"201"`), replace("201", "103"), replace("201", "0"),
			replace(`"b"`, "7"), replace(`"body":"`, `"body":{},"x":"`),
			replace(`"c"`, `"%","isBase64Encoded":true`), replace(`"c"`, `"`+strings.Repeat("c", 7<<20)+`"`),
		}
		switch gateway.Name {
		case "ALB":
			results = append(results, valid["ALB with multi-value headers"],
				replace("201 Created", "Created"), replace(`"c"`, `"`+strings.Repeat("c", 1_000_000)+`"`))
		case "ALB with multi-value headers":
			results = append(results, valid["ALB"])
		case "HTTP API", "Function URL":
			results = append(results, valid["REST API"], replace("X-A", "Set-Cookie"))
		}
		for _, result := range results {
			got, body := get(t, gateway, returning(result))
			if got.StatusCode < 500 || got.Header.Get("X-Gateway-Error") == "" || body == "" {
				t.Errorf("%s: result %.200s: got %d %v %.200s, want a 5xx with X-Gateway-Error",
					gateway.Name, result, got.StatusCode, got.Header, body)
			}
		}
		failing := func(context.Context, []byte) ([]byte, error) { return nil, errors.New("failed") }
		if got, _ := get(t, gateway, failing); got.StatusCode < 500 || got.Header.Get("X-Gateway-Error") != "failed" {
			t.Errorf("%s: failed function: got %d %v, want a 5xx with X-Gateway-Error: failed",
				gateway.Name, got.StatusCode, got.Header)
		}
	}
}

// The expected members are those of captured events. A key is the path of a member.
func TestEvent_EqualsCapturedEvent(t *testing.T) {
	want := map[string]map[string]any{
		"REST API": {
			"resource": "/{proxy+}", "path": "/a%20b/c%2Fd", "pathParameters proxy": "a%20b/c%2Fd",
			"httpMethod": "POST", "requestContext path": "/prod/a%20b/c%2Fd", "stageVariables": nil,
			"multiValueQueryStringParameters x": []any{"1", "2"}, "queryStringParameters x": "2",
			"multiValueQueryStringParameters y": []any{"a&b c+d"}, "queryStringParameters z": "",
			"multiValueHeaders X-Twice": []any{"a", "b"}, "headers X-Twice": "b", "headers Cookie": "m=n; o=p",
			"headers content-type": nil, "headers Content-Type": "application/json",
			"body": "e30=", "isBase64Encoded": true,
		},
		"HTTP API": {
			"version": "2.0", "rawPath": "/live/a b/c/d", "rawQueryString": "x=1&x=2&y=a%26b+c%2Bd&z",
			"requestContext http path": "/live/a b/c/d", "requestContext stage": "live",
			"queryStringParameters x": "1,2", "queryStringParameters y": "a&b c+d",
			"headers x-twice": "a,b", "headers cookie": nil, "multiValueHeaders": nil,
			"cookies": []any{"m=n", "o=p"}, "body": "{}", "isBase64Encoded": false,
		},
		"HTTP API, payload 1.0": {
			"version": "1.0", "resource": "$default", "path": "/live/a b/c/d", "httpMethod": "POST",
			"pathParameters": nil, "requestContext stage": "live",
			"multiValueQueryStringParameters x": []any{"1", "2"}, "multiValueHeaders X-Twice": []any{"a", "b"},
			"body": "{}", "isBase64Encoded": false,
		},
		"Function URL": {
			"version": "2.0", "rawPath": "/a%20b/c%2Fd",
			"requestContext http path": "/a b/c/d", "requestContext stage": "$default",
			"headers x-twice": "a,b", "headers cookie": "m=n; o=p", "cookies": []any{"m=n", "o=p"},
			"body": "{}", "isBase64Encoded": false,
		},
		"ALB": {
			"path": "/a%20b/c%2Fd", "queryStringParameters x": "2", "queryStringParameters y": "a%26b+c%2Bd",
			"queryStringParameters z": "", "multiValueQueryStringParameters": nil,
			"headers x-twice": "b", "headers cookie": "m=n; o=p", "multiValueHeaders": nil,
			"body": "{}", "isBase64Encoded": false,
		},
		"ALB with multi-value headers": {
			"path": "/a%20b/c%2Fd", "queryStringParameters": nil,
			"multiValueQueryStringParameters x": []any{"1", "2"},
			"multiValueQueryStringParameters y": []any{"a%26b+c%2Bd"},
			"multiValueHeaders x-twice":         []any{"a", "b"}, "headers": nil,
		},
	}
	for _, gateway := range gatewaytest.All() {
		var event any
		client := gateway.Client(func(_ context.Context, data []byte) ([]byte, error) {
			return []byte(valid[gateway.Name]), json.Unmarshal(data, &event)
		})
		url := gateway.BaseURL() + "/a%20b/c%2Fd?x=1&x=2&y=a%26b+c%2Bd&z"
		r, err := http.NewRequest("POST", url, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {"application/json"}, "X-Twice": {"a", "b"}, "Cookie": {"m=n; o=p"}}
		before := r.Header.Clone()
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if !reflect.DeepEqual(r.Header, before) {
			t.Errorf("%s: headers of the request after Do: got %v, want %v", gateway.Name, r.Header, before)
		}
		for path, value := range want[gateway.Name] {
			got := event
			for name := range strings.SplitSeq(path, " ") {
				object, _ := got.(map[string]any)
				got = object[name]
			}
			if !reflect.DeepEqual(got, value) {
				t.Errorf("%s: %s: got %#v, want %#v", gateway.Name, path, got, value)
			}
		}
	}
}

func TestEvent_BinaryBodyIsBase64(t *testing.T) {
	for contentType, body := range map[string]string{
		"": "{}", "application/x-www-form-urlencoded": "{}", "image/png": "{}", "application/json": "\xff",
	} {
		for _, gateway := range gatewaytest.All() {
			var event struct {
				Body            string `json:"body"`
				IsBase64Encoded bool   `json:"isBase64Encoded"`
			}
			client := gateway.Client(func(_ context.Context, data []byte) ([]byte, error) {
				return []byte(valid[gateway.Name]), json.Unmarshal(data, &event)
			})
			r, err := http.NewRequest("POST", gateway.BaseURL()+"/link", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if contentType != "" {
				r.Header.Set("Content-Type", contentType)
			}
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if !event.IsBase64Encoded || event.Body == body {
				t.Errorf("%s: body %q of type %q: got %q, base64 %v, want base64",
					gateway.Name, body, contentType, event.Body, event.IsBase64Encoded)
			}
		}
	}
}

func TestRoundTrip_CanceledClosesBody(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		ctx, cancel := context.WithCancel(t.Context())
		client := gateway.Client(func(ctx context.Context, _ []byte) ([]byte, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		})
		body := &closeRecorder{Reader: strings.NewReader("{}")}
		r, err := http.NewRequestWithContext(ctx, "POST", gateway.BaseURL()+"/link", body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(r)
		if err == nil {
			response.Body.Close()
		}
		if !errors.Is(err, context.Canceled) || !body.closed {
			t.Errorf("%s: Do with a canceled context: got %v, body closed: %v, want Canceled and a closed body",
				gateway.Name, err, body.closed)
		}
	}
}

type closeRecorder struct {
	io.Reader
	closed bool
}

func (c *closeRecorder) Close() error {
	c.closed = true
	return nil
}
