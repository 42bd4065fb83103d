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

// fault makes of an error of a call what the Store's callers tell apart.
func (s *Store) fault(ctx context.Context, err error) error {
	var missing *types.ResourceNotFoundException
	switch done := ctx.Err(); {
	case err == nil, errors.Is(err, store.ErrNotFound):
		return err
	case done != nil && errors.Is(err, done):
		return fmt.Errorf("dynamostore: %w", err)
	case lacksIndex(err):
		return fmt.Errorf("dynamostore: table %s lacks its index %s: make it anew, as docs/operations.md says: %w", s.table, indexName, err)
	case errors.As(err, &missing):
		return fmt.Errorf("dynamostore: table %s is missing: create it, or set LINKS_CREATE_TABLE=true to have it created at the start: %w", s.table, err)
	case unavailable(err):
		return fmt.Errorf("%w: %s%w", store.ErrUnavailable, throttlingHint(err), err)
	default:
		return fmt.Errorf("dynamostore: %w", err)
	}
}

// lacksIndex says whether the table is there without the index, of which DynamoDB has no exception of its own.
func lacksIndex(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationException" && strings.Contains(api.ErrorMessage(), "specified index")
}

// unavailable says whether the same call may succeed when it is made again, at once or later: whether DynamoDB throttled it,
// failed (5xx), was not reached, was silent or broke off its answer. The SDK makes another attempt for just these.
func unavailable(err error) bool {
	return outOfReach(err) || timedOut(err) || errors.Is(err, io.ErrUnexpectedEOF) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}

// timedOut says whether an attempt ended because nothing was answered.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// throttlingHint says what helps against throttling, where DynamoDB says why it throttles.
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
		// Such as IndexWriteKeyRangeThroughputExceeded: what is throttled, in which operation, by which limit.
		switch reason := aws.ToString(r.Reason); {
		case strings.HasPrefix(reason, "Index") && strings.HasSuffix(reason, "KeyRangeThroughputExceeded"):
			return fmt.Sprintf("a key of index %s takes no more, raise LINKS_LIST_SHARDS: ", indexName)
		case strings.HasSuffix(reason, "MaxOnDemandThroughputExceeded"):
			return "the bound that the table's owner has set is reached, MaxReadUnits or MaxWriteUnits in template.yml: "
		}
	}
	return ""
}

// outOfReach says whether a request could not be made: refused or broken connections, DNS, TLS.
func outOfReach(err error) bool {
	var unsent *smithyhttp.RequestSendError
	return errors.As(err, &unsent) && !timedOut(err)
}

func addNameCause(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("NameCause", nameCause), middleware.Before)
}

// nameCause returns the fault that a call met last, where the SDK returns the deadline that ended the retries: a table that
// throttles until the deadline is throttled and not slow. One that was silent is slow.
func nameCause(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	out middleware.InitializeOutput, metadata middleware.Metadata, err error,
) {
	out, metadata, err = next.HandleInitialize(ctx, in)
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return out, metadata, err
	}
	attempts, _ := retry.GetAttemptResults(metadata)
	for _, attempt := range slices.Backward(attempts.Results) {
		if attempt.Retried && !timedOut(attempt.Err) {
			return out, metadata, fmt.Errorf("until the deadline, %d attempts: %w", len(attempts.Results), attempt.Err)
		}
	}
	return out, metadata, err
}
