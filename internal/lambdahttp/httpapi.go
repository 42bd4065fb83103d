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

// functionURLEvent is an event of a function URL. It has the same form, but its path
// is as it was sent and contains no stage.
type functionURLEvent httpAPIEvent

// httpAPI1Event is an event of an HTTP API, payload 1.0. It has the form of a REST
// API's event, but its path is as in payload 2.0.
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

// httpAPIPath returns the encoded path below the stage or the base path.
// template is that of the route, or "" for the route $default.
func httpAPIPath(path, template string, parameters map[string]string, domain, stage, basePath string) string {
	below := path
	if template != "" {
		below = stripMount(path, template, parameters)
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
