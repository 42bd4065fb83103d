package gatewaytest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// HTTPAPI returns an API Gateway HTTP API, payload 2.0, with a named stage, which
// stays in the path, and the route $default. It decodes the path and splits the
// Cookie header.
//
// A result without a status, which AWS would interpret as a body, is an error.
func HTTPAPI() Gateway {
	return Gateway{
		Name: "HTTP API", DecodesPath: true, domain: "abcdefghij.execute-api.us-east-1.amazonaws.com", stage: "/live",
		MaxRequest: 10 << 20, MaxResponse: lambdaPayload,
		event: httpAPIEvent, parse: parsePayload2,
		failure: failure{http.StatusInternalServerError, "application/json", `{"message":"Internal Server Error"}`},
	}
}

// HTTPAPIPayload1 returns the same HTTP API with payload 1.0: the event of a REST
// API, except that its path is decoded and contains the stage.
func HTTPAPIPayload1() Gateway {
	g := HTTPAPI()
	g.Name, g.event, g.parse = "HTTP API, payload 1.0", httpAPI1Event, parsePayload1
	g.MayReturnBase64 = true // emulators send the same events for a REST API
	return g
}

// FunctionURL returns the URL of a Lambda function, payload 2.0. The path is as it
// was sent, and the event also contains the Cookie header.
func FunctionURL() Gateway {
	return Gateway{
		Name: "Function URL", domain: "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws",
		MaxRequest: lambdaPayload, MaxResponse: lambdaPayload,
		event: functionURLEvent, parse: parsePayload2,
		failure: failure{http.StatusBadGateway, "application/json", `{"Message":"Internal Server Error"}`},
	}
}

type payload2 struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        map[string]any    `json:"requestContext"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

func httpAPIEvent(r request) (any, error) {
	path, err := url.PathUnescape("/live" + r.path)
	if err != nil {
		return nil, err
	}
	e := newPayload2(r, path, path, "live")
	delete(e.Headers, "cookie")
	return e, nil
}

func httpAPI1Event(r request) (any, error) {
	path, err := url.PathUnescape("/live" + r.path)
	if err != nil {
		return nil, err
	}
	event, err := restAPIEvent(r)
	if err != nil {
		return nil, err
	}
	e := event.(restAPI)
	e.Version, e.Resource, e.Path, e.PathParameters = "1.0", "$default", path, nil
	e.RequestContext["stage"], e.RequestContext["path"], e.RequestContext["resourcePath"] = "live", path, "$default"
	if e.Body != nil {
		body, isBase64 := textBody(r.header, r.body)
		e.Body, e.IsBase64Encoded = &body, isBase64
	}
	return e, nil
}

func functionURLEvent(r request) (any, error) {
	decoded, err := url.PathUnescape(r.path)
	if err != nil {
		decoded = r.path
	}
	e := newPayload2(r, r.path, decoded, "$default")
	e.RequestContext["accountId"] = "anonymous"
	return e, nil
}

func newPayload2(r request, path, contextPath, stage string) payload2 {
	query, _ := url.ParseQuery(r.query)
	domain := host(r.Request)
	prefix, _, _ := strings.Cut(domain, ".")
	e := payload2{
		Version: "2.0", RouteKey: "$default", RawPath: path, RawQueryString: r.query,
		Headers: joined(lowered(r.header)), QueryStringParameters: joined(query),
		RequestContext: map[string]any{
			"accountId": "123456789012", "apiId": prefix, "domainName": domain, "domainPrefix": prefix,
			"http": map[string]any{
				"method": r.Method, "path": contextPath, "protocol": "HTTP/1.1", "sourceIp": clientAddress,
				"userAgent": r.header.Get("User-Agent"),
			},
			"requestId": "JKJaXmPLvHcESHA=", "routeKey": "$default", "stage": stage,
			"time": "10/Mar/2020:05:16:23 +0000", "timeEpoch": 1583817383220,
		},
	}
	for _, cookie := range r.header.Values("Cookie") {
		e.Cookies = append(e.Cookies, strings.Split(cookie, "; ")...)
	}
	if len(r.body) > 0 {
		e.Body, e.IsBase64Encoded = textBody(r.header, r.body)
	}
	return e
}

func parsePayload2(data []byte) (response, error) {
	var result struct {
		StatusCode        *int              `json:"statusCode"`
		Headers           map[string]string `json:"headers"`
		MultiValueHeaders *struct{}         `json:"multiValueHeaders"` // payload 1.0 only; must be null or missing
		Body              string            `json:"body"`
		IsBase64Encoded   bool              `json:"isBase64Encoded"`
		Cookies           []string          `json:"cookies"`
	}
	if err := read(data, &result); err != nil {
		return response{}, err
	}
	if err := checkStatus(result.StatusCode); err != nil {
		return response{}, err
	}
	body, err := bytesOf(result.Body, result.IsBase64Encoded)
	if err != nil {
		return response{}, err
	}
	header := headerOf(result.Headers, nil)
	if header.Get("Set-Cookie") != "" {
		return response{}, errors.New("Set-Cookie in headers of the result; it belongs in cookies")
	}
	for _, cookie := range result.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	return response{*result.StatusCode, header, body}, nil
}
