package lambdahttp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/go-json-experiment/json"
)

const (
	// deadlineMargin is subtracted from Lambda's deadline, so that the handler can
	// still respond once its own deadline has passed.
	deadlineMargin = 500 * time.Millisecond
	// maxPayload is Lambda's limit for a response, in bytes.
	maxPayload = 6 << 20
)

// A Function runs an http.Handler as a Lambda function. It implements
// lambda.Handler.
type Function struct {
	// Handler handles the requests. The deadline of their context is Lambda's minus
	// half a second.
	Handler http.Handler
	// BadRequest handles requests whose target net/http's server would reject, such
	// as /%zz. Their URL is /. If BadRequest is nil, the response is 400 in plain
	// text, as that of the server.
	BadRequest http.Handler
	// BasePath is the base path of a custom domain in front of an HTTP API's route
	// $default, such as /links. An event of that route does not show where the base
	// path ends; all other events do. If BasePath is empty, nothing is removed from
	// the path.
	BasePath string
	// Log receives the errors of events. If Log is nil, they are discarded.
	Log *slog.Logger
}

// An Invocation contains what Lambda and the gateway add to an HTTP request.
type Invocation struct {
	// RequestID is Lambda's request ID, which its own log lines contain too.
	RequestID string
	// MaxPayload is the limit for the complete response, in bytes, including
	// everything around the body.
	MaxPayload int
}

type invocationKey struct{}

// InvocationFromContext returns the Invocation of the request with this context.
// If the request did not come from a Function, it returns the zero Invocation.
func InvocationFromContext(ctx context.Context) Invocation {
	i, _ := ctx.Value(invocationKey{}).(Invocation)
	return i
}

// An event is one request as a gateway describes it.
type event interface {
	// request returns the request without its URL, and the request target: the
	// encoded path without stage and base path, and the query. basePath is
	// Function.BasePath. An error means that the event is invalid.
	request(basePath string) (r *http.Request, target string, err error)
	// maxPayload returns the limit for the gateway's response, in bytes.
	maxPayload() int
	// newResponse returns the adapter's ResponseWriter, and a function that converts
	// what was written to it into the gateway's response.
	newResponse() (w http.ResponseWriter, convert func() (any, error))
}

// Invoke handles one event. If it returns an error, the gateway responds with 502
// or 500, and the function can handle further events.
func (f *Function) Invoke(ctx context.Context, payload []byte) (response []byte, err error) {
	lc, _ := lambdacontext.FromContext(ctx)
	if lc == nil {
		lc = &lambdacontext.LambdaContext{}
	}
	log := cmp.Or(f.Log, slog.New(slog.DiscardHandler))
	defer func() {
		// On a panic the runtime would end the process, so the next request would be
		// a cold start. The handler has logged an http.ErrAbortHandler itself.
		switch p := recover(); {
		case p == http.ErrAbortHandler:
			response, err = nil, errors.New("response aborted")
		case p != nil:
			response, err = nil, errors.New("panic")
			log.Error("panic", "requestId", lc.AwsRequestID, "error", fmt.Sprintf("%v\n%s", p, debug.Stack()))
		case err != nil:
			log.Error("event failed", "requestId", lc.AwsRequestID, "error", err.Error())
		}
	}()
	e, err := parseEvent(payload)
	if err != nil {
		return nil, err
	}
	r, target, err := e.request(f.BasePath)
	if err != nil {
		return nil, fmt.Errorf("invalid event: %w", err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-deadlineMargin))
		defer cancel()
	}
	handler := f.Handler
	if err := fixRequest(r, target); err != nil {
		if handler = f.BadRequest; handler == nil {
			handler = http.HandlerFunc(badRequest)
		}
	}
	to, convert := e.newResponse()
	w := newResponseWriter(to, r.Method)
	ctx = context.WithValue(ctx, invocationKey{}, Invocation{lc.AwsRequestID, e.maxPayload()})
	handler.ServeHTTP(w, r.WithContext(ctx))
	w.finish()
	converted, err := convert()
	if err != nil {
		return nil, err
	}
	return encode(converted, e.maxPayload())
}

// badRequest responds as net/http's server does to an invalid request.
func badRequest(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte("400 Bad Request"))
}

// parseEvent identifies the gateway by the event's shape and parses the event.
func parseEvent(payload []byte) (event, error) {
	var shape struct {
		Version        string `json:"version"`
		HTTPMethod     string `json:"httpMethod"`
		RequestContext struct {
			ELB        *struct{} `json:"elb"`
			HTTP       *struct{} `json:"http"`
			DomainName string    `json:"domainName"`
		} `json:"requestContext"`
	}
	if err := json.Unmarshal(payload, &shape); err != nil {
		return nil, fmt.Errorf(unknownEvent+": %w", err)
	}
	switch rc := shape.RequestContext; {
	case rc.ELB != nil && shape.HTTPMethod != "":
		return decode[albEvent](payload)
	case rc.HTTP != nil && shape.Version == "2.0" && strings.Contains(rc.DomainName, ".lambda-url."):
		return decode[functionURLEvent](payload)
	case rc.HTTP != nil && shape.Version == "2.0":
		return decode[httpAPIEvent](payload)
	case shape.HTTPMethod != "" && shape.Version == "1.0":
		return decode[httpAPI1Event](payload)
	case shape.HTTPMethod != "" && shape.Version == "":
		return decode[restAPIEvent](payload)
	}
	return nil, errors.New(unknownEvent)
}

const unknownEvent = "unrecognized event: not from an API Gateway REST API or HTTP API, a function URL or an ALB"

func decode[E event](payload []byte) (event, error) {
	var e E
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf(unknownEvent+": %w", err)
	}
	return e, nil
}

// encode returns the response as JSON, without escaping for HTML.
func encode(response any, maxPayload int) ([]byte, error) {
	data, err := json.Marshal(response, json.FormatNilMapAsNull(true))
	if err != nil {
		return nil, err
	}
	// If Lambda rejects a response because of its size, the runtime ends the process.
	if len(data) > maxPayload {
		return nil, fmt.Errorf("response of %d bytes exceeds the limit of %d", len(data), maxPayload)
	}
	return data, nil
}
