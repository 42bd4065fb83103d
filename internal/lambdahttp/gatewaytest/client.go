package gatewaytest

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/uuid"
)

// InLambda adds a deadline and a request ID to each invocation, as the Lambda runtime
// does.
func InLambda(invoke Invoke, timeout time.Duration) Invoke {
	return func(ctx context.Context, event []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return invoke(WithRequestID(ctx, uuid.NewString()), event)
	}
}

// WithRequestID returns the context of an invocation with this request ID.
func WithRequestID(ctx context.Context, id string) context.Context {
	return lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: id})
}

// A Response is a completely read response.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends the request and reads the response.
func Do(t testing.TB, client *http.Client, r *http.Request) Response {
	t.Helper()
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Response{resp.StatusCode, resp.Header, string(body)}
}
