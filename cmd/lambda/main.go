// Command lambda runs Links as an AWS Lambda function behind an API Gateway REST API
// or HTTP API, a function URL or an Application Load Balancer.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"links/internal/api"
	"links/internal/config"
	"links/internal/lambdahttp"
	"links/internal/store/dynamostore"
)

// warmTimeout limits how long the start waits for a connection to the store. It allows
// a handshake within the region, and is short compared with Lambda's timeout for the
// start. If it expires, the first request connects.
const warmTimeout = time.Second

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Environ(), os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "links:", err)
		os.Exit(1)
	}
}

// run starts the function and handles events until Lambda ends the process. It returns
// only if the start fails. With the argument -check it only checks the settings.
//
// Everything is created before the first event, because Lambda provides more CPU
// during the start.
func run(
	ctx context.Context, args []string, getenv func(string) string, environ []string, stderr io.Writer,
) error {
	c, err := readConfig(getenv)
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: c.Log}))
	for _, problem := range config.Unknown(config.Lambda, environ) { // may be the cause of err
		log.Warn(problem)
	}
	if err != nil || slices.Equal(args, []string{"-check"}) {
		return err
	}
	slog.SetDefault(log) // for the runtime and the adapter, which use package log

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
	handler, err := api.New(api.Config{
		Store: table, Tokens: c.Tokens, Private: c.Private, CORSOrigin: c.CORSOrigin, Log: log,
	})
	if err != nil {
		return err
	}
	// The check would delay the first response. If Lambda freezes the process during
	// the check, it continues with the next event.
	handler = afterFirst(handler, func() { table.CheckShards(ctx) })
	lambda.Start(newFunction(handler, c.BasePath, log))
	return nil
}

// afterFirst returns handler, except that f is called in the background after the
// first response.
func afterFirst(handler http.Handler, f func()) http.Handler {
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		once.Do(func() { go f() })
	})
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
		err = fmt.Errorf("LINKS_STORE must be dynamodb:TABLE, not %q, because files on Lambda are not durable",
			c.Store.Kind+":"+c.Store.Name)
	}
	return c, err
}

// newFunction returns a Lambda function that passes its requests to handler.
func newFunction(handler http.Handler, basePath string, log *slog.Logger) *lambdahttp.Function {
	return &lambdahttp.Function{
		Handler:    withGateway(handler, ""),
		BadRequest: withGateway(handler, "Invalid path: a % must be followed by two hexadecimal digits."),
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
			// A tenth is reserved for the headers and the JSON around the body.
			MaxResponse: min(api.DefaultMaxResponse, invocation.MaxPayload/10*9),
			BadRequest:  badRequest,
		})))
	})
}
