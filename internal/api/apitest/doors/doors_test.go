package doors_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"links/internal/api/apitest/doors"
)

// good is an answer that each door accepts.
var good = map[string]string{
	"REST API":                     `{"statusCode":201,"headers":null,"multiValueHeaders":{"X-A":["b"],"Date":["now"]},"body":"c"}`,
	"HTTP API":                     `{"statusCode":201,"headers":{"X-A":"b"},"multiValueHeaders":null,"body":"c","cookies":[]}`,
	"Function URL":                 `{"statusCode":201,"headers":{"X-A":"b"},"body":"c","cookies":null}`,
	"ALB":                          `{"statusCode":201,"statusDescription":"201 Created","headers":{"X-A":"b"},"multiValueHeaders":null,"body":"c"}`,
	"ALB with multi-value headers": `{"statusCode":201,"statusDescription":"201 Created","headers":null,"multiValueHeaders":{"x-a":["b"]},"body":"c"}`,
}

func answering(answer string) doors.Invoke {
	return func(context.Context, []byte) ([]byte, error) { return []byte(answer), nil }
}

func get(t *testing.T, door doors.Door, invoke doors.Invoke) (*http.Response, string) {
	t.Helper()
	response, err := door.Client(invoke).Get(door.BaseURL() + "/link")
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

func TestADoorShowsTheFunctionsAnswer(t *testing.T) {
	for _, door := range doors.All() {
		response, body := get(t, door, answering(good[door.Name]))
		if response.StatusCode != 201 || response.Header.Get("X-A") != "b" || body != "c" || response.Header.Get("Date") != "" {
			t.Errorf("%s: %d %v %q", door.Name, response.StatusCode, response.Header, body)
		}
	}
	for _, door := range doors.All() {
		answer := strings.Replace(good[door.Name], `"c"`, `"/w==","isBase64Encoded":true`, 1)
		if response, body := get(t, door, answering(answer)); response.StatusCode != 201 || body != "\xff" {
			t.Errorf("%s: base64 becomes %d %q", door.Name, response.StatusCode, body)
		}
	}
	if response, _ := get(t, doors.RESTAPI(), answering(good["REST API"])); response.Header.Get("X-Amzn-Remapped-Date") != "now" {
		t.Errorf("REST API: %v, want Date renamed", response.Header)
	}
}

func TestADoorRefusesAnswersThatAWSRefuses(t *testing.T) {
	for _, door := range doors.All() {
		answers := []string{
			"", "null", "7", "{}", `{"body":"x"}`, good[door.Name] + good[door.Name], strings.Replace(good[door.Name], "{", `{"more":1,`, 1),
			strings.Replace(good[door.Name], "201", `"201"`, 1), strings.Replace(good[door.Name], "201", "103", 1), strings.Replace(good[door.Name], "201", "0", 1),
			strings.Replace(good[door.Name], `"b"`, "7", 1), strings.Replace(good[door.Name], `"body":"`, `"body":{},"x":"`, 1),
			strings.Replace(good[door.Name], `"c"`, `"%","isBase64Encoded":true`, 1), strings.Replace(good[door.Name], `"c"`, `"`+strings.Repeat("c", 7<<20)+`"`, 1),
		}
		switch door.Name {
		case "ALB":
			answers = append(answers, good["ALB with multi-value headers"], strings.Replace(good[door.Name], "201 Created", "Created", 1), strings.Replace(good[door.Name], `"c"`, `"`+strings.Repeat("c", 1_000_000)+`"`, 1))
		case "ALB with multi-value headers":
			answers = append(answers, good["ALB"])
		case "HTTP API", "Function URL":
			answers = append(answers, good["REST API"], strings.Replace(good[door.Name], "X-A", "Set-Cookie", 1))
		}
		for _, answer := range answers {
			response, body := get(t, door, answering(answer))
			if response.StatusCode < 500 || response.Header.Get("X-Door-Error") == "" || body == "" {
				t.Errorf("%s: %.200s becomes %d %.200s", door.Name, answer, response.StatusCode, body)
			}
		}
		failing := func(context.Context, []byte) ([]byte, error) { return nil, errors.New("failed") }
		if response, _ := get(t, door, failing); response.StatusCode < 500 || response.Header.Get("X-Door-Error") != "failed" {
			t.Errorf("%s: a failed function becomes %d %v", door.Name, response.StatusCode, response.Header)
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
	for _, door := range doors.All() {
		var event any
		client := door.Client(func(_ context.Context, data []byte) ([]byte, error) {
			return []byte(good[door.Name]), json.Unmarshal(data, &event)
		})
		r, err := http.NewRequest("POST", door.BaseURL()+"/a%20b/c%2Fd?x=1&x=2&y=a%26b+c%2Bd&z", strings.NewReader("{}"))
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
			t.Errorf("%s: the request's headers have become %v", door.Name, r.Header)
		}
		for path, value := range want[door.Name] {
			got := event
			for name := range strings.SplitSeq(path, " ") {
				object, _ := got.(map[string]any)
				got = object[name]
			}
			if !reflect.DeepEqual(got, value) {
				t.Errorf("%s: %s is %#v, want %#v", door.Name, path, got, value)
			}
		}
	}
}

func TestABodyThatIsNoTextIsBase64(t *testing.T) {
	for contentType, body := range map[string]string{
		"": "{}", "application/x-www-form-urlencoded": "{}", "image/png": "{}", "application/json": "\xff",
	} {
		for _, door := range doors.All() {
			var event struct {
				Body            string `json:"body"`
				IsBase64Encoded bool   `json:"isBase64Encoded"`
			}
			client := door.Client(func(_ context.Context, data []byte) ([]byte, error) {
				return []byte(good[door.Name]), json.Unmarshal(data, &event)
			})
			r, err := http.NewRequest("POST", door.BaseURL()+"/link", strings.NewReader(body))
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
				t.Errorf("%s, %q: the body is %q, base64 %v", door.Name, contentType, event.Body, event.IsBase64Encoded)
			}
		}
	}
}

func TestARoundTripEndsWithItsContextAndClosesTheBody(t *testing.T) {
	for _, door := range doors.All() {
		ctx, cancel := context.WithCancel(t.Context())
		client := door.Client(func(ctx context.Context, _ []byte) ([]byte, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		})
		body := &closing{Reader: strings.NewReader("{}")}
		r, err := http.NewRequestWithContext(ctx, "POST", door.BaseURL()+"/link", body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(r)
		if err == nil {
			response.Body.Close()
		}
		if !errors.Is(err, context.Canceled) || !body.closed {
			t.Errorf("%s: %v, body closed: %v", door.Name, err, body.closed)
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
