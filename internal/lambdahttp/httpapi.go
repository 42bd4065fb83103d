package lambdahttp

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

// httpAPIEvent is an event of an API Gateway HTTP API, payload 2.0. Its path is
// decoded and contains the stage. Its query is as it was sent.
type httpAPIEvent events.APIGatewayV2HTTPRequest

// functionURLEvent is an event of a function URL, payload 2.0. Its path is as it was
// sent and contains no stage.
type functionURLEvent httpAPIEvent

// httpAPI1Event is an event of an HTTP API, payload 1.0. It equals the event of a REST
// API, except that its path is decoded and contains the stage.
type httpAPI1Event restAPIEvent

func (e httpAPIEvent) request(basePath string) (*http.Request, string, error) {
	_, template, _ := strings.Cut(e.RouteKey, " ") // $default has no template
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

// httpAPIPath returns the encoded path without the stage or the base path. template is
// the path of the route, or empty for the route $default.
func httpAPIPath(path, template string, parameters map[string]string, domain, stage, basePath string) string {
	stripped := path
	if template != "" {
		stripped = stripBasePath(path, template, parameters)
	}
	switch isDefaultDomain := strings.Contains(domain, ".execute-api."); {
	case stripped != path:
	case !isDefaultDomain: // paths at a custom domain do not contain the stage
		if template == "" {
			stripped = stripPrefix(path, basePath)
		}
	case stage != "$default": // paths do not contain the stage $default
		stripped = stripPrefix(path, "/"+stage)
	}
	return (&url.URL{Path: stripped}).EscapedPath()
}

// requestAt returns the request for an encoded path.
func (e httpAPIEvent) requestAt(path string) (*http.Request, string, error) {
	event := events.APIGatewayV2HTTPRequest(e)
	event.RawPath = "/" // see fixRequest
	r, err := new(core.RequestAccessorV2).EventToRequest(event)
	if err != nil {
		return nil, "", err
	}
	r.Method = e.RequestContext.HTTP.Method // the adapter converts it to upper case
	// The adapter splits most headers at their commas, so Get would return a part of
	// If-None-Match or Accept. It also repeats the cookies of a function URL, which
	// arrive in a header too.
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

func (httpAPIEvent) newResponse() (http.ResponseWriter, func() (any, error)) {
	w := core.NewProxyResponseWriterV2()
	return w, func() (any, error) { return w.GetProxyResponse() }
}

func (e httpAPI1Event) newResponse() (http.ResponseWriter, func() (any, error)) {
	return restAPIEvent(e).newResponse()
}

func (e functionURLEvent) newResponse() (http.ResponseWriter, func() (any, error)) {
	return httpAPIEvent(e).newResponse()
}
