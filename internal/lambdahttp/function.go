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
	// deadlineMargin is kept of Lambda's time for a call, so that a slow handler is cut off by itself and can say so.
	deadlineMargin = 500 * time.Millisecond
	// maxPayload is the largest answer that Lambda takes, in bytes.
	maxPayload = 6 << 20
)

// A Function is an http.Handler as a Lambda function. It is a lambda.Handler.
type Function struct {
	// Handler answers requests. The deadline of their context is Lambda's less half a second.
	Handler http.Handler
	// BadRequest answers a request that net/http's server would refuse for its target, such as one to /%zz, and whose URL is
	// therefore just /. nil answers 400 in plain text, as the server does.
	BadRequest http.Handler
	// BasePath is the base path of a custom domain in front of an HTTP API's route
	// $default, such as /links. An event of that route does not show where the base
	// path ends; all other events do. If BasePath is empty, nothing is removed from
	// the path.
	BasePath string
	// Log gets what goes wrong with events. nil discards it.
	Log *slog.Logger
}

// A Call is what Lambda and the gateway tell of a request beside HTTP.
type Call struct {
	// RequestID is Lambda's, which its own log lines have too.
	RequestID string
	// MaxPayload is how large the answer may be, in bytes, with everything around the body.
	MaxPayload int
}

type callKey struct{}

// CallOf returns the Call of a request with this context, the zero Call of one that came another way.
func CallOf(ctx context.Context) Call {
	c, _ := ctx.Value(callKey{}).(Call)
	return c
}

// An event is one request as a gateway describes it.
type event interface {
	// request is the request but for its URL, which has the target: the path, encoded and below the place where the
	// handler is mounted, and the query. basePath is Function.BasePath. An error means that the event is not what its gateway sends.
	request(basePath string) (r *http.Request, target string, err error)
	// maxPayload is how large the gateway's answer may be, in bytes.
	maxPayload() int
	// collect gives a writer of the adapter's that has no rules, and what makes the gateway's answer of what was written
	// to it.
	collect() (w http.ResponseWriter, answer func() (any, error))
}

// Invoke answers one event. An error, which a gateway shows as 502 or 500, leaves the function able to answer the next.
func (f *Function) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	lc, _ := lambdacontext.FromContext(ctx)
	if lc == nil {
		lc = &lambdacontext.LambdaContext{}
	}
	log := cmp.Or(f.Log, slog.New(slog.DiscardHandler))
	defer func() {
		// The runtime ends the process on a panic, and the next request would pay for a start. http.ErrAbortHandler has
		// been logged by who raised it.
		switch p := recover(); {
		case p == http.ErrAbortHandler:
			answer, err = nil, errors.New("the answer was broken off")
		case p != nil:
			answer, err = nil, errors.New("panic")
			log.Error("panic", "requestId", lc.AwsRequestID, "error", fmt.Sprintf("%v\n%s", p, debug.Stack()))
		case err != nil:
			log.Error("event not answered", "requestId", lc.AwsRequestID, "error", err.Error())
		}
	}()
	e, err := recognise(payload)
	if err != nil {
		return nil, err
	}
	r, target, err := e.request(f.BasePath)
	if err != nil {
		return nil, fmt.Errorf("the event cannot be read: %w", err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-deadlineMargin))
		defer cancel()
	}
	handler := f.Handler
	if err := receive(r, target); err != nil {
		if handler = f.BadRequest; handler == nil {
			handler = http.HandlerFunc(badRequest)
		}
	}
	to, shape := e.collect()
	w := newResponse(to, r.Method)
	handler.ServeHTTP(w, r.WithContext(context.WithValue(ctx, callKey{}, Call{lc.AwsRequestID, e.maxPayload()})))
	w.finish()
	shaped, err := shape()
	if err != nil {
		return nil, err
	}
	return encode(shaped, e.maxPayload())
}

// badRequest is net/http's own answer to what it cannot read.
func badRequest(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte("400 Bad Request"))
}

// recognise tells the gateway from the event's shape.
func recognise(payload []byte) (event, error) {
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
		return nil, fmt.Errorf(noEvent+": %w", err)
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
	return nil, errors.New(noEvent)
}

const noEvent = "this is no event of an API Gateway REST API or HTTP API, of a Function URL or of an ALB"

func decode[E event](payload []byte) (event, error) {
	var e E
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf(noEvent+": %w", err)
	}
	return e, nil
}

// encode writes the answer without escaping what HTML needs escaped.
func encode(answer any, maxPayload int) ([]byte, error) {
	data, err := json.Marshal(answer, json.FormatNilMapAsNull(true))
	if err != nil {
		return nil, err
	}
	// When Lambda refuses an answer for its size, the runtime ends the process.
	if len(data) > maxPayload {
		return nil, fmt.Errorf("the answer has %d bytes, and may have %d", len(data), maxPayload)
	}
	return data, nil
}
