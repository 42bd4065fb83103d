package main

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

// httpAPIEvent is an event of an API Gateway HTTP API, payload 2.0. Its path is decoded and has the stage, its query is as it
// was sent.
type httpAPIEvent events.APIGatewayV2HTTPRequest

// functionURLEvent is an event of a Function URL, which has the same form, but a path as it was sent, and no stage.
type functionURLEvent struct{ httpAPIEvent }

func (e httpAPIEvent) request() (*http.Request, string, error) {
	path := e.RawPath
	if _, template, ok := strings.Cut(e.RouteKey, " "); ok {
		path = belowMount(path, template, e.PathParameters)
	}
	// The path has the stage, unless it is one of a custom domain.
	domain := e.RequestContext.DomainName
	if path == e.RawPath && (domain == "" || strings.Contains(domain, ".execute-api.")) {
		path = belowStage(path, e.RequestContext.Stage)
	}
	return e.requestAt((&url.URL{Path: path}).EscapedPath())
}

func (e functionURLEvent) request() (*http.Request, string, error) { return e.requestAt(e.RawPath) }

func (e httpAPIEvent) requestAt(path string) (*http.Request, string, error) {
	event := events.APIGatewayV2HTTPRequest(e)
	event.RawPath = "/" // see receive
	r, err := new(core.RequestAccessorV2).EventToRequest(event)
	if err != nil {
		return nil, "", err
	}
	// The adapter cuts most headers at their commas, so that Get sees a part of If-None-Match or Accept, and has the cookies
	// of a Function URL, which come in a header too, several times.
	for name, value := range e.Headers {
		r.Header.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.RemoteAddr = remoteAddr(e.RequestContext.HTTP.SourceIP)
	return r, target(path, e.RawQueryString), nil
}

func (httpAPIEvent) maxAnswer() int { return 0 }

func (httpAPIEvent) collect() (http.ResponseWriter, func() (any, error)) {
	w := core.NewProxyResponseWriterV2()
	return w, func() (any, error) { return w.GetProxyResponse() }
}
