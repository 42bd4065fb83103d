package api

import "context"

// DefaultMaxAnswer is how large the body of an answer may be, in bytes as escaped once more into a JSON string: two
// thirds of what Lambda lets through.
const DefaultMaxAnswer = 4_000_000

// FrontDoor is what a server knows of a request and HTTP does not carry. Its zero value is a plain HTTP server's.
type FrontDoor struct {
	// RequestID names the request to its caller and in the log. Empty, the handler makes one.
	RequestID string
	// MaxAnswer is how large a list may be, in bytes as escaped once more into a JSON string. 0 means DefaultMaxAnswer.
	MaxAnswer int
	// BadRequest is a sentence that says why no server could read the request, which is then answered 400. Empty, the
	// request is answered by its path and method.
	BadRequest string
}

type frontDoorKey struct{}

// WithFrontDoor gives the request with this context its FrontDoor.
func WithFrontDoor(ctx context.Context, d FrontDoor) context.Context {
	return context.WithValue(ctx, frontDoorKey{}, d)
}

func frontDoor(ctx context.Context) FrontDoor {
	d, _ := ctx.Value(frontDoorKey{}).(FrontDoor)
	if d.MaxAnswer == 0 {
		d.MaxAnswer = DefaultMaxAnswer
	}
	return d
}
