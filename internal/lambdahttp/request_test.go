package lambdahttp

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"links/internal/lambdahttp/gatewaytest"
)

// newInvalidRequest returns a request for /link/%zz, which http.NewRequest rejects.
func newInvalidRequest(t *testing.T, gateway gatewaytest.Gateway, method string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, gateway.BaseURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = &url.URL{Scheme: "https", Host: r.URL.Host, Opaque: r.URL.Path + "/link/%zz"}
	return r
}

func TestInvalidPath_Is400(t *testing.T) {
	teapot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, gateway := range gatewaytest.All() {
		if gateway.DecodesPath {
			continue
		}
		f := newFunction(http.HandlerFunc(echo))
		got := gatewaytest.Do(t, gateway.Client(f.Invoke), newInvalidRequest(t, gateway, "GET"))
		contentType := got.Header.Get("Content-Type")
		if got.Status != 400 || got.Body != "400 Bad Request" || contentType != "text/plain; charset=utf-8" {
			t.Errorf("%s: GET /link/%%zz: got %d %s %q, want the 400 of net/http",
				gateway.Name, got.Status, contentType, got.Body)
		}
		f.BadRequest = teapot
		got = gatewaytest.Do(t, gateway.Client(f.Invoke), newInvalidRequest(t, gateway, "HEAD"))
		if got.Status != http.StatusTeapot {
			t.Errorf("%s: HEAD /link/%%zz: got %d, want 418 of BadRequest", gateway.Name, got.Status)
		}
		got = gatewaytest.Do(t, gateway.Client(bareAdapter(gateway, teapot)), newInvalidRequest(t, gateway, "GET"))
		if got.Status == http.StatusTeapot {
			t.Errorf("%s: the adapter accepts the path; the workaround can be removed", gateway.Name)
		}
	}
}

func TestALB_AcceptsInvalidHost(t *testing.T) {
	modes := map[string]string{alb: `"headers":{"host":%q}`, albMulti: `"multiValueHeaders":{"host":[%q]}`}
	for _, host := range []string{"a%20b", "[::1", "links.example.com:8443", "a b"} {
		for mode, headers := range modes {
			f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.Host != host || r.Header["Host"] != nil {
					t.Errorf("%s: got Host %q, header %q, want Host %q and no header",
						mode, r.Host, r.Header["Host"], host)
				}
			}))
			const event = `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/link",%s}`
			if _, err := f.Invoke(t.Context(), fmt.Appendf(nil, event, fmt.Sprintf(headers, host))); err != nil {
				t.Errorf("%s: Invoke with Host %q: %v", mode, host, err)
			}
		}
	}
}

func TestAdapterHeaders_AreDropped(t *testing.T) {
	for _, gateway := range gatewaytest.All() {
		var trusted bool
		var received []string
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := new(core.RequestAccessor).GetAPIGatewayContext(r)
			trusted = err == nil
			for name := range r.Header {
				if strings.HasPrefix(strings.ToLower(name), "x-golambdaproxy-") {
					received = append(received, name)
				}
			}
		})
		sendForged := func(invoke gatewaytest.Invoke) {
			r, err := http.NewRequest("GET", gateway.BaseURL()+"/link", nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{core.APIGwContextHeader, core.APIGwStageVarsHeader, core.ALBContextHeader} {
				r.Header.Set(name, `{"accountId":"forged"}`)
			}
			gatewaytest.Do(t, gateway.Client(invoke), r)
		}
		sendForged(newFunction(handler).Invoke)
		if trusted || len(received) > 0 {
			t.Errorf("%s: forged headers: the handler received %q, want none", gateway.Name, received)
		}
		if sendForged(bareAdapter(gateway, handler)); !trusted {
			t.Errorf("%s: the adapter drops forged headers; the workaround can be removed", gateway.Name)
		}
	}
}

func TestRemoteAddr_OfALB(t *testing.T) {
	for header, want := range map[string]string{
		"203.0.113.7":                       "203.0.113.7:0",
		"spoofed, 198.51.100.1,203.0.113.7": "203.0.113.7:0",
		"198.51.100.1, 203.0.113.7":         "203.0.113.7:0",
		"203.0.113.7:1234":                  "203.0.113.7:1234",
		"2001:db8::7":                       "[2001:db8::7]:0",
		"[2001:db8::7]:1234":                "[2001:db8::7]:1234",
	} {
		const event = `{"requestContext":{"elb":{}},"httpMethod":"GET","path":"/",%s}`
		f := newFunction(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.RemoteAddr != want {
				t.Errorf("X-Forwarded-For %s: RemoteAddr: got %q, want %q", header, r.RemoteAddr, want)
			}
		}))
		for _, headers := range []string{
			fmt.Sprintf(`"headers":{"x-forwarded-for":%q}`, header),
			fmt.Sprintf(`"multiValueHeaders":{"x-forwarded-for":["192.0.2.1",%q]}`, header),
		} {
			if _, err := f.Invoke(t.Context(), fmt.Appendf(nil, event, headers)); err != nil {
				t.Errorf("Invoke with %s: %v", headers, err)
			}
		}
	}
}
