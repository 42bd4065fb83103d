package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// idleConnections is how many connections are kept for the next call. With the SDK's 10, a Put of 1,000 links dialled 90
// to 259 times.
const idleConnections = 64

// firstByteTimeout is how long an attempt waits for a connection, for its handshake and for the begin of an answer, so that one
// that has gone silent does not take the whole deadline.
const firstByteTimeout = 2 * time.Second

// What is unavailable gets another attempt, after a random wait of up to minBackoff, doubled with each
// attempt, at most maxBackoff, until the context ends. Without a deadline maxAttempts ends it. Who is
// out of reach gets maxConnects attempts: where connections are refused, that is known within half a second.
const (
	minBackoff  = 25 * time.Millisecond
	maxBackoff  = time.Second
	maxAttempts = 40
	maxConnects = 4
)

// newClient makes a client of a configuration, and what closes its idle connections. The middleware around each call may be
// nil.
func newClient(cfg aws.Config, log *slog.Logger, around func(*middleware.Stack) error) (client *dynamodb.Client, closeIdle func(), err error) {
	if cfg.Region == "" {
		return nil, nil, errors.New("dynamostore: no AWS region: set AWS_REGION, such as AWS_REGION=eu-central-1, or region in the AWS profile")
	}
	if around != nil {
		cfg.APIOptions = append(cfg.APIOptions, around)
	}
	httpClient := newHTTPClient(cfg)
	client = dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		o.HTTPClient = httpClient
		o.Retryer = newRetryer()
		o.Logger = SDKLogger(log)
		o.ClientLogMode = aws.LogRetries
		o.APIOptions = append(o.APIOptions, addNameCause)
	})
	return client, httpClient.CloseIdleConnections, nil
}

// newHTTPClient makes a client that can close its idle connections, which the SDK's own can't.
func newHTTPClient(cfg aws.Config) *http.Client {
	buildable, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		buildable = awshttp.NewBuildableClient()
	}
	transport := buildable.GetTransport()
	transport.MaxIdleConnsPerHost = idleConnections
	transport.DialContext = (&net.Dialer{Timeout: firstByteTimeout}).DialContext
	transport.TLSHandshakeTimeout = firstByteTimeout
	transport.ResponseHeaderTimeout = firstByteTimeout
	return &http.Client{
		Transport: transport,
		// What another host responds must not count as done.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newRetryer makes the SDK's standard retryer without its quota, which a batch under throttling uses up.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.RateLimiter = ratelimit.None
		o.Retryables = []retry.IsErrorRetryable{
			retry.NoRetryCanceledError{},
			retry.IsErrorRetryableFunc(func(err error) aws.Ternary { return aws.BoolTernary(unavailable(err)) }),
		}
		o.Backoff = retry.BackoffDelayerFunc(backoff)
	})
}

// backoff returns how long to wait after a failed attempt, counted from 1, or err when another is not worth the wait.
func backoff(attempt int, err error) (time.Duration, error) {
	if outOfReach(err) && attempt >= maxConnects {
		return 0, err
	}
	const doublings = 6 // enough to pass maxBackoff
	return rand.N(min(maxBackoff, minBackoff<<min(attempt, doublings))), nil
}

// SDKLogger passes on what the AWS SDK logs. It warns of every answer without a checksum, so nothing of it is more than
// debug.
func SDKLogger(log *slog.Logger) logging.Logger {
	return logging.LoggerFunc(func(class logging.Classification, format string, args ...any) {
		if log.Enabled(context.Background(), slog.LevelDebug) {
			log.Debug(fmt.Sprintf(format, args...), "from", "aws-sdk", "class", string(class))
		}
	})
}
