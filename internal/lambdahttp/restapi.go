package lambdahttp

import (
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

// restAPIEvent is an event of an API Gateway REST API, payload 1.0. Its path is
// encoded and does not contain the stage. Its query is decoded.
type restAPIEvent events.APIGatewayProxyRequest

func (e restAPIEvent) request(string) (*http.Request, string, error) {
	path := e.Path
	if e.Resource != "" { // often missing in hand-made events
		path = stripBasePath(path, e.Resource, e.PathParameters)
	}
	return e.requestAt(path)
}

// requestAt returns the request for an encoded path.
func (e restAPIEvent) requestAt(path string) (*http.Request, string, error) {
	event := events.APIGatewayProxyRequest(e)
	event.Path = "/" // see fixRequest
	r, err := new(core.RequestAccessor).EventToRequest(event)
	if err != nil {
		return nil, "", err
	}
	r.Method = e.HTTPMethod // the adapter converts it to upper case
	r.Header = headerOf(e.Headers, e.MultiValueHeaders)
	// A REST API without a matching binary media type returns a base64 body as text, so
	// the handler must not compress. The gateway can compress (minimumCompressionSize).
	// An HTTP API decodes base64, but emulators send its events for a REST API.
	r.Header.Del("Accept-Encoding")
	r.RemoteAddr = remoteAddr(e.RequestContext.Identity.SourceIP)
	return r, target(path, r.URL.RawQuery), nil
}

func (restAPIEvent) maxPayload() int { return maxPayload }

func (restAPIEvent) newResponse() (http.ResponseWriter, func() (any, error)) {
	w := core.NewProxyResponseWriter()
	return w, func() (any, error) { return w.GetProxyResponse() }
}

// target returns the request target with an encoded path and a query.
func target(path, query string) string {
	if path == "" {
		path = "/"
	}
	if query != "" {
		path += "?" + query
	}
	return path
}
