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

// good is an answer that each gateway accepts.
var good = map[string]string{
	"REST API":                     `{"statusCode":201,"headers":null,"multiValueHeaders":{"X-A":["b"],"Date":["now"]},"body":"c"}`,
	"HTTP API":                     `{"statusCode":201,"headers":{"X-A":"b"},"multiValueHeaders":null,"body":"c","cookies":[]}`,
	"HTTP API, payload 1.0":        `{"statusCode":201,"headers":null,"multiValueHeaders":{"X-A":["b"]},"body":"c"}`,
	"Function URL":                 `{"statusCode":201,"headers":{"X-A":"b"},"body":"c","cookies":null}`,
	"ALB":                          `{"statusCode":201,"statusDescription":"201 Created","headers":{"X-A":"b"},"multiValueHeaders":null,"body":"c"}`,
	"ALB with multi-value headers": `{"statusCode":201,"statusDescription":"201 Created","headers":null,"multiValueHeaders":{"x-a":["b"]},"body":"c"}`,
}

func answering(answer string) gatewaytest.Invoke {
	return func(context.Context, []byte) ([]byte, error) { return []byte(answer), nil }
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

func TestAGatewayShowsTheFunctionsAnswer(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		response, body := get(t, gateway, answering(good[gateway.Name]))
		if response.StatusCode != 201 || response.Header.Get("X-A") != "b" || body != "c" || response.Header.Get("Date") != "" {
			t.Errorf("%s: %d %v %q", gateway.Name, response.StatusCode, response.Header, body)
		}
	}
	for _, gateway := range gatewaytest.All() {
		answer := strings.Replace(good[gateway.Name], `"c"`, `"/w==","isBase64Encoded":true`, 1)
		if response, body := get(t, gateway, answering(answer)); response.StatusCode != 201 || body != "\xff" {
			t.Errorf("%s: base64 becomes %d %q", gateway.Name, response.StatusCode, body)
		}
	}
	if response, _ := get(t, gatewaytest.RESTAPI(), answering(good["REST API"])); response.Header.Get("X-Amzn-Remapped-Date") != "now" {
		t.Errorf("REST API: %v, want Date renamed", response.Header)
	}
}

func TestAGatewayRefusesAnswersThatAWSRefuses(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		answers := []string{
			"", "null", "7", "{}", `{"body":"x"}`, good[gateway.Name] + good[gateway.Name], strings.Replace(good[gateway.Name], "{", `{"more":1,`, 1),
			strings.Replace(good[gateway.Name], "201", `"201"`, 1), strings.Replace(good[gateway.Name], "201", "103", 1), strings.Replace(good[gateway.Name], "201", "0", 1),
			strings.Replace(good[gateway.Name], `"b"`, "7", 1), strings.Replace(good[gateway.Name], `"body":"`, `"body":{},"x":"`, 1),
			strings.Replace(good[gateway.Name], `"c"`, `"%","isBase64Encoded":true`, 1), strings.Replace(good[gateway.Name], `"c"`, `"`+strings.Repeat("c", 7<<20)+`"`, 1),
		}
		switch gateway.Name {
		case "ALB":
			answers = append(answers, good["ALB with multi-value headers"], strings.Replace(good[gateway.Name], "201 Created", "Created", 1), strings.Replace(good[gateway.Name], `"c"`, `"`+strings.Repeat("c", 1_000_000)+`"`, 1))
		case "ALB with multi-value headers":
			answers = append(answers, good["ALB"])
		case "HTTP API", "Function URL":
			answers = append(answers, good["REST API"], strings.Replace(good[gateway.Name], "X-A", "Set-Cookie", 1))
		}
		for _, answer := range answers {
			response, body := get(t, gateway, answering(answer))
			if response.StatusCode < 500 || response.Header.Get("X-Gateway-Error") == "" || body == "" {
				t.Errorf("%s: %.200s becomes %d %.200s", gateway.Name, answer, response.StatusCode, body)
			}
		}
		failing := func(context.Context, []byte) ([]byte, error) { return nil, errors.New("failed") }
		if response, _ := get(t, gateway, failing); response.StatusCode < 500 || response.Header.Get("X-Gateway-Error") != "failed" {
			t.Errorf("%s: a failed function becomes %d %v", gateway.Name, response.StatusCode, response.Header)
		}
	}
}

// What AWS sent for such a request in events that were captured, here as paths into the event.
func TestAnEventHasWhatAWSSends(t *testing.T) {
	want := map[string]map[string]any{
		"REST API": {
			"resource": "/{proxy+}", "path": "/a%20b/c%2Fd", "pathParameters proxy": "a%20b/c%2Fd", "httpMethod": "POST", "requestContext path": "/prod/a%20b/c%2Fd",
			"multiValueQueryStringParameters x": []any{"1", "2"}, "multiValueQueryStringParameters y": []any{"a&b c+d"}, "queryStringParameters x": "2",
			"queryStringParameters z": "", "multiValueHeaders X-Twice": []any{"a", "b"}, "headers X-Twice": "b", "headers Cookie": "m=n; o=p",
			"headers content-type": nil, "headers Content-Type": "application/json", "body": "e30=", "isBase64Encoded": true, "stageVariables": nil,
		},
		"HTTP API": {
			"version": "2.0", "rawPath": "/live/a b/c/d", "rawQueryString": "x=1&x=2&y=a%26b+c%2Bd&z", "requestContext http path": "/live/a b/c/d",
			"queryStringParameters x": "1,2", "queryStringParameters y": "a&b c+d", "headers x-twice": "a,b", "headers cookie": nil,
			"cookies": []any{"m=n", "o=p"}, "body": "{}", "isBase64Encoded": false, "requestContext stage": "live", "multiValueHeaders": nil,
		},
		"HTTP API, payload 1.0": {
			"version": "1.0", "resource": "$default", "path": "/live/a b/c/d", "httpMethod": "POST", "pathParameters": nil, "requestContext stage": "live",
			"multiValueQueryStringParameters x": []any{"1", "2"}, "multiValueHeaders X-Twice": []any{"a", "b"}, "body": "{}", "isBase64Encoded": false,
		},
		"Function URL": {
			"version": "2.0", "rawPath": "/a%20b/c%2Fd", "requestContext http path": "/a b/c/d", "headers cookie": "m=n; o=p", "cookies": []any{"m=n", "o=p"},
			"headers x-twice": "a,b", "requestContext stage": "$default", "body": "{}", "isBase64Encoded": false,
		},
		"ALB": {
			"path": "/a%20b/c%2Fd", "queryStringParameters x": "2", "queryStringParameters y": "a%26b+c%2Bd", "queryStringParameters z": "",
			"headers x-twice": "b", "headers cookie": "m=n; o=p", "multiValueHeaders": nil, "multiValueQueryStringParameters": nil, "body": "{}", "isBase64Encoded": false,
		},
		"ALB with multi-value headers": {
			"path": "/a%20b/c%2Fd", "multiValueQueryStringParameters x": []any{"1", "2"}, "multiValueQueryStringParameters y": []any{"a%26b+c%2Bd"},
			"multiValueHeaders x-twice": []any{"a", "b"}, "headers": nil, "queryStringParameters": nil,
		},
	}
	for _, gateway := range gatewaytest.All() {
		var event any
		client := gateway.Client(func(_ context.Context, data []byte) ([]byte, error) {
			return []byte(good[gateway.Name]), json.Unmarshal(data, &event)
		})
		r, err := http.NewRequest("POST", gateway.BaseURL()+"/a%20b/c%2Fd?x=1&x=2&y=a%26b+c%2Bd&z", strings.NewReader("{}"))
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
			t.Errorf("%s: the request's headers have become %v", gateway.Name, r.Header)
		}
		for path, value := range want[gateway.Name] {
			got := event
			for name := range strings.SplitSeq(path, " ") {
				object, _ := got.(map[string]any)
				got = object[name]
			}
			if !reflect.DeepEqual(got, value) {
				t.Errorf("%s: %s is %#v, want %#v", gateway.Name, path, got, value)
			}
		}
	}
}

func TestABodyThatIsNoTextIsBase64(t *testing.T) {
	for contentType, body := range map[string]string{
		"": "{}", "application/x-www-form-urlencoded": "{}", "image/png": "{}", "application/json": "\xff",
	} {
		for _, gateway := range gatewaytest.All() {
			var event struct {
				Body            string `json:"body"`
				IsBase64Encoded bool   `json:"isBase64Encoded"`
			}
			client := gateway.Client(func(_ context.Context, data []byte) ([]byte, error) {
				return []byte(good[gateway.Name]), json.Unmarshal(data, &event)
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
				t.Errorf("%s, %q: the body is %q, base64 %v", gateway.Name, contentType, event.Body, event.IsBase64Encoded)
			}
		}
	}
}

func TestARoundTripEndsWithItsContextAndClosesTheBody(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		ctx, cancel := context.WithCancel(t.Context())
		client := gateway.Client(func(ctx context.Context, _ []byte) ([]byte, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		})
		body := &closing{Reader: strings.NewReader("{}")}
		r, err := http.NewRequestWithContext(ctx, "POST", gateway.BaseURL()+"/link", body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(r)
		if err == nil {
			response.Body.Close()
		}
		if !errors.Is(err, context.Canceled) || !body.closed {
			t.Errorf("%s: %v, body closed: %v", gateway.Name, err, body.closed)
		}
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}
