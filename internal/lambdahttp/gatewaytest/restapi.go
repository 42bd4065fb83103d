package gatewaytest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// RESTAPI returns an API Gateway REST API, payload 1.0, with the stage prod, the
// resources / and /{proxy+}, and the binary media type */*.
//
// Three differences remain. AWS splits a query at an unescaped semicolon; here it is
// escaped first. AWS renames WWW-Authenticate to x-amzn-remapped-www-authenticate;
// here it keeps its name. AWS adds the Content-Type application/json to a response
// without one.
func RESTAPI() Gateway {
	return Gateway{
		Name: "REST API", domain: "1234567890.execute-api.us-east-1.amazonaws.com", stage: "/prod",
		MayReturnBase64: true, MaxRequest: 10 << 20, MaxResponse: lambdaPayload,
		event: restAPIEvent, parse: parseRESTAPI,
		failure: failure{http.StatusBadGateway, "application/json", `{"message": "Internal server error"}`},
	}
}

type restAPI struct {
	Version                         string              `json:"version,omitempty"` // HTTP API only
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  map[string]any      `json:"requestContext"`
	Body                            *string             `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

func restAPIEvent(r request) (any, error) {
	query, err := url.ParseQuery(strings.ReplaceAll(r.query, ";", "%3B"))
	if err != nil {
		return nil, err
	}
	if len(query) == 0 {
		query = nil
	}
	// Headers and path are as they were sent; the query is decoded.
	header := r.header.Clone()
	header.Del("Content-Length")
	e := restAPI{
		Resource: "/", Path: r.path, HTTPMethod: r.Method,
		Headers: last(header), MultiValueHeaders: header,
		QueryStringParameters: last(query), MultiValueQueryStringParameters: query,
	}
	if proxy := strings.Trim(r.path, "/"); proxy != "" {
		e.Resource, e.PathParameters = "/{proxy+}", map[string]string{"proxy": proxy}
	}
	if len(r.body) > 0 {
		body := base64.StdEncoding.EncodeToString(r.body)
		e.Body, e.IsBase64Encoded = &body, true
	}
	domain := host(r.Request)
	prefix, _, _ := strings.Cut(domain, ".")
	e.RequestContext = map[string]any{
		"resourceId": "abcdef", "resourcePath": e.Resource, "httpMethod": r.Method, "path": "/prod" + r.path,
		"requestTime": "10/Mar/2020:05:16:23 +0000", "requestTimeEpoch": 1583817383220,
		"accountId": "123456789012", "protocol": "HTTP/1.1", "stage": "prod",
		"domainName": domain, "domainPrefix": prefix,
		"requestId": "1234567890-xmpl", "extendedRequestId": "JKJaXmPLvHcESHA=",
		"apiId": "1234567890", "deploymentId": "abc123",
		"identity": map[string]any{
			"cognitoIdentityPoolId": nil, "accountId": nil, "cognitoIdentityId": nil, "caller": nil,
			"sourceIp": clientAddress, "principalOrgId": nil, "accessKey": nil,
			"cognitoAuthenticationType": nil, "cognitoAuthenticationProvider": nil,
			"userArn": nil, "userAgent": r.header.Get("User-Agent"), "user": nil,
		},
	}
	return e, nil
}

// remapped are the headers that a REST API renames.
var remapped = []string{"Connection", "Content-Length", "Date", "Server"}

func parseRESTAPI(data []byte) (response, error) {
	resp, err := parsePayload1(data)
	for _, name := range remapped {
		if values, ok := resp.header[name]; ok {
			delete(resp.header, name)
			resp.header["X-Amzn-Remapped-"+name] = values
		}
	}
	return resp, err
}

func parsePayload1(data []byte) (response, error) {
	var result struct {
		StatusCode        *int                `json:"statusCode"`
		Headers           map[string]string   `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
		Body              string              `json:"body"`
		IsBase64Encoded   bool                `json:"isBase64Encoded"`
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
	return response{*result.StatusCode, headerOf(result.Headers, result.MultiValueHeaders), body}, nil
}
