package lambdahttp

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"links/internal/lambdahttp/gatewaytest"
)

// Names of the gateways.
const (
	restAPI     = "REST API"
	httpAPI     = "HTTP API"
	httpAPI1    = "HTTP API, payload 1.0"
	functionURL = "Function URL"
	alb         = "ALB"
	albMulti    = "ALB with multi-value headers"
)

var (
	everyGateway = []string{restAPI, httpAPI, httpAPI1, functionURL, alb, albMulti}
	httpAPIs     = []string{httpAPI, httpAPI1}
	payload2     = []string{httpAPI, functionURL}
	albs         = []string{alb, albMulti}
)

// request is the request of a parity case.
type request struct {
	method string // empty for GET
	target string // as sent; empty for /
	header http.Header
	body   string
}

// parityCases are requests to which the response behind every gateway must equal that of
// net/http's server.
var parityCases = []struct {
	name    string
	handler http.HandlerFunc // nil for echo
	request request

	// adapterDiffers are the gateways for which the response of the adapter's own
	// handlers differs. If it no longer does, the test fails, and the workaround for it
	// can be removed.
	adapterDiffers []string
	// cannot are the gateways that do not pass on the subject of the case.
	cannot []string
}{
	{name: "a plain request", request: request{target: "/link"}},
	{
		name: "Host is the Host header", handler: respondWith(func(r *http.Request) any { return r.Host }),
		adapterDiffers: []string{albMulti},
	},
	{
		name:           "the headers do not contain Host",
		handler:        respondWith(func(r *http.Request) any { return r.Header["Host"] }),
		adapterDiffers: everyGateway,
	},
	{
		name: "the URL contains no host", request: request{target: "//host/x"},
		handler:        respondWith(func(r *http.Request) any { return r.URL.Scheme + r.URL.Host }),
		adapterDiffers: everyGateway,
	},
	{name: "RemoteAddr contains a port", handler: respondWith(hasClientAddress), adapterDiffers: everyGateway},

	{name: "the first status counts", handler: statuses(200, 504), adapterDiffers: everyGateway},
	{name: "an informational status alone", handler: statuses(103), adapterDiffers: everyGateway},
	{name: "an informational status before a final one", handler: statuses(103, 201)},
	{name: "a handler that writes nothing", handler: statuses(), adapterDiffers: everyGateway},
	{name: "a status without a name", handler: statuses(299)},
	{name: "a header set after the status is dropped", handler: lateHeader, adapterDiffers: everyGateway},
	{name: "204 has no body", handler: bodyWith(204), adapterDiffers: everyGateway},
	{name: "304 has no body and no type", handler: bodyWith(304), adapterDiffers: everyGateway},
	{
		name: "HEAD has no body", handler: bodyWith(200), request: request{method: "HEAD"},
		adapterDiffers: everyGateway,
	},
	{name: "a binary body", handler: pieces("\x00\xff", "\xfe\x80")},
	{
		name: "the type is detected from the first 512 bytes", handler: pieces("<!DOCTYPE ", "html><p>x"),
		adapterDiffers: everyGateway,
	},
	{
		name: "the type of HEAD is that of GET", handler: pieces("<!DOCTYPE html>"),
		request: request{method: "HEAD"}, adapterDiffers: everyGateway,
	},
	{name: "a nil Content-Type disables the detection", handler: noType, adapterDiffers: everyGateway},
	{name: "the type of an encoded body is not detected", handler: encodedBody, adapterDiffers: everyGateway},
	{name: "headers that the server sets", handler: serverHeaders, adapterDiffers: []string{restAPI}},
	{name: "several values of a header", handler: severalValues},

	{name: "an encoded slash", request: request{target: "/link/a%2Fb"}},
	{name: "an encoded question mark", request: request{target: "/link/a%3Fb=c?d=e"}, adapterDiffers: httpAPIs},
	{name: "an encoded number sign", request: request{target: "/link/a%23b?d=e"}, adapterDiffers: httpAPIs},
	{name: "an encoded percent sign", request: request{target: "/link/50%25"}, adapterDiffers: httpAPIs},
	{name: "a control character", request: request{target: "/link%00%0A"}, adapterDiffers: httpAPIs},
	{name: "a space and non-ASCII letters", request: request{target: "/a%20b/%C3%A9%E6%97%A5"}},
	{name: "unescaped characters of a path", request: request{target: "/a+b:c@d!$&'()*,;=e~f"}},
	{name: "a path that begins with two slashes", request: request{target: "//host/x"}},
	{name: "trailing slashes", request: request{target: "/link//"}},
	{name: "dots", request: request{target: "/a/../%2e%2e/./b"}},
	{name: "segments that begin with the name of a stage", request: request{target: "/product/livelihood"}},
	{name: "segments that are the name of a stage", request: request{target: "/live/prod"}},

	{name: "a repeated parameter", request: request{target: "/?a=2&a=1&b=0&a=3"}, cannot: []string{alb}},
	{name: "an escaped value", request: request{target: "/?a=b%26%3D%2B%20%C3%A9&%C3%A9=1"}, adapterDiffers: albs},
	{name: "a plus sign", request: request{target: "/?a=b+c%2Bd"}, adapterDiffers: albs},
	{name: "an unescaped semicolon", request: request{target: "/?a=b;c&d=e;f"}},
	{name: "an equals sign in a value", request: request{target: "/?a=b=c&d=="}},
	{name: "parameters without a value", request: request{target: "/?a&b=&=c&&d"}},
	{
		name: "an invalid escape in the query", request: request{target: "/?a=%zz"},
		adapterDiffers: albs, cannot: []string{restAPI, httpAPI1},
	},
	{name: "an empty query", request: request{target: "/?"}},

	{name: "a header with commas", request: request{header: http.Header{
		"Accept":            {"text/html, application/json;q=0.9"},
		"If-None-Match":     {`"a,b", W/"c"`},
		"Range":             {"bytes=0-1, 5-6"},
		"Date":              {"Tue, 15 Nov 1994 08:12:31 GMT"},
		"If-Modified-Since": {"Tue, 15 Nov 1994 08:12:31 GMT"},
	}}, adapterDiffers: payload2},
	{name: "cookies", request: request{header: http.Header{"Cookie": {"a=b; c=d"}}}, adapterDiffers: payload2},
	{name: "a repeated header", request: request{header: http.Header{"X-Twice": {"a", "b"}}}, cannot: []string{alb}},
	{
		name: "Authorization sent twice, the first valid", handler: respondWith(isAuthorized),
		request: request{header: http.Header{"Authorization": {"Bearer a", "Bearer b"}}},
	},
	{
		name: "Authorization sent twice, the second valid", handler: respondWith(isAuthorized),
		request: request{header: http.Header{"Authorization": {"Bearer b", "Bearer a"}}}, cannot: []string{alb},
	},
	{
		name: "Authorization sent twice with one value", handler: respondWith(isAuthorized),
		request: request{header: http.Header{"Authorization": {"Bearer a", "Bearer a"}}}, cannot: []string{alb},
	},
	{
		name: "Authorization and authorization", handler: respondWith(isAuthorized),
		request: request{header: http.Header{"Authorization": {"Bearer b"}, "authorization": {"Bearer a"}}},
		cannot:  []string{alb},
	},
	{
		name: "Authorization with a comma", handler: respondWith(authorization),
		request: request{header: http.Header{"Authorization": {"Bearer a,b, c"}}},
	},
	{name: "an empty header", request: request{header: http.Header{"X-Empty": {""}}}},

	{name: "a text body", request: request{
		method: "POST", body: "{\"link\":\"é\u2028\"}", header: http.Header{"Content-Type": {"application/json"}},
	}},
	{name: "a form", request: request{
		method: "POST", body: "a=b&c=d", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	}},
	{name: "a binary body with a text type", request: request{
		method: "POST", body: "\x00\xff\xfe", header: http.Header{"Content-Type": {"application/json"}},
	}},
	{name: "a body without a type", request: request{method: "POST", body: "{}"}},
	{name: "an empty body", request: request{method: "POST"}},
	{name: "a custom method", request: request{method: "PURGE"}},
	{name: "a method in lower case", request: request{method: "get"}, adapterDiffers: everyGateway},
}

func TestFunction_RespondsLikeNetHTTP(t *testing.T) {
	for _, tc := range parityCases {
		for _, gateway := range gatewaytest.All() {
			t.Run(tc.name+"/"+gateway.Name, func(t *testing.T) {
				if slices.Contains(tc.cannot, gateway.Name) {
					t.Skip("this gateway does not pass it on")
				}
				handler := tc.handler
				if handler == nil {
					handler = echo
				}
				want := sendToNetHTTP(t, handler, hostOf(gateway), tc.request)
				function := gatewaytest.InLambda(newFunction(handler).Invoke, time.Minute)
				got := sendToGateway(t, gateway, function, tc.request)
				if got != want {
					t.Errorf("response of Function: got\n%s\nwant as net/http\n%s", got, want)
				}
				adapter := gatewaytest.InLambda(bareAdapter(gateway, handler), time.Minute)
				got = sendToGateway(t, gateway, adapter, tc.request)
				if differs := slices.Contains(tc.adapterDiffers, gateway.Name); differs != (got != want) {
					t.Errorf("response of the adapter: got\n%s\nnet/http:\n%s\nwant them to differ: %v",
						got, want, differs)
				}
			})
		}
	}
}

// respondWith returns a handler that responds with a value of the request.
func respondWith(value func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, value(r)) }
}

// isAuthorized reports whether the request contains exactly one Authorization
// header, with the token a.
func isAuthorized(r *http.Request) any {
	return slices.Equal(r.Header.Values("Authorization"), []string{"Bearer a"})
}

func authorization(r *http.Request) any { return fmt.Sprintf("%q", r.Header.Values("Authorization")) }

func hasClientAddress(r *http.Request) any {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && (address.Addr().IsLoopback() || address.Addr() == netip.MustParseAddr("203.0.113.7"))
}

func statuses(codes ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, code := range codes {
			w.WriteHeader(code)
		}
	}
}

func lateHeader(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Early", "a")
	w.WriteHeader(http.StatusAccepted)
	w.Header()["X-Early"][0] = "b"
	w.Header().Set("X-Late", "c")
	_, _ = w.Write([]byte("x"))
	w.Header().Set("Content-Type", "image/png")
}

func bodyWith(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("a body"))
	}
}

func pieces(body ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, piece := range body {
			_, _ = w.Write([]byte(piece))
		}
	}
}

func noType(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = nil
	_, _ = w.Write([]byte("x"))
}

func encodedBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "br")
	_, _ = w.Write([]byte("<!DOCTYPE html>"))
}

func serverHeaders(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", "1")
	w.Header().Set("Date", "Tue, 15 Nov 1994 08:12:31 GMT")
	w.Header().Set("Connection", "close")
	_, _ = w.Write([]byte("x"))
}

func severalValues(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Add("Vary", "Origin")
	w.Header().Add("Vary", "Accept")
	_, _ = w.Write([]byte("x"))
}
