package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"links/internal/store"
)

// storeError maps an error of the SDK to the errors of package store, and adds
// the remedy.
func (s *Store) storeError(ctx context.Context, err error) error {
	var missing *types.ResourceNotFoundException
	switch done := ctx.Err(); {
	case err == nil, errors.Is(err, store.ErrNotFound):
		return err
	case done != nil && errors.Is(err, done):
		return fmt.Errorf("dynamostore: %w", err)
	case isMissingIndex(err):
		return fmt.Errorf("dynamostore: table %s has no index %s: recreate it, see docs/operations.md: %w",
			s.table, indexName, err)
	case errors.As(err, &missing):
		return fmt.Errorf("dynamostore: table %s does not exist: create it, or set LINKS_CREATE_TABLE=true: %w",
			s.table, err)
	case isTransient(err):
		return fmt.Errorf("%w: %s%w", store.ErrUnavailable, throttlingHint(err), err)
	default:
		return fmt.Errorf("dynamostore: %w", err)
	}
}

// isMissingIndex reports whether the table exists without the index. DynamoDB
// has no exception for this.
func isMissingIndex(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationException" &&
		strings.Contains(api.ErrorMessage(), "specified index")
}

// isTransient reports whether a retry may succeed: DynamoDB throttled the call,
// failed (5xx), was unreachable, did not respond or truncated its response. The
// SDK retries exactly these errors.
func isTransient(err error) bool {
	return isConnectError(err) || isTimeout(err) || errors.Is(err, io.ErrUnexpectedEOF) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}

// isTimeout reports whether an attempt got no response in time.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// throttlingHint returns the remedy if DynamoDB reported why it throttled, or
// "".
func throttlingHint(err error) string {
	var reasons []types.ThrottlingReason
	var table *types.ProvisionedThroughputExceededException
	var account *types.RequestLimitExceeded
	var other *types.ThrottlingException
	switch {
	case errors.As(err, &table):
		reasons = table.ThrottlingReasons
	case errors.As(err, &account):
		reasons = account.ThrottlingReasons
	case errors.As(err, &other):
		reasons = other.ThrottlingReasons
	}
	for _, r := range reasons {
		// A reason is a resource, an operation and a limit, such as
		// IndexWriteKeyRangeThroughputExceeded.
		switch reason := aws.ToString(r.Reason); {
		case strings.HasPrefix(reason, "Index") && strings.HasSuffix(reason, "KeyRangeThroughputExceeded"):
			return fmt.Sprintf("throughput of a key of index %s exceeded, increase LINKS_LIST_SHARDS: ", indexName)
		case strings.HasSuffix(reason, "MaxOnDemandThroughputExceeded"):
			return "on-demand throughput limit exceeded, increase MaxReadUnits or MaxWriteUnits of template.yml: "
		}
	}
	return ""
}

// isConnectError reports whether a request could not be sent, because of a
// refused or broken connection, DNS or TLS.
func isConnectError(err error) bool {
	var unsent *smithyhttp.RequestSendError
	return errors.As(err, &unsent) && !isTimeout(err)
}

func addReportLastAttempt(stack *middleware.Stack) error {
	report := middleware.InitializeMiddlewareFunc("ReportLastAttempt", reportLastAttempt)
	return stack.Initialize.Add(report, middleware.Before)
}

// reportLastAttempt replaces the deadline error that ends the SDK's retries
// with the last error of an attempt. A table that throttles until the deadline
// is therefore reported as throttled, not as slow. If all attempts timed out,
// the deadline error stays.
func reportLastAttempt(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	out middleware.InitializeOutput, metadata middleware.Metadata, err error,
) {
	out, metadata, err = next.HandleInitialize(ctx, in)
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return out, metadata, err
	}
	attempts, _ := retry.GetAttemptResults(metadata)
	for _, attempt := range slices.Backward(attempts.Results) {
		if attempt.Retried && !isTimeout(attempt.Err) {
			return out, metadata, fmt.Errorf("%d attempts until the deadline: %w", len(attempts.Results), attempt.Err)
		}
	}
	return out, metadata, err
}
