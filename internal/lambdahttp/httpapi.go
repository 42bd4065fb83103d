package lambdahttp

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
type functionURLEvent httpAPIEvent

// httpAPI1Event is an event of an HTTP API, payload 1.0: a REST API's, but for the path, which is as in payload 2.0.
type httpAPI1Event restAPIEvent

func (e httpAPIEvent) request(basePath string) (*http.Request, string, error) {
	_, template, _ := strings.Cut(e.RouteKey, " ") // $default has none
	c := e.RequestContext
	return e.requestAt(httpAPIPath(e.RawPath, template, e.PathParameters, c.DomainName, c.Stage, basePath))
}

func (e httpAPI1Event) request(basePath string) (*http.Request, string, error) {
	template := e.Resource
	if template == "$default" {
		template = ""
	}
	c := e.RequestContext
	return restAPIEvent(e).requestAt(httpAPIPath(e.Path, template, e.PathParameters, c.DomainName, c.Stage, basePath))
}

func (e functionURLEvent) request(string) (*http.Request, string, error) {
	return httpAPIEvent(e).requestAt(e.RawPath)
}

// httpAPIPath returns the encoded path below the stage or the base path.
// template is that of the route, or "" for the route $default.
func httpAPIPath(path, template string, parameters map[string]string, domain, stage, basePath string) string {
	below := path
	if template != "" {
		below = belowMount(path, template, parameters)
	}
	switch isOwn := strings.Contains(domain, ".execute-api."); {
	case below != path:
	case !isOwn: // at a custom domain, whose paths do not contain the stage
		if template == "" {
			below = stripPrefix(path, basePath)
		}
	case stage != "$default": // the only stage that is not in the path
		below = stripPrefix(path, "/"+stage)
	}
	return (&url.URL{Path: below}).EscapedPath()
}

// requestAt is the request to an encoded path.
func (e httpAPIEvent) requestAt(path string) (*http.Request, string, error) {
	event := events.APIGatewayV2HTTPRequest(e)
	event.RawPath = "/" // see receive
	r, err := new(core.RequestAccessorV2).EventToRequest(event)
	if err != nil {
		return nil, "", err
	}
	r.Method = e.RequestContext.HTTP.Method // the adapter's is in upper case
	// The adapter cuts most headers at their commas, so that Get sees a part of If-None-Match or Accept, and has the cookies
	// of a Function URL, which come in a header too, several times.
	r.Header = headerOf(e.Headers, nil)
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.RemoteAddr = remoteAddr(e.RequestContext.HTTP.SourceIP)
	return r, target(path, e.RawQueryString), nil
}

func (httpAPIEvent) maxPayload() int     { return maxPayload }
func (httpAPI1Event) maxPayload() int    { return maxPayload }
func (functionURLEvent) maxPayload() int { return maxPayload }

func (httpAPIEvent) collect() (http.ResponseWriter, func() (any, error)) {
	w := core.NewProxyResponseWriterV2()
	return w, func() (any, error) { return w.GetProxyResponse() }
}

func (e httpAPI1Event) collect() (http.ResponseWriter, func() (any, error)) {
	return restAPIEvent(e).collect()
}

func (e functionURLEvent) collect() (http.ResponseWriter, func() (any, error)) {
	return httpAPIEvent(e).collect()
}
