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

// maxALBPayload is the limit of a load balancer for a response, in bytes.
const maxALBPayload = 1_000_000

// albEvent is an event of an Application Load Balancer. Depending on the mode, it
// contains the last value of each header and query parameter, or all values. Path
// and query are as they were sent.
type albEvent events.ALBTargetGroupRequest

func (e albEvent) request(string) (*http.Request, string, error) {
	event := events.ALBTargetGroupRequest(e)
	event.Path = "/" // see fixRequest
	// The adapter would parse the host as part of a URL and fail if it is invalid.
	event.Headers, event.MultiValueHeaders = nil, nil
	r, err := new(core.RequestAccessorALB).EventToRequest(event)
	if err != nil {
		return nil, "", err
	}
	r.Method = e.HTTPMethod // the adapter converts it to upper case
	r.Header = headerOf(e.Headers, e.MultiValueHeaders)
	// The load balancer appends the IP address of its client. Earlier entries may be
	// forged.
	if forwarded := r.Header.Values("X-Forwarded-For"); len(forwarded) > 0 {
		ips := strings.Split(forwarded[len(forwarded)-1], ",")
		r.RemoteAddr = remoteAddr(strings.TrimSpace(ips[len(ips)-1]))
	}
	return r, target(e.Path, e.query()), nil
}

// query returns the query as it was sent, except for the order of its names, which
// the event does not contain. The adapter would escape it again.
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

func (e albEvent) newResponse() (http.ResponseWriter, func() (any, error)) {
	w := core.NewProxyResponseWriterALB()
	return w, func() (any, error) {
		response, err := w.GetProxyResponse()
		// The adapter omits the status code.
		status := fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode))
		response.StatusDescription = strings.TrimSpace(status)
		// The adapter always sets multi-value headers. In the other mode, the load
		// balancer expects single values.
		if e.MultiValueHeaders == nil {
			response.Headers = make(map[string]string, len(response.MultiValueHeaders))
			for name, values := range response.MultiValueHeaders {
				response.Headers[name] = strings.Join(values, ",")
			}
			response.MultiValueHeaders = nil
		}
		return response, err
	}
}
