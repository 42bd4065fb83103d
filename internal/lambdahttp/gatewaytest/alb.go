package gatewaytest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// albLimit is the limit for the body of a request and for a result, in bytes.
const albLimit = 1_000_000

// ALB returns an Application Load Balancer whose target group has multi-value
// headers turned off. It passes on only the last value of a repeated header or query
// parameter.
func ALB() Gateway {
	return Gateway{
		Name: "ALB", LosesRepeats: true, domain: "links-1234567890.us-east-1.elb.amazonaws.com",
		MaxRequest: albLimit, MaxResponse: albLimit,
		event: albEvent, parse: parseALB, failure: albFailure,
	}
}

// ALBMultiValue returns an Application Load Balancer whose target group has
// multi-value headers turned on.
func ALBMultiValue() Gateway {
	g := ALB()
	g.LosesRepeats = false
	g.Name, g.event, g.parse = "ALB with multi-value headers", albMultiValueEvent, parseALBMultiValue
	return g
}

var albFailure = failure{
	http.StatusBadGateway, "text/html", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n" +
		"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
}

type alb struct {
	RequestContext                  map[string]any      `json:"requestContext"`
	HTTPMethod                      string              `json:"httpMethod"`
	Path                            string              `json:"path"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters,omitempty"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	Headers                         map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders,omitempty"`
	Body                            string              `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

// newALB returns the members that both modes share, and the query as it was sent.
func newALB(r request) (e alb, query map[string][]string) {
	e = alb{
		RequestContext: map[string]any{"elb": map[string]any{
			"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/links/49e9d65c45c6791a",
		}},
		HTTPMethod: r.Method, Path: r.path,
	}
	e.Body, e.IsBase64Encoded = textBody(r.header, r.body)
	query = map[string][]string{}
	for pair := range strings.SplitSeq(r.query, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			query[name] = append(query[name], value)
		}
	}
	return e, query
}

func albEvent(r request) (any, error) {
	e, query := newALB(r)
	e.Headers, e.QueryStringParameters = last(lowered(r.header)), last(query)
	return e, nil
}

func albMultiValueEvent(r request) (any, error) {
	e, query := newALB(r)
	e.MultiValueHeaders, e.MultiValueQueryStringParameters = lowered(r.header), query
	return e, nil
}

type albResult struct {
	StatusCode        *int                `json:"statusCode"`
	StatusDescription string              `json:"statusDescription"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

func parseALB(data []byte) (response, error) {
	return readALB(data, func(r albResult) bool { return r.Headers != nil && r.MultiValueHeaders == nil })
}

func parseALBMultiValue(data []byte) (response, error) {
	return readALB(data, func(r albResult) bool { return r.Headers == nil && r.MultiValueHeaders != nil })
}

func readALB(data []byte, shapeFits func(albResult) bool) (response, error) {
	var result albResult
	if err := read(data, &result); err != nil {
		return response{}, err
	}
	if err := checkStatus(result.StatusCode); err != nil {
		return response{}, err
	}
	if !shapeFits(result) {
		return response{}, errors.New("headers of the result for the other mode")
	}
	want := strings.TrimSpace(fmt.Sprint(*result.StatusCode, " ", http.StatusText(*result.StatusCode)))
	if strings.TrimSpace(result.StatusDescription) != want {
		return response{}, fmt.Errorf("statusDescription is %q, want %q", result.StatusDescription, want)
	}
	body, err := bytesOf(result.Body, result.IsBase64Encoded)
	if err != nil {
		return response{}, err
	}
	return response{*result.StatusCode, headerOf(result.Headers, result.MultiValueHeaders), body}, nil
}
