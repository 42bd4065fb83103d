package gatewaytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// An Emulator runs a program in AWS's Runtime Interface Emulator, which starts it at
// the first invocation and implements the runtime API. Unlike Lambda, it restarts a
// program that has exited, returns a function's error in the body of a 200, and
// rejects concurrent invocations.
type Emulator struct {
	url string
	one sync.Mutex // serializes invocations
}

// NeedEmulator returns the path of the emulator from LAMBDA_RIE. If the variable is
// unset, it skips the test, or fails it if REQUIRE_RIE is set.
func NeedEmulator(t testing.TB) (path string) {
	t.Helper()
	path = os.Getenv("LAMBDA_RIE")
	if path == "" {
		SkipOrFail(t, "LAMBDA_RIE is not set; set it to the path of the Runtime Interface Emulator, "+
			"which the Python package aws-sam-cli contains as samcli/local/rapid/aws-lambda-rie-x86_64")
	}
	return path
}

// SkipOrFail skips a test whose program is missing, or fails it if REQUIRE_RIE is
// set.
func SkipOrFail(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_RIE") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// StartEmulator runs the program in an emulator until the test ends. The variables
// are added to the environment of this process.
func StartEmulator(t testing.TB, program string, variables ...string) *Emulator {
	t.Helper()
	emulator, runtime := freeAddress(t), freeAddress(t)
	cmd := exec.Command(NeedEmulator(t),
		"--runtime-interface-emulator-address", emulator, "--runtime-api-address", runtime, program)
	cmd.Env = append(cmd.Environ(), variables...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // the program exits when its runtime API is closed
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("log of the emulator:\n%s", log.String())
		}
	})
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", emulator)
		if err == nil {
			connection.Close()
			return &Emulator{url: "http://" + emulator + "/2015-03-31/functions/function/invocations"}
		}
		if time.Now().After(deadline) {
			t.Fatalf("emulator does not listen: %v", err)
		}
	}
}

// freeAddress returns a listen address that nothing else uses until the emulator
// does: the port is free, and the IP address is a random loopback address.
func freeAddress(t testing.TB) string {
	t.Helper()
	random := rand.Uint32()
	ip := net.IPv4(127, byte(random>>16), byte(random>>8), 1+byte(random)%254)
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: ip})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// Invoke runs the program with an event.
func (e *Emulator) Invoke(ctx context.Context, event []byte) ([]byte, error) {
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
	result, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var failure struct {
		Message *string `json:"errorMessage"`
	}
	if json.Unmarshal(result, &failure) == nil && failure.Message != nil {
		return nil, errors.New(*failure.Message)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the emulator returned %s: %s", response.Status, result)
	}
	return result, nil
}
