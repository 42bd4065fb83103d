// Package dynamotest creates tables and opens stores for tests, on the
// DynamoDB-compatible server at AWS_ENDPOINT_URL_DYNAMODB. Without a server,
// tests are skipped, or fail if REQUIRE_DYNAMODB is set.
package dynamotest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/logging"
	"github.com/google/uuid"

	"links/internal/link"
	"links/internal/store/dynamostore"
)

const howTo = "to run this test: make test, or docker compose up -d dynamodb and then " +
	"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 go test ./..."

// timeout limits the setup and the cleanup of a test, and each attempt of a
// call.
const timeout = 2 * time.Minute

// Endpoint returns the URL of the server. It configures the environment of this
// process and its child processes for local tests, so that the AWS SDK cannot
// use a real account. Without a server, it skips the test or makes it fail.
func Endpoint(t testing.TB) string {
	t.Helper()
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	err := checkEndpoint(endpoint)
	switch {
	case errors.Is(err, errNotLocal):
		t.Fatal(err)
	case err != nil && os.Getenv("REQUIRE_DYNAMODB") != "":
		t.Fatalf("%v; %s", err, howTo)
	case err != nil:
		t.Skipf("%v; %s", err, howTo)
	}
	configure()
	return endpoint
}

// Table returns the name of a table that does not exist. The Cleanup of the
// test deletes the table, unless KEEP_TABLES is set: in DynamoDB Local,
// deleting a table is slow.
func Table(t testing.TB) string {
	t.Helper()
	client := client(t, Endpoint(t))
	table := "test-" + uuid.NewString()
	warmUp.Do(func() { requestOnce(t, client, table+"-warm-up") })
	t.Cleanup(func() { deleteTable(t, client, table) })
	return table
}

// deleteTable deletes a table if it exists, unless KEEP_TABLES is set.
func deleteTable(t testing.TB, client *dynamodb.Client, table string) {
	if os.Getenv("KEEP_TABLES") != "" {
		return
	}
	// In Cleanup, t.Context is already done.
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var missing *types.ResourceNotFoundException
	_, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
	if err != nil && !errors.As(err, &missing) {
		t.Errorf("DeleteTable of %s: got %v", table, err)
	}
}

// warmUp runs requestOnce once in each process. The first requests after the
// start of DynamoDB Local can exceed the timeouts of a server.
var warmUp sync.Once

// requestOnce sends each kind of request, with a table that it deletes.
func requestOnce(t testing.TB, client *dynamodb.Client, table string) {
	t.Helper()
	s := OpenTable(t, table, 1)
	defer deleteTable(t, client, table)
	l, err := link.Parse("https://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.List(t.Context(), link.Position{}, 1) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(t.Context(), l.ID); err != nil {
		t.Fatal(err)
	}
}

// Open returns an empty Store on a new table, with the given number of list
// shards. The Cleanup of the test closes the Store, unless the test has closed
// it, and deletes the table.
func Open(t testing.TB, shards int) *dynamostore.Store {
	t.Helper()
	return OpenTable(t, Table(t), shards)
}

// OpenTable returns a Store on the table, which it creates if it does not
// exist. The Cleanup of the test closes the Store, unless the test has closed
// it.
func OpenTable(t testing.TB, table string, shards int) *dynamostore.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	c := Config(t, table)
	c.ListShards, c.CreateTable = shards, true
	s, err := dynamostore.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Config returns the configuration of a Store on the table, which must exist.
//
// No attempt of the Store times out because the machine is busy. The retry of a
// Delete would return store.ErrNotFound, and retries would change the numbers
// of calls and capacity units that tests count.
func Config(t testing.TB, table string) dynamostore.Config {
	t.Helper()
	return dynamostore.Config{AWS: AWS(t), Table: table, ResponseTimeout: timeout}
}

var errNotLocal = errors.New("AWS_ENDPOINT_URL_DYNAMODB is not a loopback URL, such as http://127.0.0.1:8000: " +
	"tests create and delete tables")

// checkEndpoint returns an error unless a server on this machine accepts
// connections at the endpoint.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return errors.New("AWS_ENDPOINT_URL_DYNAMODB is not set")
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("AWS_ENDPOINT_URL_DYNAMODB is not a valid URL: %q", endpoint)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && !ip.IsLoopback() {
		return errNotLocal
	}
	port := cmp.Or(u.Port(), u.Scheme) // package net accepts the names http and https
	connection, err := net.DialTimeout("tcp", net.JoinHostPort(u.Hostname(), port), timeout)
	if err != nil {
		return fmt.Errorf("the server at AWS_ENDPOINT_URL_DYNAMODB is unreachable: %w", err)
	}
	return connection.Close()
}

// configure sets the variables of the process once. testing.TB.Setenv would not
// allow parallel tests.
var configure = sync.OnceFunc(func() {
	for name, value := range map[string]string{
		"AWS_REGION":            "us-east-1",
		"AWS_ACCESS_KEY_ID":     "local",
		"AWS_SECRET_ACCESS_KEY": "local",
	} {
		_ = os.Setenv(name, value)
	}
	// Certificates are not needed, and parsing them for each Store is slow.
	for _, name := range []string{
		"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	} {
		_ = os.Unsetenv(name)
	}
})

// AWS returns the configuration of the AWS SDK from the environment, without a
// log.
func AWS(t testing.TB) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithLogger(logging.Nop{}))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func client(t testing.TB, endpoint string) *dynamodb.Client {
	t.Helper()
	return dynamodb.NewFromConfig(AWS(t), func(o *dynamodb.Options) { o.BaseEndpoint = aws.String(endpoint) })
}
