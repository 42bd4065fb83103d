package main

import (
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

// restAPIEvent is an event of an API Gateway REST API, payload 1.0. Its path is encoded and without the stage, its query
// decoded.
type restAPIEvent events.APIGatewayProxyRequest

func (e restAPIEvent) request() (*http.Request, string, error) {
	path := belowMount(e.Path, e.Resource, e.PathParameters)
	event := events.APIGatewayProxyRequest(e)
	event.Path = "/" // see receive
	r, err := new(core.RequestAccessor).EventToRequest(event)
	if err != nil {
		return nil, "", err
	}
	r.RemoteAddr = remoteAddr(e.RequestContext.Identity.SourceIP)
	return r, target(path, r.URL.RawQuery), nil
}

func (restAPIEvent) maxAnswer() int { return 0 }

func (restAPIEvent) collect() (http.ResponseWriter, func() (any, error)) {
	w := core.NewProxyResponseWriter()
	return w, func() (any, error) { return w.GetProxyResponse() }
}

// target is the request target of an encoded path and query.
func target(path, query string) string {
	if path == "" {
		path = "/"
	}
	if query != "" {
		path += "?" + query
	}
	return path
}
