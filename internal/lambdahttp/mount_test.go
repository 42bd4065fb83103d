package lambdahttp

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

func TestTheMountIsTakenOffThePath(t *testing.T) {
	rest := func(resource, path, proxy string) events.APIGatewayProxyRequest {
		e := events.APIGatewayProxyRequest{Resource: resource, Path: path, HTTPMethod: "GET"}
		if proxy != "" {
			e.PathParameters = map[string]string{"proxy": proxy}
		}
		return e
	}
	http2 := func(route, stage, path, proxy string) events.APIGatewayV2HTTPRequest {
		e := events.APIGatewayV2HTTPRequest{Version: "2.0", RouteKey: route, RawPath: path}
		e.RequestContext.Stage, e.RequestContext.HTTP.Method = stage, "GET"
		e.RequestContext.DomainName = "abc.execute-api.eu-central-1.amazonaws.com"
		if proxy != "" {
			e.PathParameters = map[string]string{"proxy": proxy}
		}
		return e
	}
	custom := func(stage, path string) httpAPIEvent {
		e := http2("$default", stage, path, "")
		e.RequestContext.DomainName = "links.example.com"
		return httpAPIEvent(e)
	}
	customProxy := func(path, proxy string) httpAPIEvent {
		e := http2("ANY /{proxy+}", "$default", path, proxy)
		e.RequestContext.DomainName = "links.example.com"
		return httpAPIEvent(e)
	}
	http1 := func(resource, stage, path, proxy string) httpAPI1Event {
		e := rest(resource, path, proxy)
		e.RequestContext.Stage, e.RequestContext.DomainName = stage, "abc.execute-api.eu-central-1.amazonaws.com"
		return httpAPI1Event(e)
	}
	custom1 := func(path string) httpAPI1Event {
		e := http1("$default", "$default", path, "")
		e.RequestContext.DomainName = "links.example.com"
		return e
	}
	for _, tc := range []struct {
		name  string
		event event
		want  string
	}{
		{"a REST API at its own address", restAPIEvent(rest("/{proxy+}", "/link", "link")), "/link"},
		{"its root", restAPIEvent(rest("/", "/", "")), "/"},
		{"a slash at the end", restAPIEvent(rest("/{proxy+}", "/link/", "link")), "/link/"},
		{"a proxy with slashes around it", restAPIEvent(rest("/{proxy+}", "/link/", "/link/")), "/link/"},
		{"slashes in front", restAPIEvent(rest("/{proxy+}", "//link", "link")), "//link"},
		{"a custom domain's base path", restAPIEvent(rest("/{proxy+}", "/base/link", "link")), "/link"},
		{"a base path of two segments", restAPIEvent(rest("/{proxy+}", "/a/b/link/x", "link/x")), "/link/x"},
		{"a base path like the service's", restAPIEvent(rest("/{proxy+}", "/link/link", "link")), "/link"},
		{"a path like the base path twice", restAPIEvent(rest("/{proxy+}", "/link/link", "link/link")), "/link/link"},
		{"a path that begins like the base path", restAPIEvent(rest("/{proxy+}", "/basement/link", "basement/link")), "/basement/link"},
		{"an encoded proxy", restAPIEvent(rest("/{proxy+}", "/base/a%20b", "a%20b")), "/a%20b"},
		{"a decoded proxy", restAPIEvent(rest("/{proxy+}", "/base/a%2Fb", "a/b")), "/a%2Fb"},
		{"slashes behind the base path", restAPIEvent(rest("/{proxy+}", "/base//link", "link")), "//link"},
		{"the base path alone", restAPIEvent(rest("/", "/base", "")), "/"},
		{"the base path with a slash", restAPIEvent(rest("/", "/base/", "")), "/"},
		{"a resource above the proxy", restAPIEvent(rest("/v1/{proxy+}", "/v1/link", "link")), "/link"},
		{"both", restAPIEvent(rest("/v1/{proxy+}", "/base/v1/link", "link")), "/link"},
		{"no resource", restAPIEvent(rest("", "/base/link", "")), "/base/link"},
		{"no resource, and a slash at the end", restAPIEvent(rest("", "/link/", "")), "/link/"},
		{"a resource of its own", restAPIEvent(rest("/link", "/base/link", "")), "/link"},
		{"a resource with a parameter", restAPIEvent(rest("/link/{id}", "/base/link/x", "")), "/link/x"},
		{"a resource of its own without a base path", restAPIEvent(rest("/link", "/link", "")), "/link"},
		{"slashes in front of a resource of its own", restAPIEvent(rest("/link", "//link", "")), "//link"},
		{"a resource that is not in the path", restAPIEvent(rest("/link", "/base/x", "")), "/base/x"},
		{"a proxy that is not in the path", restAPIEvent(rest("/{proxy+}", "/link", "other")), "/link"},
		{"a proxy that is missing", restAPIEvent(rest("/{proxy+}", "/base/link", "")), "/base/link"},

		{"an HTTP API's default stage", httpAPIEvent(http2("$default", "$default", "/link", "")), "/link"},
		{"a path that begins with the default stage's name", httpAPIEvent(http2("$default", "$default", "/$default/link", "")), "/$default/link"},
		{"a named stage", httpAPIEvent(http2("$default", "live", "/live/link", "")), "/link"},
		{"a named stage alone", httpAPIEvent(http2("$default", "live", "/live", "")), "/"},
		{"a named stage and a slash", httpAPIEvent(http2("$default", "live", "/live/", "")), "/"},
		{"a path that begins like the stage", httpAPIEvent(http2("$default", "live", "/livelihood", "")), "/livelihood"},
		{"a custom domain, which has no stage in its paths", custom("link", "/link"), "/link"},
		{"the configured base path of a custom domain", custom("$default", "/a/b/link"), "/link"},
		{"the configured base path and a trailing slash", custom("$default", "/a/b/link/x/"), "/link/x/"},
		{"the configured base path alone", custom("$default", "/a/b"), "/"},
		{"the configured base path alone, with a slash", custom("$default", "/a/b/"), "/"},
		{"the configured base path twice", custom("$default", "/a/b/a/b"), "/a/b"},
		{"the configured base path, decoded", custom("$default", "/a/b/50%/a b"), "/50%25/a%20b"},
		{"a path that begins like the configured base path", custom("$default", "/a/basement"), "/a/basement"},
		{"a base path that is not the configured one", custom("$default", "/base/link"), "/base/link"},
		{"a path that ends like one of the service's", custom("$default", "/wp-admin/"), "/wp-admin/"},
		{"a base path that a route with a proxy shows", customProxy("/base/a/b", "a/b"), "/a/b"},
		{"a path like the configured base path, below a route with a proxy", customProxy("/a/b/link", "a/b/link"), "/a/b/link"},
		{"the configured base path at the API's own domain", httpAPIEvent(http2("$default", "$default", "/a/b/link", "")), "/a/b/link"},
		{"the configured base path in a REST API", restAPIEvent(rest("/{proxy+}", "/a/b/link", "a/b/link")), "/a/b/link"},
		{"the configured base path in a Function URL", functionURLEvent(http2("$default", "$default", "/a/b/link", "")), "/a/b/link"},
		{"the configured base path at an ALB", albEvent{HTTPMethod: "GET", Path: "/a/b/link"}, "/a/b/link"},
		{"a route with a proxy and a named stage", httpAPIEvent(http2("ANY /{proxy+}", "live", "/live/link", "link")), "/link"},
		{"a route with a proxy and a base path", httpAPIEvent(http2("ANY /{proxy+}", "$default", "/base/link", "link")), "/link"},
		{"a route that does not fit the path, and a named stage", httpAPIEvent(http2("ANY /{proxy+}", "live", "/live/link", "")), "/link"},
		{"a route above the proxy", httpAPIEvent(http2("ANY /v1/{proxy+}", "live", "/live/v1/link", "link")), "/link"},
		{"the root's route", httpAPIEvent(http2("ANY /", "live", "/live/", "")), "/"},
		{"a decoded path", httpAPIEvent(http2("ANY /{proxy+}", "live", "/live/50%/a b", "50%/a b")), "/50%25/a%20b"},

		{"payload 1.0 and the default stage", http1("$default", "$default", "/link", ""), "/link"},
		{"payload 1.0 and a named stage", http1("$default", "live", "/live/link", ""), "/link"},
		{"payload 1.0 and a named stage alone", http1("$default", "live", "/live", ""), "/"},
		{"payload 1.0 and a route with a proxy", http1("/{proxy+}", "live", "/live/link", "link"), "/link"},
		{"payload 1.0 and a configured base path", custom1("/a/b/link"), "/link"},
		{"payload 1.0 and another base path", custom1("/base/link"), "/base/link"},
		{"payload 1.0 and a decoded path", http1("$default", "live", "/live/50%/a b", ""), "/50%25/a%20b"},

		{"a Function URL", functionURLEvent(http2("$default", "$default", "/link", "")), "/link"},
		{"an ALB", albEvent{HTTPMethod: "GET", Path: "/link"}, "/link"},
		{"an empty path", albEvent{HTTPMethod: "GET", Path: ""}, "/"},
	} {
		_, target, err := tc.event.request("/a/b")
		if err != nil || target != tc.want {
			t.Errorf("%s: %s, %v, want %s", tc.name, target, err, tc.want)
		}
	}
}

func TestBasePath_IsNeverGuessed(t *testing.T) {
	for _, path := range []string{"/", "/base/link", "/wp-admin/", "/x/y/link", "//link"} {
		e := httpAPIEvent{Version: "2.0", RouteKey: "$default", RawPath: path}
		e.RequestContext.DomainName, e.RequestContext.HTTP.Method = "links.example.com", "GET"
		if _, target, err := e.request(""); err != nil || target != path {
			t.Errorf("%s without a base path: %s, %v", path, target, err)
		}
	}
}

func TestAPathThatDoesNotFitItsProxyIsReadOnce(t *testing.T) {
	// What is decoded at every slash allocates at every slash.
	path := strings.Repeat("/%41", 2000)
	parameters := map[string]string{"proxy": "other"}
	if n := testing.AllocsPerRun(1, func() { stripMount(path, "/{proxy+}", parameters) }); n > 10 {
		t.Errorf("a path of 2,000 segments is decoded %.0f times", n)
	}
}

func TestTheAdapterStripsABasePathWithoutABoundary(t *testing.T) {
	var accessor core.RequestAccessor
	accessor.StripBasePath("/api")
	r, err := accessor.EventToRequest(events.APIGatewayProxyRequest{HTTPMethod: http.MethodGet, Path: "/apix/link"})
	if err != nil || r.URL.Path == "/apix/link" {
		t.Errorf("it leaves %v, %v: stripMount can use it", r, err)
	}
}
