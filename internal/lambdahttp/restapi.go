package lambdahttp

import (
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

// restAPIEvent is an event of an API Gateway REST API, payload 1.0. Its path is encoded and without the stage, its query
// decoded.
type restAPIEvent events.APIGatewayProxyRequest

func (e restAPIEvent) request(string) (*http.Request, string, error) {
	path := e.Path
	if e.Resource != "" { // which events that were made by hand often lack
		path = belowMount(path, e.Resource, e.PathParameters)
	}
	return e.requestAt(path)
}

// requestAt is the request to an encoded path.
func (e restAPIEvent) requestAt(path string) (*http.Request, string, error) {
	event := events.APIGatewayProxyRequest(e)
	event.Path = "/" // see receive
	r, err := new(core.RequestAccessor).EventToRequest(event)
	if err != nil {
		return nil, "", err
	}
	r.Method = e.HTTPMethod // the adapter's is in upper case
	r.Header = headerOf(e.Headers, e.MultiValueHeaders)
	r.RemoteAddr = remoteAddr(e.RequestContext.Identity.SourceIP)
	return r, target(path, r.URL.RawQuery), nil
}

func (restAPIEvent) maxPayload() int { return maxPayload }

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
