package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"links/internal/api/apitest"
	"links/internal/lambdahttp/gatewaytest"
	"links/internal/store/dynamostore/dynamotest"
)

// asFunction is the environment variable that makes the test program the function.
const asFunction = "RUN_TEST_BINARY_AS_FUNCTION"

// TestMain runs the tests, or the function in the emulators that the tests start.
//
// The emulators run the test program itself. A program that the tests build would
// not be an input of go test's cache, so a cached "ok" could belong to other code.
// scripts/check-template runs the function with the build flags of a deployment.
func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// startFunction runs the function in an emulator until the test ends.
func startFunction(t *testing.T, variables ...string) *gatewaytest.Emulator {
	t.Helper()
	return gatewaytest.StartEmulator(t, os.Args[0], append(variables, asFunction+"=true")...)
}

func TestContract_InEmulator(t *testing.T) {
	gatewaytest.NeedEmulator(t)
	behind := func(gateway gatewaytest.Gateway) apitest.Start {
		return func(t *testing.T, s apitest.Service) (string, *http.Client) {
			e := startFunction(t, serviceEnvironment(t, s)...)
			return gateway.BaseURL(), gateway.Client(e.Invoke)
		}
	}
	apitest.Run(t, behind(gatewaytest.RESTAPI()))
	apitest.RunLarge(t, behind(gatewaytest.RESTAPI()))
	apitest.RunCompression(t, behind(gatewaytest.HTTPAPI()))
}

func TestArticleRequests_InEmulator(t *testing.T) {
	gatewaytest.NeedEmulator(t)
	e := startFunction(t, serviceEnvironment(t, apitest.Service{})...)
	const stored = `{"link_id":"95555d86-7dd0-51a7-ab15-99805fb8a4e4"}`
	const listed = `[{"link_id":"95555d86-7dd0-51a7-ab15-99805fb8a4e4","link":"https://www.google.com"}]`
	for _, gateway := range gatewaytest.All() {
		client := gateway.Client(e.Invoke)
		for range 2 {
			got := send(t, client, "POST", gateway.BaseURL()+"/link", `{"link": "https://www.google.com"}`)
			if got.Status != 200 || got.Body != stored {
				t.Errorf("%s: POST /link: got %d %s, want 200 %s", gateway.Name, got.Status, got.Body, stored)
			}
		}
		got := send(t, client, "GET", gateway.BaseURL()+"/link", "")
		if got.Status != 200 || got.Body != listed {
			t.Errorf("%s: GET /link: got %d %s, want 200 %s", gateway.Name, got.Status, got.Body, listed)
		}
		got = send(t, client, "OPTIONS", gateway.BaseURL()+"/link", "")
		if got.Status != 200 || got.Header.Get("Access-Control-Allow-Methods") == "" {
			t.Errorf("%s: OPTIONS /link: got %d %v, want 200 and the methods", gateway.Name, got.Status, got.Header)
		}
	}
}

func TestShards_CheckedAfterFirstResponse(t *testing.T) {
	gatewaytest.NeedEmulator(t)
	p := dynamotest.NewProxy(t, (*httptest.Server).Start)
	table := dynamotest.Table(t)
	dynamotest.OpenTable(t, table, 1)
	e := startFunction(t, "LINKS_STORE=dynamodb:"+table, "AWS_ENDPOINT_URL_DYNAMODB="+p.URL)
	gateway := gatewaytest.RESTAPI()
	for range 3 { // the health check does not access the store
		if got := send(t, gateway.Client(e.Invoke), "GET", gateway.BaseURL()+"/healthz", ""); got.Status != 200 {
			t.Fatalf("GET /healthz: got %d %s, want 200", got.Status, got.Body)
		}
	}
	count := func() int { n, _ := p.Count("Query"); return n }
	for deadline := time.Now().Add(time.Minute); count() == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := count(); n != 1 {
		t.Errorf("GET /healthz, three times: got %d queries, want 1, for links in further shards", n)
	}
}

func TestSAMExampleEvents_InEmulator(t *testing.T) {
	sam := samCLI(t)
	e := startFunction(t, serviceEnvironment(t, apitest.Service{})...)
	example := func(arguments ...string) []byte {
		cmd := exec.CommandContext(t.Context(), sam, append([]string{"local", "generate-event"}, arguments...)...)
		cmd.Env = append(cmd.Environ(), "SAM_CLI_TELEMETRY=0")
		cmd.Dir = t.TempDir() // no samconfig.toml
		event, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", cmd, err)
		}
		return event
	}
	const body = `{"link": "https://www.google.com"}`
	post := []string{"--method", "POST", "--path", "link", "--body", body}
	for _, kind := range [][]string{{"apigateway", "aws-proxy"}, {"apigateway", "http-api-proxy"}, {"alb", "request"}} {
		result, err := e.Invoke(t.Context(), example(append(kind, post...)...))
		if err != nil || !strings.Contains(string(result), `"statusCode":200`) ||
			!strings.Contains(string(result), "95555d86-7dd0-51a7-ab15-99805fb8a4e4") {
			t.Errorf("Invoke(%v of POST /link): got %s, %v, want status 200 and the ID", kind, result, err)
		}
		// The default event of each kind is for another path.
		result, err = e.Invoke(t.Context(), example(kind...))
		if err != nil || !strings.Contains(string(result), `"statusCode":404`) {
			t.Errorf("Invoke(%v): got %s, %v, want status 404", kind, result, err)
		}
	}
	if result, err := e.Invoke(t.Context(), example("s3", "put")); err == nil {
		t.Errorf("Invoke(S3 event): got %s, want an error", result)
	}
	alb := gatewaytest.ALB()
	if got := send(t, alb.Client(e.Invoke), "GET", alb.BaseURL()+"/healthz", ""); got.Status != 200 {
		t.Errorf("GET /healthz after an S3 event: got %d %s, want 200", got.Status, got.Body)
	}
}

func TestSilentStore_TimesOutBeforeLambda(t *testing.T) {
	gatewaytest.NeedEmulator(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts connections and never responds
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	dynamotest.Endpoint(t)
	e := startFunction(t, "AWS_LAMBDA_FUNCTION_TIMEOUT=2", "AWS_ENDPOINT_URL_DYNAMODB=http://"+silent.Addr().String())
	gateway := gatewaytest.RESTAPI()
	client := gateway.Client(e.Invoke)
	if got := send(t, client, "GET", gateway.BaseURL()+"/healthz", ""); got.Status != 200 {
		t.Fatalf("GET /healthz: got %d %s, want 200", got.Status, got.Body)
	}
	// A health check does not access the store, so the start opens the connection.
	if err := silent.(*net.TCPListener).SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	connection, err := silent.Accept()
	if err != nil {
		t.Fatalf("the start did not connect to the store: %v", err)
	}
	defer connection.Close()
	for _, method := range []string{"GET", "POST"} {
		got := send(t, client, method, gateway.BaseURL()+"/link", `{"link": "https://www.google.com"}`)
		var body struct{ Error, Reference string }
		if err := json.Unmarshal([]byte(got.Body), &body); err != nil || got.Status != http.StatusGatewayTimeout ||
			got.Header.Get("Retry-After") == "" || body.Reference != got.Header.Get("X-Request-Id") {
			t.Errorf("%s /link: got %d %v %s, want 504, Retry-After and the request ID as Reference",
				method, got.Status, got.Header, got.Body)
		}
	}
	if got := send(t, client, "GET", gateway.BaseURL()+"/healthz", ""); got.Status != 200 {
		t.Errorf("GET /healthz after timeouts: got %d %s, want 200", got.Status, got.Body)
	}
}

// serviceEnvironment returns the environment variables of a service with a new table.
func serviceEnvironment(t *testing.T, s apitest.Service) []string {
	return []string{
		"LINKS_STORE=dynamodb:" + dynamotest.Table(t), "LINKS_CREATE_TABLE=true",
		"LINKS_TOKEN_SHA256=" + s.TokenSHA256, fmt.Sprintf("LINKS_PRIVATE=%t", s.Private),
		"LINKS_CORS_ORIGIN=" + s.CORSOrigin,
	}
}

// samCLI returns the path of the AWS SAM CLI. Without it, the test is skipped or fails.
func samCLI(t *testing.T) string {
	t.Helper()
	gatewaytest.NeedEmulator(t)
	path := os.Getenv("SAM_CLI")
	if path == "" {
		path = "sam"
	}
	path, err := exec.LookPath(path)
	if err != nil {
		gatewaytest.SkipOrFail(t, "sam not found; install the Python package aws-sam-cli, or set SAM_CLI to its path")
	}
	return path
}

func send(t *testing.T, client *http.Client, method, url, body string) gatewaytest.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return gatewaytest.Do(t, client, r)
}
