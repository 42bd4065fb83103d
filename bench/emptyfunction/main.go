// Command emptyfunction is a Lambda function that does nothing: the least that a first answer can take.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context) (string, error) { return "", nil })
}
