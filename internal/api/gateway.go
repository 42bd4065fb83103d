package api

import "context"

// DefaultMaxResponse is how large the body of an answer may be, in bytes as escaped once more into a JSON string: two
// thirds of what Lambda lets through.
const DefaultMaxResponse = 4_000_000

// Gateway is what a server knows of a request and HTTP does not carry. Its zero value is a plain HTTP server's.
type Gateway struct {
	// RequestID names the request to its caller and in the log. Empty, the handler makes one.
	RequestID string
	// MaxResponse is how large a list may be, in bytes as escaped once more into a JSON string. 0 means DefaultMaxResponse.
	MaxResponse int
	// BadRequest is a sentence that says why no server could read the request, which is then answered 400. Empty, the
	// request is answered by its path and method.
	BadRequest string
}

type gatewayKey struct{}

// WithGateway gives the request with this context its Gateway.
func WithGateway(ctx context.Context, d Gateway) context.Context {
	return context.WithValue(ctx, gatewayKey{}, d)
}

func gatewayOf(ctx context.Context) Gateway {
	d, _ := ctx.Value(gatewayKey{}).(Gateway)
	if d.MaxResponse == 0 {
		d.MaxResponse = DefaultMaxResponse
	}
	return d
}
