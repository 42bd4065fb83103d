package metrics

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

// DynamoDBMiddleware adds the metrics of DynamoDB. The function that it returns has the calls of an SDK's client counted; it is for
// dynamostore.Config.
func (m *Metrics) DynamoDBMiddleware() func(*middleware.Stack) error {
	newCounter := func(name, help string) *prometheus.CounterVec {
		counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "links_dynamodb_" + name, Help: help}, []string{"operation"})
		m.registry.MustRegister(counter)
		return counter
	}
	d := dynamoDBCounters{
		calls:     newCounter("calls_total", "Calls of DynamoDB; one may take several attempts."),
		failures:  newCounter("failed_calls_total", "Calls of DynamoDB that failed after all attempts, conditions that did not hold included."),
		retries:   newCounter("retries_total", "Attempts after the first of a call."),
		throttles: newCounter("throttles_total", "Attempts that DynamoDB throttled."),
		units: newCounter("consumed_units_total", "Capacity units consumed, of the table and its index: read or write units, as the operation is. "+
			"A write whose condition failed counts as 1, the least that DynamoDB charges, since it returns no number. "+
			"Attempts that failed otherwise count as 0."),
	}
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("CountCalls", d.count), middleware.Before)
	}
}

type dynamoDBCounters struct {
	calls, failures, retries, throttles, units *prometheus.CounterVec // by operation
}

// count makes a call and counts it. It asks DynamoDB for what the call consumed, which costs nothing.
func (d dynamoDBCounters) count(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	out middleware.InitializeOutput, metadata middleware.Metadata, err error,
) {
	switch input := in.Parameters.(type) {
	case *dynamodb.GetItemInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.QueryInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.UpdateItemInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	case *dynamodb.DeleteItemInput:
		input.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	}
	out, metadata, err = next.HandleInitialize(ctx, in)

	operation := awsmiddleware.GetOperationName(ctx)
	d.calls.WithLabelValues(operation).Inc()
	if err != nil {
		d.failures.WithLabelValues(operation).Inc()
	}
	attempts, _ := retry.GetAttemptResults(metadata)
	d.retries.WithLabelValues(operation).Add(float64(max(0, len(attempts.Results)-1)))
	throttled := 0
	for _, attempt := range attempts.Results {
		if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(attempt.Err).Bool() {
			throttled++
		}
	}
	d.throttles.WithLabelValues(operation).Add(float64(throttled))
	d.units.WithLabelValues(operation).Add(consumedUnits(out.Result, err))
	return out, metadata, err
}

// failedConditionUnits is the least that a write consumes whose condition failed. DynamoDB charges it by the size of the
// item. The store's conditions fail only where no item exists.
const failedConditionUnits = 1

// consumedUnits returns 0 for a call that failed, except by its condition, or that consumes none.
func consumedUnits(result any, err error) float64 {
	if _, failed := errors.AsType[*types.ConditionalCheckFailedException](err); failed {
		return failedConditionUnits
	}
	var consumed *types.ConsumedCapacity
	switch output := result.(type) {
	case *dynamodb.GetItemOutput:
		consumed = output.ConsumedCapacity
	case *dynamodb.QueryOutput:
		consumed = output.ConsumedCapacity
	case *dynamodb.UpdateItemOutput:
		consumed = output.ConsumedCapacity
	case *dynamodb.DeleteItemOutput:
		consumed = output.ConsumedCapacity
	}
	if consumed == nil {
		return 0
	}
	return aws.ToFloat64(consumed.CapacityUnits)
}
