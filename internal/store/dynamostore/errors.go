package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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
	case errors.As(err, &missing):
		return fmt.Errorf("dynamostore: table %s or its index %s is missing: create it, or set LINKS_CREATE_TABLE=true to have it created at the start: %w",
			s.table, indexName, err)
	case unavailable(err):
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	default:
		return fmt.Errorf("dynamostore: %w", err)
	}
}

// unavailable says whether the same call may succeed later: whether DynamoDB throttled it, failed (5xx), was not reached or
// broke off its answer. Most of it is what the SDK retries; it does not retry where the host is unknown to DNS.
func unavailable(err error) bool {
	return outOfReach(err) || errors.Is(err, io.ErrUnexpectedEOF) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}

// outOfReach says whether a request got no answer: refused or broken connections, DNS, TLS.
func outOfReach(err error) bool {
	var unsent *smithyhttp.RequestSendError
	return errors.As(err, &unsent)
}

func addNameCause(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("NameCause", nameCause), middleware.Before)
}

// nameCause returns the fault that a call met last, where the SDK returns the deadline that ended the retries: a table that
// throttles until the deadline is throttled and not slow.
func nameCause(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	out middleware.InitializeOutput, metadata middleware.Metadata, err error,
) {
	out, metadata, err = next.HandleInitialize(ctx, in)
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return out, metadata, err
	}
	attempts, _ := retry.GetAttemptResults(metadata)
	for _, attempt := range slices.Backward(attempts.Results) {
		if attempt.Retried {
			return out, metadata, fmt.Errorf("until the deadline, %d attempts: %w", len(attempts.Results), attempt.Err)
		}
	}
	return out, metadata, err
}
