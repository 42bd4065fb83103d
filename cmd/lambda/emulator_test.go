package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"links/internal/api/apitest"
	"links/internal/lambdahttp/gatewaytest"
	"links/internal/store/dynamostore/dynamotest"
)

func TestContractInTheRuntime(t *testing.T) {
	program := build(t)
	start := func(t *testing.T, s apitest.Service) (string, *http.Client) {
		e := gatewaytest.StartEmulator(t, program, serviceEnvironment(t, s)...)
		return gatewaytest.RESTAPI().BaseURL(), gatewaytest.RESTAPI().Client(e.Invoke)
	}
	apitest.Run(t, start)
	apitest.RunLarge(t, start)
}

func TestTheArticlesRequestsInTheRuntimeBehindEveryGateway(t *testing.T) {
	e := gatewaytest.StartEmulator(t, build(t), serviceEnvironment(t, apitest.Service{})...)
	const stored = `{"link_id":"95555d86-7dd0-51a7-ab15-99805fb8a4e4"}`
	const listed = `[{"link_id":"95555d86-7dd0-51a7-ab15-99805fb8a4e4","link":"https://www.google.com"}]`
	for _, gateway := range gatewaytest.All() {
		client := gateway.Client(e.Invoke)
		for range 2 {
			if a := send(t, client, "POST", gateway.BaseURL()+"/link", `{"link": "https://www.google.com"}`); a.status != 200 || a.body != stored {
				t.Errorf("%s: POST is answered %d %s", gateway.Name, a.status, a.body)
			}
		}
		if a := send(t, client, "GET", gateway.BaseURL()+"/link", ""); a.status != 200 || a.body != listed {
			t.Errorf("%s: GET is answered %d %s", gateway.Name, a.status, a.body)
		}
		if a := send(t, client, "OPTIONS", gateway.BaseURL()+"/link", ""); a.status != 200 || a.header.Get("Access-Control-Allow-Methods") == "" {
			t.Errorf("%s: OPTIONS is answered %d %v", gateway.Name, a.status, a.header)
		}
	}
}

func TestSAMsExampleEventsInTheRuntime(t *testing.T) {
	sam := samCLI(t)
	e := gatewaytest.StartEmulator(t, build(t), serviceEnvironment(t, apitest.Service{})...)
	example := func(arguments ...string) []byte {
		cmd := exec.CommandContext(t.Context(), sam, append([]string{"local", "generate-event"}, arguments...)...)
		cmd.Env = append(cmd.Environ(), "SAM_CLI_TELEMETRY=0")
		cmd.Dir = t.TempDir() // away from a samconfig.toml
		event, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", cmd, err)
		}
		return event
	}
	const body = `{"link": "https://www.google.com"}`
	post := []string{"--method", "POST", "--path", "link", "--body", body}
	for _, kind := range [][]string{{"apigateway", "aws-proxy"}, {"apigateway", "http-api-proxy"}, {"alb", "request"}} {
		answer, err := e.Invoke(t.Context(), example(append(kind, post...)...))
		if err != nil || !strings.Contains(string(answer), `"statusCode":200`) || !strings.Contains(string(answer), "95555d86-7dd0-51a7-ab15-99805fb8a4e4") {
			t.Errorf("%v is answered %s, %v", kind, answer, err)
		}
		// as it comes, it is for another path
		if answer, err = e.Invoke(t.Context(), example(kind...)); err != nil || !strings.Contains(string(answer), `"statusCode":404`) {
			t.Errorf("%v is answered %s, %v", kind, answer, err)
		}
	}
	if answer, err := e.Invoke(t.Context(), example("s3", "put")); err == nil {
		t.Errorf("an event of S3 is answered %s", answer)
	}
	if a := send(t, gatewaytest.ALB().Client(e.Invoke), "GET", gatewaytest.ALB().BaseURL()+"/healthz", ""); a.status != 200 {
		t.Errorf("after an event of S3: %d %s", a.status, a.body)
	}
}

func TestAStoreThatHangsIsAnsweredBeforeLambdaEndsTheCall(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	dynamotest.Endpoint(t)
	e := gatewaytest.StartEmulator(t, build(t), "AWS_LAMBDA_FUNCTION_TIMEOUT=2", "AWS_ENDPOINT_URL_DYNAMODB=http://"+silent.Addr().String())
	gateway := gatewaytest.RESTAPI()
	client := gateway.Client(e.Invoke)
	if a := send(t, client, "GET", gateway.BaseURL()+"/healthz", ""); a.status != 200 {
		t.Fatalf("/healthz is answered %d %s", a.status, a.body)
	}
	// A health check does not access the store, so the start opened the connection.
	if err := silent.(*net.TCPListener).SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	warmed, err := silent.Accept()
	if err != nil {
		t.Fatalf("the start does not connect to the store: %v", err)
	}
	defer warmed.Close()
	for _, method := range []string{"GET", "POST"} {
		a := send(t, client, method, gateway.BaseURL()+"/link", `{"link": "https://www.google.com"}`)
		var failure struct{ Error, Reference string }
		if err := json.Unmarshal([]byte(a.body), &failure); err != nil || a.status != http.StatusGatewayTimeout || a.header.Get("Retry-After") == "" || failure.Reference != a.header.Get("X-Request-Id") {
			t.Errorf("%s is answered %d %v %s", method, a.status, a.header, a.body)
		}
	}
	if a := send(t, client, "GET", gateway.BaseURL()+"/healthz", ""); a.status != 200 {
		t.Errorf("afterwards /healthz is answered %d %s", a.status, a.body)
	}
}

// serviceEnvironment is the variables of a service with a table of its own.
func serviceEnvironment(t *testing.T, s apitest.Service) []string {
	return []string{
		"LINKS_STORE=dynamodb:" + dynamotest.Table(t), "LINKS_CREATE_TABLE=true",
		"LINKS_TOKEN_SHA256=" + s.TokenSHA256, fmt.Sprintf("LINKS_PRIVATE=%t", s.Private), "LINKS_CORS_ORIGIN=" + s.CORSOrigin,
	}
}

func samCLI(t *testing.T) string {
	t.Helper()
	gatewaytest.NeedEmulator(t)
	path := os.Getenv("SAM_CLI")
	if path == "" {
		path = "sam"
	}
	path, err := exec.LookPath(path)
	if err != nil {
		gatewaytest.SkipOrFail(t, "neither SAM_CLI nor PATH has the program sam, of the Python package aws-sam-cli")
	}
	return path
}

// build builds the function as the zip has it, but for this machine, and without -trimpath: with it all packages would be
// compiled once more.
func build(t *testing.T) string {
	t.Helper()
	gatewaytest.NeedEmulator(t)
	dynamotest.Endpoint(t)
	program := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", program, "links/cmd/lambda")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, output)
	}
	return program
}

func send(t *testing.T, client *http.Client, method, url, body string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, client, r)
}
