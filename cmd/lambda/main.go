// Command lambda runs Links as an AWS Lambda function behind an API Gateway REST API or HTTP API, a Function URL or an
// Application Load Balancer; the event tells which.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"links/internal/api"
	"links/internal/config"
	"links/internal/lambdahttp"
	"links/internal/store/dynamostore"
)

// warmTimeout is how long the start may wait for the store's connection: enough for a handshake in the same region, and
// short beside the 10 seconds that Lambda gives the start. The first request connects when this was not enough.
const warmTimeout = time.Second

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "links:", err)
		os.Exit(1)
	}
}

// run builds everything before the first event, while the start has a whole CPU, and then answers events until Lambda ends
// the process. It returns only when it cannot start, or, with the argument -check, after it has checked the settings.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	c, err := readConfig(getenv)
	if err != nil || slices.Equal(args, []string{"-check"}) {
		return err
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: c.Log}))
	slog.SetDefault(log) // the runtime and the adapter write with package log

	aws, err := awsConfig(getenv)
	if err != nil {
		return err
	}
	table, err := dynamostore.Open(ctx, dynamostore.Config{
		AWS: aws, Table: c.Store.Name, ListShards: c.ListShards, CreateTable: c.CreateTable, Log: log,
	})
	if err != nil {
		return fmt.Errorf("LINKS_STORE: %w", err)
	}
	warmUp(ctx, table.Connect)
	handler, err := api.New(api.Config{Store: table, Tokens: c.Tokens, Private: c.Private, CORSOrigin: c.CORSOrigin, Log: log})
	if err != nil {
		return err
	}
	lambda.Start(newFunction(handler, c.BasePath, log))
	return nil
}

// warmUp calls warm with a context that ends after warmTimeout.
func warmUp(ctx context.Context, warm func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, warmTimeout)
	defer cancel()
	warm(ctx)
}

// readConfig reads the settings. Its error contains every problem.
func readConfig(getenv func(string) string) (config.Config, error) {
	c, err := config.Read(config.Settings(config.Lambda), getenv)
	if err == nil && c.Store.Kind != config.DynamoDB {
		err = fmt.Errorf("LINKS_STORE must be dynamodb:TABLE on Lambda, whose disk does not last, not %q", c.Store.Kind+":"+c.Store.Name)
	}
	return c, err
}

// newFunction is the handler as a Lambda function.
func newFunction(handler http.Handler, basePath string, log *slog.Logger) *lambdahttp.Function {
	return &lambdahttp.Function{
		Handler:    withGateway(handler, ""),
		BadRequest: withGateway(handler, "The path is malformed: a % must be followed by two hexadecimal digits."),
		BasePath:   basePath,
		Log:        log,
	}
}

// withGateway passes handler an api.Gateway with each request. If badRequest is
// not empty, handler responds 400 with it.
func withGateway(handler http.Handler, badRequest string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		invocation := lambdahttp.InvocationFromContext(r.Context())
		handler.ServeHTTP(w, r.WithContext(api.WithGateway(r.Context(), api.Gateway{
			RequestID: invocation.RequestID,
			// a tenth is left for headers and the JSON around
			MaxResponse: min(api.DefaultMaxResponse, invocation.MaxPayload/10*9),
			BadRequest:  badRequest,
		})))
	})
}
