package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"links/internal/api/apitest"
	"links/internal/api/apitest/doors"
	"links/internal/store/dynamostore/dynamotest"
)

// AWS's Runtime Interface Emulator runs the program as Lambda does: it starts it at the first invocation and speaks the
// runtime API with it. What it does otherwise: it starts a program that has ended anew and does not count what went wrong,
// it tells a function's error by the body of a 200, and of two invocations at once it refuses one.

// handlerVariable makes the test program itself a Lambda function with one of testHandlers, for what the product cannot be
// made to do.
const handlerVariable = "LAMBDA_TEST_HANDLER"

func TestMain(m *testing.M) {
	if name := os.Getenv(handlerVariable); name != "" {
		lambda.Start(testHandlers[name])
	}
	os.Exit(m.Run())
}

var testHandlers = map[string]lambda.Handler{
	"function": newFunction(http.HandlerFunc(misbehave)),
	"adapter":  handlerFunc(bareAdapter(doors.RESTAPI(), http.HandlerFunc(misbehave))),
}

type handlerFunc doors.Invoke

func (f handlerFunc) Invoke(ctx context.Context, event []byte) ([]byte, error) { return f(ctx, event) }

func misbehave(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/panic":
		panic("boom")
	case "/half":
		_, _ = w.Write([]byte("half"))
		panic(http.ErrAbortHandler)
	case "/large":
		_, _ = w.Write(make([]byte, 7<<20))
	case "/full":
		_, _ = w.Write(bytes.Repeat([]byte("<"), 6_000_000))
	default:
		fmt.Fprint(w, os.Getpid())
	}
}

func TestContractInTheRuntime(t *testing.T) {
	program := build(t)
	start := func(t *testing.T, s apitest.Service) (string, *http.Client) {
		e := startEmulator(t, program, serviceEnvironment(t, s)...)
		return doors.RESTAPI().BaseURL(), doors.RESTAPI().Client(e.invoke)
	}
	apitest.Run(t, start)
	apitest.RunLarge(t, start)
}

func TestTheArticlesRequestsInTheRuntimeBehindEveryFrontDoor(t *testing.T) {
	e := startEmulator(t, build(t), serviceEnvironment(t, apitest.Service{})...)
	const stored = `{"link_id":"95555d86-7dd0-51a7-ab15-99805fb8a4e4"}`
	const listed = `[{"link_id":"95555d86-7dd0-51a7-ab15-99805fb8a4e4","link":"https://www.google.com"}]`
	for _, door := range doors.All() {
		client := door.Client(e.invoke)
		for range 2 {
			if a := send(t, client, "POST", door.BaseURL()+"/link", `{"link": "https://www.google.com"}`); a.status != 200 || a.body != stored {
				t.Errorf("%s: POST is answered %d %s", door.Name, a.status, a.body)
			}
		}
		if a := send(t, client, "GET", door.BaseURL()+"/link", ""); a.status != 200 || a.body != listed {
			t.Errorf("%s: GET is answered %d %s", door.Name, a.status, a.body)
		}
		if a := send(t, client, "OPTIONS", door.BaseURL()+"/link", ""); a.status != 200 || a.header.Get("Access-Control-Allow-Methods") == "" {
			t.Errorf("%s: OPTIONS is answered %d %v", door.Name, a.status, a.header)
		}
	}
}

func TestSAMsExampleEventsInTheRuntime(t *testing.T) {
	sam := samCLI(t)
	e := startEmulator(t, build(t), serviceEnvironment(t, apitest.Service{})...)
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
		answer, err := e.invoke(t.Context(), example(append(kind, post...)...))
		if err != nil || !strings.Contains(string(answer), `"statusCode":200`) || !strings.Contains(string(answer), "95555d86-7dd0-51a7-ab15-99805fb8a4e4") {
			t.Errorf("%v is answered %s, %v", kind, answer, err)
		}
		// as it comes, it is for another path
		if answer, err = e.invoke(t.Context(), example(kind...)); err != nil || !strings.Contains(string(answer), `"statusCode":404`) {
			t.Errorf("%v is answered %s, %v", kind, answer, err)
		}
	}
	if answer, err := e.invoke(t.Context(), example("s3", "put")); err == nil {
		t.Errorf("an event of S3 is answered %s", answer)
	}
	if a := send(t, doors.ALB().Client(e.invoke), "GET", doors.ALB().BaseURL()+"/healthz", ""); a.status != 200 {
		t.Errorf("after an event of S3: %d %s", a.status, a.body)
	}
}

func TestTheProcessSurvivesWhatEndsItWithTheAdapterAlone(t *testing.T) {
	for _, handler := range []string{"function", "adapter"} {
		e := startEmulator(t, os.Args[0], handlerVariable+"="+handler)
		client := doors.RESTAPI().Client(e.invoke)
		for _, path := range []string{"/panic", "/half", "/large"} {
			before := send(t, client, "GET", doors.RESTAPI().BaseURL()+"/pid", "").body
			if a := send(t, client, "GET", doors.RESTAPI().BaseURL()+path, ""); a.status != http.StatusBadGateway {
				t.Errorf("%s: %s is answered %d %.100s", handler, path, a.status, a.body)
			}
			after := send(t, client, "GET", doors.RESTAPI().BaseURL()+"/pid", "").body
			if survived := before == after; survived != (handler == "function") {
				t.Errorf("%s: process %s before %s, %s after it", handler, before, path, after)
			}
		}
		if a := send(t, client, "GET", doors.RESTAPI().BaseURL()+"/full", ""); handler == "function" && (a.status != 200 || len(a.body) != 6_000_000) {
			t.Errorf("an answer of 6 MB is answered %d with %d bytes: %v", a.status, len(a.body), a.header)
		}
	}
}

func TestAStoreThatHangsIsAnsweredBeforeLambdaEndsTheCall(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	dynamotest.Endpoint(t)
	e := startEmulator(t, build(t), "AWS_LAMBDA_FUNCTION_TIMEOUT=2", "AWS_ENDPOINT_URL_DYNAMODB=http://"+silent.Addr().String())
	door := doors.RESTAPI()
	client := door.Client(e.invoke)
	if a := send(t, client, "GET", door.BaseURL()+"/healthz", ""); a.status != 200 {
		t.Fatalf("/healthz is answered %d %s", a.status, a.body)
	}
	for _, method := range []string{"GET", "POST"} {
		a := send(t, client, method, door.BaseURL()+"/link", `{"link": "https://www.google.com"}`)
		var failure struct{ Error, Reference string }
		if err := json.Unmarshal([]byte(a.body), &failure); err != nil || a.status != http.StatusGatewayTimeout || a.header.Get("Retry-After") == "" || failure.Reference != a.header.Get("X-Request-Id") {
			t.Errorf("%s is answered %d %v %s", method, a.status, a.header, a.body)
		}
	}
	if a := send(t, client, "GET", door.BaseURL()+"/healthz", ""); a.status != 200 {
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

// emulatorPath is where the emulator is. The test is skipped, or fails, without it.
func emulatorPath(t *testing.T) string {
	t.Helper()
	path := os.Getenv("LAMBDA_RIE")
	if path == "" {
		skipOrFail(t, "LAMBDA_RIE does not name AWS's Runtime Interface Emulator, which is in the Python package aws-sam-cli as samcli/local/rapid/aws-lambda-rie-x86_64")
	}
	return path
}

func samCLI(t *testing.T) string {
	t.Helper()
	emulatorPath(t)
	path := os.Getenv("SAM_CLI")
	if path == "" {
		path = "sam"
	}
	path, err := exec.LookPath(path)
	if err != nil {
		skipOrFail(t, "neither SAM_CLI nor PATH has the program sam, of the Python package aws-sam-cli")
	}
	return path
}

func skipOrFail(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_RIE") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// build builds the function as the zip has it, but for this machine.
func build(t *testing.T) string {
	t.Helper()
	emulatorPath(t)
	dynamotest.Endpoint(t)
	program := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", program, "links/cmd/lambda")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, output)
	}
	return program
}

// emulator is a running emulator.
type emulator struct {
	url string
	one sync.Mutex // it runs one invocation at a time
}

// startEmulator runs the program under an emulator, with variables besides this process's, until the test ends.
func startEmulator(t *testing.T, program string, variables ...string) *emulator {
	t.Helper()
	front, runtime := freeAddress(t), freeAddress(t)
	cmd := exec.Command(emulatorPath(t), "--runtime-interface-emulator-address", front, "--runtime-api-address", runtime, program)
	cmd.Env = append(cmd.Environ(), variables...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // the program ends when its runtime API does
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the emulator's log:\n%s", log.String())
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", front)
		if err == nil {
			connection.Close()
			return &emulator{url: "http://" + front + "/2015-03-31/functions/function/invocations"}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the emulator does not listen: %v", err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// invoke is a doors.Invoke.
func (e *emulator) invoke(ctx context.Context, event []byte) ([]byte, error) {
	e.one.Lock()
	defer e.one.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(event))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var failure struct {
		Message *string `json:"errorMessage"`
	}
	if json.Unmarshal(answer, &failure) == nil && failure.Message != nil {
		return nil, errors.New(*failure.Message)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the emulator answers %s: %s", response.Status, answer)
	}
	return answer, nil
}

func send(t *testing.T, client *http.Client, method, url, body string) got {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, client, r)
}
