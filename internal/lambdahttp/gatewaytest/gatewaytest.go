// Package gatewaytest simulates the AWS gateways in front of a Lambda function. Each
// gateway is an http.RoundTripper that converts a request to the gateway's event and
// the function's result to a response, so that one suite of HTTP tests runs against
// all of them. The package also runs AWS's emulator of the Lambda runtime.
//
// The events follow AWS's documentation and captured events. Their types are
// independent of the types of the function. If a gateway would not accept the
// function's result, the response is the gateway's own error, and the header
// X-Gateway-Error contains the reason. A request that a gateway would reject itself,
// such as one with an unknown method, is passed on. The documentation of each gateway
// lists the behavior that a function cannot work around.
package gatewaytest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Invoke runs the function with an event and returns its result, both as JSON. An
// error means that the function failed.
type Invoke func(ctx context.Context, event []byte) ([]byte, error)

// A Gateway calls a Lambda function for each HTTP request.
type Gateway struct {
	// Name is the name of the kind of gateway.
	Name string
	// LosesRepeats means that the function receives only one value of a repeated
	// header or query parameter.
	LosesRepeats bool
	// DecodesPath means that the function receives the path decoded, so that an
	// invalid path never reaches it.
	DecodesPath bool
	// MayReturnBase64 means that the gateway can be configured such that clients
	// receive a base64 body as text.
	MayReturnBase64 bool
	// MaxRequest and MaxResponse are the limits for the body of a request and for the
	// function's result, in bytes.
	MaxRequest, MaxResponse int

	domain, stage string // stage is the stage's path, such as /prod, if URLs contain it

	event   func(request) (any, error)
	parse   func([]byte) (response, error)
	failure failure
}

// failure is the gateway's response if the function fails.
type failure struct {
	status            int
	contentType, body string
}

// All returns a gateway of each kind.
func All() []Gateway {
	return []Gateway{RESTAPI(), HTTPAPI(), HTTPAPIPayload1(), FunctionURL(), ALB(), ALBMultiValue()}
}

// BaseURL returns the base URL of the service, without a trailing slash.
func (g Gateway) BaseURL() string { return "https://" + g.domain + g.stage }

// Client returns a client that sends every request through the gateway to the
// function, whatever its host.
func (g Gateway) Client(invoke Invoke) *http.Client {
	return &http.Client{Transport: transport{g, invoke}}
}

// lambdaPayload is Lambda's limit for an event and for a result, in bytes.
const lambdaPayload = 6 << 20

// clientAddress is the IP address of the client of every request.
const clientAddress = "203.0.113.7"

// request is a request as a gateway receives it.
type request struct {
	*http.Request
	header      http.Header // including headers that a client's transport adds
	path, query string      // as sent, the path without the stage
	body        []byte
}

// response is the gateway's response, as converted from the function's result.
type response struct {
	status int
	header http.Header
	body   []byte
}

type transport struct {
	gateway Gateway
	invoke  Invoke
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		if closeErr := r.Body.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if len(body) > t.gateway.MaxRequest {
		return clientResponse(r, response{status: http.StatusRequestEntityTooLarge}), nil
	}
	event, err := t.gateway.event(newRequest(r, t.gateway, body))
	if err != nil {
		badRequest := response{status: http.StatusBadRequest, body: []byte(`{"message":"Bad Request"}`)}
		return clientResponse(r, badRequest), nil //nolint:nilerr // the gateway responds
	}
	data, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	if len(data) > lambdaPayload {
		return clientResponse(r, response{status: http.StatusRequestEntityTooLarge}), nil
	}
	data, err = t.invoke(r.Context(), data)
	if ctxErr := r.Context().Err(); ctxErr != nil {
		return nil, ctxErr
	}
	var resp response
	if err == nil && len(data) > t.gateway.MaxResponse {
		err = fmt.Errorf("result of %d bytes exceeds the limit of %d", len(data), t.gateway.MaxResponse)
	}
	if err == nil {
		resp, err = t.gateway.parse(data)
	}
	if err != nil {
		f := t.gateway.failure
		header := http.Header{"Content-Type": {f.contentType}, "X-Gateway-Error": {err.Error()}}
		resp = response{f.status, header, []byte(f.body)}
	}
	return clientResponse(r, resp), nil
}

func newRequest(r *http.Request, gateway Gateway, body []byte) request {
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if len(body) > 0 {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if _, ok := header["User-Agent"]; !ok {
		header.Set("User-Agent", "Go-http-client/1.1")
	}
	header.Set("Host", host(r))
	header.Set("X-Forwarded-For", strings.Join(append(header.Values("X-Forwarded-For"), clientAddress), ", "))
	header.Set("X-Forwarded-Port", "443")
	header.Set("X-Forwarded-Proto", "https")
	header.Set("X-Amzn-Trace-Id", "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e")
	path, query, _ := strings.Cut(r.URL.RequestURI(), "?")
	path = strings.TrimPrefix(path, gateway.stage)
	if path == "" {
		path = "/"
	}
	return request{Request: r, header: header, path: path, query: query, body: body}
}

func host(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// clientResponse returns the response as a client receives it.
func clientResponse(r *http.Request, resp response) *http.Response {
	if resp.header == nil {
		resp.header = http.Header{}
	}
	noBody := r.Method == http.MethodHead ||
		resp.status == http.StatusNoContent || resp.status == http.StatusNotModified
	if noBody && len(resp.body) > 0 {
		// On a real connection, the body would be read as the next response.
		reason := fmt.Sprintf("body of %d bytes in a response that must not contain one", len(resp.body))
		resp.header.Set("X-Gateway-Error", reason)
	}
	length := int64(len(resp.body))
	if noBody {
		resp.body, length = nil, -1
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", resp.status, http.StatusText(resp.status)), StatusCode: resp.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: resp.header, Body: io.NopCloser(bytes.NewReader(resp.body)), ContentLength: length, Request: r,
	}
}

// last returns only the last value of each name.
func last(values map[string][]string) map[string]string {
	if values == nil {
		return nil
	}
	one := make(map[string]string, len(values))
	for name, v := range values {
		one[name] = v[len(v)-1]
	}
	return one
}

// joined returns the values of each name, joined with commas.
func joined(values map[string][]string) map[string]string {
	if values == nil {
		return nil
	}
	one := make(map[string]string, len(values))
	for name, v := range values {
		one[name] = strings.Join(v, ",")
	}
	return one
}

// lowered returns the headers with their names in lower case.
func lowered(header http.Header) map[string][]string {
	lower := make(map[string][]string, len(header))
	for _, name := range slices.Sorted(maps.Keys(header)) { // the order in which a client of net/http sends them
		lower[strings.ToLower(name)] = append(lower[strings.ToLower(name)], header[name]...)
	}
	return lower
}

// textBody returns a body as an event contains it: as text if AWS treats the
// Content-Type as text and the body is valid UTF-8, otherwise in base64.
func textBody(header http.Header, body []byte) (text string, isBase64 bool) {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	isText := strings.HasPrefix(mediaType, "text/") ||
		slices.Contains([]string{"application/json", "application/javascript", "application/xml"}, mediaType)
	if isText && header.Get("Content-Encoding") == "" && utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

// bytesOf returns the body of a result.
func bytesOf(body string, isBase64 bool) ([]byte, error) {
	if !isBase64 {
		return []byte(body), nil
	}
	return base64.StdEncoding.DecodeString(body)
}

// read decodes a result into v. An unknown member is an error.
func read(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("invalid result: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("invalid result: data after the JSON value")
	}
	return nil
}

func checkStatus(status *int) error {
	if status == nil || *status < 200 || *status > 599 {
		return errors.New("result without a final statusCode")
	}
	return nil
}

// headerOf returns the headers of a result.
func headerOf(single map[string]string, multi map[string][]string) http.Header {
	header := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(single)) {
		header.Add(name, single[name])
	}
	for name, values := range multi {
		header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	return header
}
