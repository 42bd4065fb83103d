package lambdahttp

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"
)

// maxALBPayload is the largest answer that a load balancer takes, in bytes.
const maxALBPayload = 1_000_000

// albEvent is an event of an Application Load Balancer, in either of its modes: one value for each header and query
// parameter, the last, or all of them. Path and query are as they were sent.
type albEvent events.ALBTargetGroupRequest

func (e albEvent) request(string) (*http.Request, string, error) {
	event := events.ALBTargetGroupRequest(e)
	event.Path = "/" // see receive
	// The adapter parses the host as part of a URL, and fails if it is invalid there.
	event.Headers, event.MultiValueHeaders = nil, nil
	r, err := new(core.RequestAccessorALB).EventToRequest(event)
	if err != nil {
		return nil, "", err
	}
	r.Method = e.HTTPMethod // the adapter's is in upper case
	r.Header = headerOf(e.Headers, e.MultiValueHeaders)
	// The load balancer appends who called it; what stands before that anyone may have written.
	if forwarded := r.Header.Values("X-Forwarded-For"); len(forwarded) > 0 {
		addresses := strings.Split(forwarded[len(forwarded)-1], ",")
		r.RemoteAddr = remoteAddr(strings.TrimSpace(addresses[len(addresses)-1]))
	}
	return r, target(e.Path, e.query()), nil
}

// query puts the query together as it was sent, but for the order of its names, which the event does not tell. The adapter
// takes it for decoded and escapes it once more.
func (e albEvent) query() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(e.MultiValueQueryStringParameters)) {
		for _, value := range e.MultiValueQueryStringParameters[name] {
			pairs = append(pairs, name+"="+value)
		}
	}
	if len(pairs) == 0 {
		for _, name := range slices.Sorted(maps.Keys(e.QueryStringParameters)) {
			pairs = append(pairs, name+"="+e.QueryStringParameters[name])
		}
	}
	return strings.Join(pairs, "&")
}

func (albEvent) maxPayload() int { return maxALBPayload }

func (e albEvent) collect() (http.ResponseWriter, func() (any, error)) {
	w := core.NewProxyResponseWriterALB()
	return w, func() (any, error) {
		answer, err := w.GetProxyResponse()
		// The adapter leaves the number out.
		answer.StatusDescription = strings.TrimSpace(fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode)))
		// The adapter answers in the shape of the one mode. In the other, the load balancer wants single values.
		if e.MultiValueHeaders == nil {
			answer.Headers = make(map[string]string, len(answer.MultiValueHeaders))
			for name, values := range answer.MultiValueHeaders {
				answer.Headers[name] = strings.Join(values, ",")
			}
			answer.MultiValueHeaders = nil
		}
		return answer, err
	}
}
