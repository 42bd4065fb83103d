// Command emptyfunction is a Lambda function that does nothing. Its cold start is
// the lower bound for a Go function.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context) (string, error) { return "", nil })
}
