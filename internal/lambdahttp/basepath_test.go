package lambdahttp

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

func TestRequest_StripsBasePathAndStage(t *testing.T) {
	rest := func(resource, path, proxy string) restAPIEvent {
		e := restAPIEvent{Resource: resource, Path: path, HTTPMethod: "GET"}
		if proxy != "" {
			e.PathParameters = map[string]string{"proxy": proxy}
		}
		return e
	}
	http2 := func(route, stage, path, proxy string) httpAPIEvent {
		e := httpAPIEvent{Version: "2.0", RouteKey: route, RawPath: path}
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
		return e
	}
	customProxy := func(path, proxy string) httpAPIEvent {
		e := http2("ANY /{proxy+}", "$default", path, proxy)
		e.RequestContext.DomainName = "links.example.com"
		return e
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
		{"REST API, default domain", rest("/{proxy+}", "/link", "link"), "/link"},
		{"REST API, root", rest("/", "/", ""), "/"},
		{"REST API, trailing slash", rest("/{proxy+}", "/link/", "link"), "/link/"},
		{"REST API, proxy in slashes", rest("/{proxy+}", "/link/", "/link/"), "/link/"},
		{"REST API, two leading slashes", rest("/{proxy+}", "//link", "link"), "//link"},
		{"REST API, base path", rest("/{proxy+}", "/base/link", "link"), "/link"},
		{"REST API, base path of two segments", rest("/{proxy+}", "/a/b/link/x", "link/x"), "/link/x"},
		{"REST API, base path equal to a path of the service", rest("/{proxy+}", "/link/link", "link"), "/link"},
		{"REST API, path with equal segments", rest("/{proxy+}", "/link/link", "link/link"), "/link/link"},
		{
			"REST API, path that begins like a base path",
			rest("/{proxy+}", "/basement/link", "basement/link"), "/basement/link",
		},
		{"REST API, encoded proxy", rest("/{proxy+}", "/base/a%20b", "a%20b"), "/a%20b"},
		{"REST API, decoded proxy", rest("/{proxy+}", "/base/a%2Fb", "a/b"), "/a%2Fb"},
		{"REST API, two slashes after the base path", rest("/{proxy+}", "/base//link", "link"), "//link"},
		{"REST API, only the base path", rest("/", "/base", ""), "/"},
		{"REST API, only the base path and a slash", rest("/", "/base/", ""), "/"},
		{"REST API, proxy below a resource", rest("/v1/{proxy+}", "/v1/link", "link"), "/link"},
		{"REST API, proxy below a resource, base path", rest("/v1/{proxy+}", "/base/v1/link", "link"), "/link"},
		{"REST API, no resource", rest("", "/base/link", ""), "/base/link"},
		{"REST API, no resource, trailing slash", rest("", "/link/", ""), "/link/"},
		{"REST API, fixed resource, base path", rest("/link", "/base/link", ""), "/link"},
		{"REST API, resource with a parameter, base path", rest("/link/{id}", "/base/link/x", ""), "/link/x"},
		{"REST API, fixed resource", rest("/link", "/link", ""), "/link"},
		{"REST API, fixed resource, two leading slashes", rest("/link", "//link", ""), "//link"},
		{"REST API, resource that does not match the path", rest("/link", "/base/x", ""), "/base/x"},
		{"REST API, proxy that does not match the path", rest("/{proxy+}", "/link", "other"), "/link"},
		{"REST API, missing proxy", rest("/{proxy+}", "/base/link", ""), "/base/link"},

		{"HTTP API, default stage", http2("$default", "$default", "/link", ""), "/link"},
		{
			"HTTP API, path that begins with $default",
			http2("$default", "$default", "/$default/link", ""), "/$default/link",
		},
		{"HTTP API, named stage", http2("$default", "live", "/live/link", ""), "/link"},
		{"HTTP API, only the named stage", http2("$default", "live", "/live", ""), "/"},
		{"HTTP API, only the named stage and a slash", http2("$default", "live", "/live/", ""), "/"},
		{"HTTP API, path that begins like the stage", http2("$default", "live", "/livelihood", ""), "/livelihood"},
		{"custom domain, path equal to the stage", custom("link", "/link"), "/link"},
		{"custom domain, base path", custom("$default", "/a/b/link"), "/link"},
		{"custom domain, base path, trailing slash", custom("$default", "/a/b/link/x/"), "/link/x/"},
		{"custom domain, only the base path", custom("$default", "/a/b"), "/"},
		{"custom domain, only the base path and a slash", custom("$default", "/a/b/"), "/"},
		{"custom domain, base path twice", custom("$default", "/a/b/a/b"), "/a/b"},
		{"custom domain, base path, decoded path", custom("$default", "/a/b/50%/a b"), "/50%25/a%20b"},
		{"custom domain, path that begins like the base path", custom("$default", "/a/basement"), "/a/basement"},
		{"custom domain, other base path", custom("$default", "/base/link"), "/base/link"},
		{"custom domain, unknown path", custom("$default", "/wp-admin/"), "/wp-admin/"},
		{"custom domain, route with a proxy, other base path", customProxy("/base/a/b", "a/b"), "/a/b"},
		{
			"custom domain, route with a proxy, base path in the proxy",
			customProxy("/a/b/link", "a/b/link"), "/a/b/link",
		},
		{
			"base path at the default domain of an HTTP API",
			http2("$default", "$default", "/a/b/link", ""), "/a/b/link",
		},
		{"base path in a REST API", rest("/{proxy+}", "/a/b/link", "a/b/link"), "/a/b/link"},
		{
			"base path in a function URL",
			functionURLEvent(http2("$default", "$default", "/a/b/link", "")), "/a/b/link",
		},
		{"base path at an ALB", albEvent{HTTPMethod: "GET", Path: "/a/b/link"}, "/a/b/link"},
		{"HTTP API, route with a proxy, named stage", http2("ANY /{proxy+}", "live", "/live/link", "link"), "/link"},
		{
			"HTTP API, route with a proxy, base path",
			http2("ANY /{proxy+}", "$default", "/base/link", "link"), "/link",
		},
		{"HTTP API, missing proxy, named stage", http2("ANY /{proxy+}", "live", "/live/link", ""), "/link"},
		{
			"HTTP API, route with a proxy below a segment",
			http2("ANY /v1/{proxy+}", "live", "/live/v1/link", "link"), "/link",
		},
		{"HTTP API, route of the root", http2("ANY /", "live", "/live/", ""), "/"},
		{"HTTP API, decoded path", http2("ANY /{proxy+}", "live", "/live/50%/a b", "50%/a b"), "/50%25/a%20b"},

		{"payload 1.0, default stage", http1("$default", "$default", "/link", ""), "/link"},
		{"payload 1.0, named stage", http1("$default", "live", "/live/link", ""), "/link"},
		{"payload 1.0, only the named stage", http1("$default", "live", "/live", ""), "/"},
		{"payload 1.0, route with a proxy", http1("/{proxy+}", "live", "/live/link", "link"), "/link"},
		{"payload 1.0, base path", custom1("/a/b/link"), "/link"},
		{"payload 1.0, other base path", custom1("/base/link"), "/base/link"},
		{"payload 1.0, decoded path", http1("$default", "live", "/live/50%/a b", ""), "/50%25/a%20b"},

		{"function URL", functionURLEvent(http2("$default", "$default", "/link", "")), "/link"},
		{"ALB", albEvent{HTTPMethod: "GET", Path: "/link"}, "/link"},
		{"ALB, empty path", albEvent{HTTPMethod: "GET", Path: ""}, "/"},
	} {
		_, target, err := tc.event.request("/a/b")
		if err != nil || target != tc.want {
			t.Errorf("%s: request: got target %s, %v, want %s", tc.name, target, err, tc.want)
		}
	}
}

func TestRequest_DoesNotGuessBasePath(t *testing.T) {
	for _, path := range []string{"/", "/base/link", "/wp-admin/", "/x/y/link", "//link"} {
		e := httpAPIEvent{Version: "2.0", RouteKey: "$default", RawPath: path}
		e.RequestContext.DomainName, e.RequestContext.HTTP.Method = "links.example.com", "GET"
		if _, target, err := e.request(""); err != nil || target != path {
			t.Errorf("request for %s without a base path: got target %s, %v, want %s", path, target, err, path)
		}
	}
}

func TestStripBasePath_RunsInLinearTime(t *testing.T) {
	// Decoding the path at every slash would allocate memory at every slash.
	path := strings.Repeat("/%41", 2000)
	parameters := map[string]string{"proxy": "other"}
	if n := testing.AllocsPerRun(1, func() { stripBasePath(path, "/{proxy+}", parameters) }); n > 10 {
		t.Errorf("stripBasePath of a path of 2,000 segments: got %.0f allocations, want at most 10", n)
	}
}

func TestAdapter_IgnoresSegmentBoundaries(t *testing.T) {
	var accessor core.RequestAccessor
	accessor.StripBasePath("/api")
	r, err := accessor.EventToRequest(events.APIGatewayProxyRequest{HTTPMethod: http.MethodGet, Path: "/apix/link"})
	if err != nil || r.URL.Path == "/apix/link" {
		t.Errorf("StripBasePath(/api) of /apix/link: got %v, %v; stripPrefix can be removed", r, err)
	}
}
