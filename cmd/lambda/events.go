package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/go-json-experiment/json"

	"links/internal/api"
)

const (
	// deadlineMargin is kept of Lambda's time for a call, so that a slow store is answered by us and not cut off.
	deadlineMargin = 500 * time.Millisecond
	// maxPayload is the largest answer that Lambda takes, in bytes.
	maxPayload = 6 << 20
)

// function is a handler as a Lambda function.
type function struct {
	handler http.Handler
	log     *slog.Logger
}

// An event is one request as a front door describes it.
type event interface {
	// request is the request but for its URL, which has the target: the path, encoded and below the place where the
	// service is mounted, and the query. An error means that the event is not what its front door sends.
	request() (r *http.Request, target string, err error)
	// maxAnswer is how large a list may be, in bytes as escaped in the answer; 0 is the handler's own bound.
	maxAnswer() int
	// collect gives a writer of the adapter's that has no rules, and what makes the front door's answer of what was
	// written to it.
	collect() (w http.ResponseWriter, answer func() (any, error))
}

// Invoke answers one event. An error, which a front door shows as 502 or 500, leaves the function able to answer the next.
func (f *function) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	lc, _ := lambdacontext.FromContext(ctx)
	if lc == nil {
		lc = &lambdacontext.LambdaContext{}
	}
	defer func() {
		// The runtime ends the process on a panic, and the next request would pay for a start. http.ErrAbortHandler has
		// been logged by who raised it.
		switch p := recover(); {
		case p == http.ErrAbortHandler:
			answer, err = nil, errors.New("the answer was broken off")
		case p != nil:
			answer, err = nil, errors.New("panic")
			f.log.Error("panic", "request_id", lc.AwsRequestID, "error", fmt.Sprintf("%v\n%s", p, debug.Stack()))
		case err != nil:
			f.log.Error("event not answered", "request_id", lc.AwsRequestID, "error", err.Error())
		}
	}()
	e, err := recognise(payload)
	if err != nil {
		return nil, err
	}
	r, target, err := e.request()
	if err != nil {
		return nil, fmt.Errorf("the event cannot be read: %w", err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-deadlineMargin))
		defer cancel()
	}
	door := api.FrontDoor{RequestID: lc.AwsRequestID, MaxAnswer: e.maxAnswer()}
	if err := receive(r, target); err != nil {
		// net/http refuses such a path before any handler sees it.
		door.Refusal = "The path is malformed: a % must be followed by two hexadecimal digits."
	}
	to, shape := e.collect()
	w := newResponse(to, r.Method)
	f.handler.ServeHTTP(w, r.WithContext(api.WithFrontDoor(ctx, door)))
	w.finish()
	shaped, err := shape()
	if err != nil {
		return nil, err
	}
	return encode(shaped)
}

// recognise tells the front door from the event's shape.
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
		return decode(payload, func(e events.ALBTargetGroupRequest) event { return albEvent(e) })
	case rc.HTTP != nil && shape.Version == "2.0" && strings.Contains(rc.DomainName, ".lambda-url."):
		return decode(payload, func(e events.APIGatewayV2HTTPRequest) event { return functionURLEvent{httpAPIEvent(e)} })
	case rc.HTTP != nil && shape.Version == "2.0":
		return decode(payload, func(e events.APIGatewayV2HTTPRequest) event { return httpAPIEvent(e) })
	case shape.HTTPMethod != "" && (shape.Version == "" || shape.Version == "1.0"):
		return decode(payload, func(e events.APIGatewayProxyRequest) event { return restAPIEvent(e) })
	}
	return nil, errors.New(noEvent)
}

const noEvent = "this is no event of an API Gateway REST API (payload 1.0), of an HTTP API or a Function URL (payload 2.0), or of an ALB"

func decode[E any](payload []byte, as func(E) event) (event, error) {
	var e E
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf(noEvent+": %w", err)
	}
	return as(e), nil
}

// encode writes the answer without escaping what HTML needs escaped, as the handler counts the length of a list.
func encode(answer any) ([]byte, error) {
	data, err := json.Marshal(answer, json.FormatNilMapAsNull(true))
	if err != nil {
		return nil, err
	}
	// When Lambda refuses an answer for its size, the runtime ends the process.
	if len(data) > maxPayload {
		return nil, fmt.Errorf("the answer has %d bytes, Lambda takes %d", len(data), maxPayload)
	}
	return data, nil
}
