// Package gatewaytest is what AWS puts before a Lambda function: each kind of gateway as an http.RoundTripper that makes the
// gateway's event of a request and a response of the function's answer, so that one suite of HTTP cases runs through them
// all; and AWS's emulator of the runtime that the function runs in.
//
// The events have what AWS sends, encoded as AWS encodes it, by its documentation and by captured events; their types are
// not those that the function reads them with. An answer that a gateway does not accept becomes the gateway's own error, with
// the reason in the header X-Gateway-Error. Where a gateway of AWS refuses a request by itself, such as a method that it does
// not know, the request is passed on: that asks more of the function and not less. A few things that a gateway does no
// function can mend; each type says how they are treated.
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

// Invoke runs the function on an event and returns its answer, both JSON. An error means that the function failed.
type Invoke func(ctx context.Context, event []byte) ([]byte, error)

// A Gateway is what calls a Lambda function for each HTTP request.
type Gateway struct {
	// Name is the kind's name.
	Name string
	// LosesRepeats says that of a header or a query parameter that is sent twice the function gets one alone.
	LosesRepeats bool
	// DecodesPath says that the function gets the path decoded, so that a malformed one never reaches it.
	DecodesPath bool
	// MaxRequest and MaxAnswer are how large a request's body and the function's answer may be, in bytes.
	MaxRequest, MaxAnswer int

	domain, stage string // stage is a path, such as /prod, where URLs have one

	event   func(request) (any, error)
	answer  func([]byte) (answer, error)
	failure failure
}

// failure is what a gateway answers when the function fails.
type failure struct {
	status            int
	contentType, body string
}

// All is a gateway of each kind.
func All() []Gateway {
	return []Gateway{RESTAPI(), HTTPAPI(), HTTPAPIPayload1(), FunctionURL(), ALB(), ALBMultiValue()}
}

// BaseURL is where the service is mounted, without a slash at the end.
func (g Gateway) BaseURL() string { return "https://" + g.domain + g.stage }

// Client is a client whose requests go through the gateway to the function, whatever host they name.
func (g Gateway) Client(invoke Invoke) *http.Client {
	return &http.Client{Transport: transport{g, invoke}}
}

// lambdaPayload is how large an event and an answer may be, in bytes.
const lambdaPayload = 6 << 20

// clientAddress is whose requests all requests are.
const clientAddress = "203.0.113.7"

// request is a request as it arrives at a gateway.
type request struct {
	*http.Request
	header      http.Header // with what a client's transport adds
	path, query string      // as sent, the path without the stage
	body        []byte
}

// answer is what a gateway makes of a function's answer.
type answer struct {
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
		return response(r, answer{status: http.StatusRequestEntityTooLarge}), nil
	}
	event, err := t.gateway.event(newRequest(r, t.gateway, body))
	if err != nil {
		return response(r, answer{status: http.StatusBadRequest, body: []byte(`{"message":"Bad Request"}`)}), nil //nolint:nilerr // the gateway's answer
	}
	data, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	if len(data) > lambdaPayload {
		return response(r, answer{status: http.StatusRequestEntityTooLarge}), nil
	}
	data, err = t.invoke(r.Context(), data)
	if ctxErr := r.Context().Err(); ctxErr != nil {
		return nil, ctxErr
	}
	var a answer
	if err == nil && len(data) > t.gateway.MaxAnswer {
		err = fmt.Errorf("the answer has %d bytes, more than %d", len(data), t.gateway.MaxAnswer)
	}
	if err == nil {
		a, err = t.gateway.answer(data)
	}
	if err != nil {
		f := t.gateway.failure
		a = answer{f.status, http.Header{"Content-Type": {f.contentType}, "X-Gateway-Error": {err.Error()}}, []byte(f.body)}
	}
	return response(r, a), nil
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

// response is the answer as a client gets it.
func response(r *http.Request, a answer) *http.Response {
	if a.header == nil {
		a.header = http.Header{}
	}
	noBody := r.Method == http.MethodHead || a.status == http.StatusNoContent || a.status == http.StatusNotModified
	if noBody && len(a.body) > 0 {
		// the connection would be out of step: tell it, that a test may see it
		a.header.Set("X-Gateway-Error", fmt.Sprintf("a body of %d bytes where there can be none", len(a.body)))
	}
	length := int64(len(a.body))
	if noBody {
		a.body, length = nil, -1
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: length, Request: r,
	}
}

// last has the last value of a name alone.
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

// joined has all values of a name in one, with commas.
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
	for _, name := range slices.Sorted(maps.Keys(header)) { // as a client of net/http sends them
		lower[strings.ToLower(name)] = append(lower[strings.ToLower(name)], header[name]...)
	}
	return lower
}

// textBody is a body as it stands in an event: text where the Content-Type is of the kinds that AWS takes for text and the
// bytes are, base64 otherwise.
func textBody(header http.Header, body []byte) (text string, isBase64 bool) {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	isText := strings.HasPrefix(mediaType, "text/") ||
		slices.Contains([]string{"application/json", "application/javascript", "application/xml"}, mediaType)
	if isText && header.Get("Content-Encoding") == "" && utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

// bytesOf is the body of an answer.
func bytesOf(body string, isBase64 bool) ([]byte, error) {
	if !isBase64 {
		return []byte(body), nil
	}
	return base64.StdEncoding.DecodeString(body)
}

// read decodes an answer and accepts no fields but those of v.
func read(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("the answer is malformed: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("the answer goes on after its end")
	}
	return nil
}

func checkStatus(status *int) error {
	if status == nil || *status < 200 || *status > 599 {
		return errors.New("the answer has no final statusCode")
	}
	return nil
}

// headerOf puts the headers of an answer together.
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
