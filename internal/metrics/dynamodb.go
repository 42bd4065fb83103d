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

// DynamoDBMiddleware registers the metrics of DynamoDB. It returns a function for
// dynamostore.Config.Middleware, which adds a middleware that counts calls.
func (m *Metrics) DynamoDBMiddleware() func(*middleware.Stack) error {
	newCounter := func(name, help string) *prometheus.CounterVec {
		opts := prometheus.CounterOpts{Name: "links_dynamodb_" + name, Help: help}
		counter := prometheus.NewCounterVec(opts, []string{"operation"})
		m.registry.MustRegister(counter)
		return counter
	}
	d := dynamoDBCounters{
		calls: newCounter("calls_total", "Calls of DynamoDB, each of one or more attempts."),
		failures: newCounter("failed_calls_total",
			"Calls of DynamoDB whose last attempt failed, including failed conditions."),
		retries:   newCounter("retries_total", "Attempts after the first of a call."),
		throttles: newCounter("throttles_total", "Attempts that DynamoDB throttled."),
		units: newCounter("consumed_units_total", "Read or write capacity units that calls consumed, "+
			"of the table and its index. A write whose condition failed counts as 1, the minimum "+
			"that DynamoDB charges. Other failed attempts count as 0."),
	}
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("CountCalls", d.count), middleware.Before)
	}
}

type dynamoDBCounters struct {
	calls, failures, retries, throttles, units *prometheus.CounterVec // labeled by operation
}

// count is a middleware that counts a call. It also requests the consumed capacity,
// which is free of charge.
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

// failedConditionUnits is the minimum that a write with a failed condition consumes.
// DynamoDB does not return the number. It is 1 if no item exists. If the tags of an
// item differ, it is a unit for each started KB of the item.
const failedConditionUnits = 1

// consumedUnits returns the capacity units that a call consumed. It returns 0 for a
// failed call, unless its condition failed.
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
