// Package dynamotest gives tests DynamoDB tables of their own, on the engine that AWS_ENDPOINT_URL_DYNAMODB names. Where
// there is none the tests are skipped, or fail when REQUIRE_DYNAMODB is set.
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

	"links/internal/store/dynamostore"
)

const howTo = "to run this test: make test, or docker compose up -d dynamodb and then " +
	"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 go test ./..."

// timeout is for what a test does before and after its own work.
const timeout = 2 * time.Minute

// Endpoint returns the URL of the engine. It makes the configuration of this process, and of programs that it starts, one
// for local tests: what the AWS SDK reads next can't be a real account. The test is skipped, or fails, without an engine.
func Endpoint(t testing.TB) string {
	t.Helper()
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	err := answers(endpoint)
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

// Table returns the name of a table that does not exist yet. What the test makes under this name is deleted at its end,
// unless KEEP_TABLES is set: DynamoDB Local takes longer to delete a table than to make it.
func Table(t testing.TB) string {
	t.Helper()
	client := client(t, Endpoint(t))
	table := "test-" + uuid.NewString()
	if os.Getenv("KEEP_TABLES") != "" {
		return table
	}
	t.Cleanup(func() {
		// t.Context is done by now
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		var missing *types.ResourceNotFoundException
		if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table}); err != nil && !errors.As(err, &missing) {
			t.Errorf("deleting table %s: %v", table, err)
		}
	})
	return table
}

// Open returns an empty Store on a new table, with so many list shards. Both are gone when the test has ended; the test may
// close the Store before.
func Open(t testing.TB, shards int) *dynamostore.Store {
	t.Helper()
	return OpenTable(t, Table(t), shards)
}

// OpenTable returns a Store on the table, which it creates when it is missing. It is closed when the test has ended; the
// test may close it before.
func OpenTable(t testing.TB, table string, shards int) *dynamostore.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	s, err := dynamostore.Open(ctx, dynamostore.Config{AWS: AWS(t), Table: table, ListShards: shards, CreateTable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var errNotLocal = errors.New("AWS_ENDPOINT_URL_DYNAMODB must name this machine, as http://127.0.0.1:8000 does: tests create and delete tables")

// answers returns nil when there is an engine at the endpoint, on this machine.
func answers(endpoint string) error {
	if endpoint == "" {
		return errors.New("AWS_ENDPOINT_URL_DYNAMODB is not set")
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("AWS_ENDPOINT_URL_DYNAMODB is %q, which is no URL", endpoint)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && !ip.IsLoopback() {
		return errNotLocal
	}
	port := cmp.Or(u.Port(), u.Scheme) // net knows the ports of http and https by name
	connection, err := net.DialTimeout("tcp", net.JoinHostPort(u.Hostname(), port), timeout)
	if err != nil {
		return fmt.Errorf("nothing answers at AWS_ENDPOINT_URL_DYNAMODB: %w", err)
	}
	return connection.Close()
}

// configure sets the variables once and for the whole process: testing.TB's Setenv would rule out parallel tests.
var configure = sync.OnceFunc(func() {
	for name, value := range map[string]string{
		"AWS_REGION":            "us-east-1",
		"AWS_ACCESS_KEY_ID":     "local",
		"AWS_SECRET_ACCESS_KEY": "local",
	} {
		_ = os.Setenv(name, value)
	}
	// the certificates are never used, and parsing them takes 5 ms for each Store
	for _, name := range []string{"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"} {
		_ = os.Unsetenv(name)
	}
})

// AWS returns the configuration of the AWS SDK as its variables have it, without what the SDK logs.
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
