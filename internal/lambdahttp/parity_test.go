package lambdahttp

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"testing"

	"links/internal/lambdahttp/gatewaytest"
)

// The gateways' names.
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

// request is what a case sends.
type request struct {
	method string // "" is GET
	target string // as sent; "" is /
	header http.Header
	body   string
}

// parityCases are requests to handlers, answered alike behind every gateway and by net/http's server.
var parityCases = []struct {
	name    string
	handler http.HandlerFunc // nil: echo
	request request

	// adapterDiffers are the gateways at which the adapter's own handlers answer otherwise: what the mends are for. When a
	// newer adapter does not, the test fails, and the mend can go.
	adapterDiffers []string
	// cannot are the gateways that lose what the case is about before a function sees it.
	cannot []string
}{
	{name: "a plain request", request: request{target: "/link"}},
	{name: "the host is the Host header's", handler: tells(func(r *http.Request) any { return r.Host }), adapterDiffers: []string{albMulti}},
	{name: "Host is not among the headers", handler: tells(func(r *http.Request) any { return r.Header["Host"] }), adapterDiffers: everyGateway},
	{name: "the URL has no host", handler: tells(func(r *http.Request) any { return r.URL.Scheme + r.URL.Host }), request: request{target: "//host/x"}, adapterDiffers: everyGateway},
	{name: "the client's address has a port", handler: tells(hasClientAddress), adapterDiffers: everyGateway},

	{name: "the first status counts", handler: statuses(200, 504), adapterDiffers: everyGateway},
	{name: "an informational status is not the answer's", handler: statuses(103), adapterDiffers: everyGateway},
	{name: "an informational status may come before the answer's", handler: statuses(103, 201)},
	{name: "a handler that says nothing has said 200", handler: statuses(), adapterDiffers: everyGateway},
	{name: "a status without a name", handler: statuses(299)},
	{name: "a header set after the status is dropped", handler: lateHeader, adapterDiffers: everyGateway},
	{name: "204 has no body", handler: bodyWith(204), adapterDiffers: everyGateway},
	{name: "304 has no body and no type", handler: bodyWith(304), adapterDiffers: everyGateway},
	{name: "HEAD has no body", handler: bodyWith(200), request: request{method: "HEAD"}, adapterDiffers: everyGateway},
	{name: "a binary body comes whole", handler: pieces("\x00\xff", "\xfe\x80")},
	{name: "the type is told by the first 512 bytes", handler: pieces("<!DOCTYPE ", "html><p>x"), adapterDiffers: everyGateway},
	{name: "the type of HEAD is that of GET", handler: pieces("<!DOCTYPE html>"), request: request{method: "HEAD"}, adapterDiffers: everyGateway},
	{name: "a handler that wants no type gets none", handler: noType, adapterDiffers: everyGateway},
	{name: "an encoded body tells no type", handler: encodedBody, adapterDiffers: everyGateway},
	{name: "the headers that are the server's", handler: serversHeaders, adapterDiffers: []string{restAPI}},
	{name: "several values of a header", handler: severalValues},

	{name: "an encoded slash", request: request{target: "/link/a%2Fb"}},
	{name: "an encoded question mark", request: request{target: "/link/a%3Fb=c?d=e"}, adapterDiffers: httpAPIs},
	{name: "an encoded number sign", request: request{target: "/link/a%23b?d=e"}, adapterDiffers: httpAPIs},
	{name: "an encoded percent sign", request: request{target: "/link/50%25"}, adapterDiffers: httpAPIs},
	{name: "a control character", request: request{target: "/link%00%0A"}, adapterDiffers: httpAPIs},
	{name: "a space and letters beyond ASCII", request: request{target: "/a%20b/%C3%A9%E6%97%A5"}},
	{name: "signs that a path may have", request: request{target: "/a+b:c@d!$&'()*,;=e~f"}},
	{name: "a path that begins like a host", request: request{target: "//host/x"}},
	{name: "slashes at the end", request: request{target: "/link//"}},
	{name: "dots", request: request{target: "/a/../%2e%2e/./b"}},
	{name: "a path that begins like the stage", request: request{target: "/product/livelihood"}},
	{name: "a path with the stage's name", request: request{target: "/live/prod"}},

	{name: "a repeated parameter", request: request{target: "/?a=2&a=1&b=0&a=3"}, cannot: []string{alb}},
	{name: "an escaped value", request: request{target: "/?a=b%26%3D%2B%20%C3%A9&%C3%A9=1"}, adapterDiffers: albs},
	{name: "a plus sign", request: request{target: "/?a=b+c%2Bd"}, adapterDiffers: albs},
	{name: "a bare semicolon", request: request{target: "/?a=b;c&d=e;f"}},
	{name: "an equals sign in a value", request: request{target: "/?a=b=c&d=="}},
	{name: "parameters without a value", request: request{target: "/?a&b=&=c&&d"}},
	{name: "a malformed escape in the query", request: request{target: "/?a=%zz"}, adapterDiffers: albs, cannot: []string{restAPI, httpAPI1}},
	{name: "an empty query", request: request{target: "/?"}},

	{name: "a header with commas", request: request{header: http.Header{
		"Accept": {"text/html, application/json;q=0.9"}, "If-None-Match": {`"a,b", W/"c"`}, "Range": {"bytes=0-1, 5-6"},
		"Date": {"Tue, 15 Nov 1994 08:12:31 GMT"}, "If-Modified-Since": {"Tue, 15 Nov 1994 08:12:31 GMT"},
	}}, adapterDiffers: payload2},
	{name: "cookies", request: request{header: http.Header{"Cookie": {"a=b; c=d"}}}, adapterDiffers: payload2},
	{name: "a header sent twice", request: request{header: http.Header{"X-Twice": {"a", "b"}}}, cannot: []string{alb}},
	{name: "Authorization sent twice, the first valid", handler: tells(isAuthorized), request: request{header: http.Header{"Authorization": {"Bearer a", "Bearer b"}}}},
	{name: "Authorization sent twice, the second valid", handler: tells(isAuthorized), request: request{header: http.Header{"Authorization": {"Bearer b", "Bearer a"}}}, cannot: []string{alb}},
	{name: "Authorization sent twice with one value", handler: tells(isAuthorized), request: request{header: http.Header{"Authorization": {"Bearer a", "Bearer a"}}}, cannot: []string{alb}},
	{name: "Authorization and authorization", handler: tells(isAuthorized), request: request{header: http.Header{"Authorization": {"Bearer b"}, "authorization": {"Bearer a"}}}, cannot: []string{alb}},
	{name: "Authorization with a comma", handler: tells(authorization), request: request{header: http.Header{"Authorization": {"Bearer a,b, c"}}}},
	{name: "an empty header", request: request{header: http.Header{"X-Empty": {""}}}},

	{name: "a body of text", request: request{method: "POST", body: "{\"link\":\"é\u2028\"}", header: http.Header{"Content-Type": {"application/json"}}}},
	{name: "a form", request: request{method: "POST", body: "a=b&c=d", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}},
	{name: "a body that is no text", request: request{method: "POST", body: "\x00\xff\xfe", header: http.Header{"Content-Type": {"application/json"}}}},
	{name: "a body without a type", request: request{method: "POST", body: "{}"}},
	{name: "an empty body", request: request{method: "POST"}},
	{name: "a method of one's own", request: request{method: "PURGE"}},
	{name: "a method in lower case", request: request{method: "get"}, adapterDiffers: everyGateway},
}

func TestEveryGatewayAnswersAsNetHTTPDoes(t *testing.T) {
	for _, tc := range parityCases {
		for _, gateway := range gatewaytest.All() {
			t.Run(tc.name+"/"+gateway.Name, func(t *testing.T) {
				if slices.Contains(tc.cannot, gateway.Name) {
					t.Skip("this gateway loses it, whatever the function does")
				}
				handler := tc.handler
				if handler == nil {
					handler = echo
				}
				want := overNetHTTP(t, handler, hostOf(gateway), tc.request)
				got := through(t, gateway, inLambda(newFunction(handler).Invoke, callTime), tc.request)
				if got != want {
					t.Errorf("net/http answers\n%s\nand behind this gateway it is\n%s", want, got)
				}
				bare := through(t, gateway, inLambda(bareAdapter(gateway, handler), callTime), tc.request)
				if differs := slices.Contains(tc.adapterDiffers, gateway.Name); differs != (bare != want) {
					t.Errorf("the adapter alone is said to differ: %v; it answers\n%s\nand net/http\n%s", differs, bare, want)
				}
			})
		}
	}
}

// tells answers with something of the request.
func tells(what func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, what(r)) }
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

func serversHeaders(w http.ResponseWriter, _ *http.Request) {
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
