package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"
)

// idleConnections is the maximum number of idle connections. With the SDK's
// default of 10, the concurrent writes of a Put keep opening new ones.
const idleConnections = 64

// defaultResponseTimeout is the default of Config.ResponseTimeout. An attempt
// that gets no response leaves time for another one before the timeouts of
// clients and gateways.
const defaultResponseTimeout = 2 * time.Second

// Transient errors are retried with exponential backoff and full jitter until
// the context is done, or maxAttempts without a deadline. Connection errors are
// retried up to maxConnects attempts, so that a refused connection fails within
// half a second.
const (
	minBackoff  = 25 * time.Millisecond
	maxBackoff  = time.Second
	maxAttempts = 40
	maxConnects = 4
)

// newClient returns a client and a function that closes its idle connections.
func newClient(c Config, log *slog.Logger) (client *dynamodb.Client, closeIdle func(), err error) {
	cfg := c.AWS
	if cfg.Region == "" {
		return nil, nil, errors.New(
			"dynamostore: no AWS region: set AWS_REGION, such as AWS_REGION=eu-central-1, or region in the AWS profile")
	}
	if c.Middleware != nil {
		cfg.APIOptions = append(cfg.APIOptions, c.Middleware)
	}
	httpClient := newHTTPClient(cfg, cmp.Or(c.ResponseTimeout, defaultResponseTimeout))
	client = dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		o.HTTPClient = httpClient
		o.Retryer = newRetryer()
		o.Logger = SDKLogger(log)
		o.ClientLogMode = aws.LogRetries
		o.APIOptions = append(o.APIOptions, addReportLastAttempt)
	})
	return client, httpClient.CloseIdleConnections, nil
}

// newHTTPClient returns a client that, unlike the SDK's own, can close its idle
// connections.
func newHTTPClient(cfg aws.Config, responseTimeout time.Duration) *http.Client {
	buildable, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		buildable = awshttp.NewBuildableClient()
	}
	transport := buildable.GetTransport()
	transport.MaxIdleConnsPerHost = idleConnections
	transport.DialContext = (&net.Dialer{Timeout: responseTimeout}).DialContext
	transport.TLSHandshakeTimeout = responseTimeout
	transport.ResponseHeaderTimeout = responseTimeout
	return &http.Client{
		Transport: transport,
		// The response of another host must not count as that of DynamoDB.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// withoutCall makes a call only open a connection to DynamoDB.
func withoutCall(o *dynamodb.Options) {
	o.HTTPClient = connector{o.HTTPClient}
	o.Retryer = aws.NopRetryer{}
}

// A connector replaces each request by a GET of the root, to which DynamoDB
// responds without authentication that it is healthy. It returns an empty
// response.
type connector struct{ client dynamodb.HTTPClient }

func (c connector) Do(call *http.Request) (*http.Response, error) {
	root := url.URL{Scheme: call.URL.Scheme, Host: call.URL.Host, Path: "/"}
	r, err := http.NewRequestWithContext(call.Context(), http.MethodGet, root.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil { // the connection can be reused
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// newRetryer returns the SDK's standard retryer without its retry quota, which
// a throttled batch would exhaust.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.RateLimiter = ratelimit.None
		o.Retryables = []retry.IsErrorRetryable{
			retry.NoRetryCanceledError{},
			retry.IsErrorRetryableFunc(func(err error) aws.Ternary { return aws.BoolTernary(isTransient(err)) }),
		}
		o.Backoff = retry.BackoffDelayerFunc(backoff)
	})
}

// backoff returns how long to wait after a failed attempt, counted from 1. It
// returns err if there should be no further attempt.
func backoff(attempt int, err error) (time.Duration, error) {
	if isConnectError(err) && attempt >= maxConnects {
		return 0, err
	}
	const doublings = 6 // exceeds maxBackoff
	return rand.N(min(maxBackoff, minBackoff<<min(attempt, doublings))), nil
}

// SDKLogger returns a logger for the AWS SDK that logs to log at debug level.
// The SDK warns about every response without a checksum.
func SDKLogger(log *slog.Logger) logging.Logger {
	return logging.LoggerFunc(func(class logging.Classification, format string, args ...any) {
		if log.Enabled(context.Background(), slog.LevelDebug) {
			log.Debug(fmt.Sprintf(format, args...), "from", "aws-sdk", "class", string(class))
		}
	})
}
