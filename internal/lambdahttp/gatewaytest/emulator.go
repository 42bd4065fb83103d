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

// An Emulator runs a program as Lambda does: AWS's Runtime Interface Emulator, which starts it at the first invocation and
// speaks the runtime API with it. What it does otherwise than Lambda: it starts a program that has ended anew and does not
// count what went wrong, it tells a function's error by the body of a 200, and of two invocations at once it refuses one.
type Emulator struct {
	url string
	one sync.Mutex // it runs one invocation at a time
}

// NeedEmulator skips the test where LAMBDA_RIE does not name the emulator, or fails it when REQUIRE_RIE is set.
func NeedEmulator(t testing.TB) (path string) {
	t.Helper()
	path = os.Getenv("LAMBDA_RIE")
	if path == "" {
		SkipOrFail(t, "LAMBDA_RIE does not name AWS's Runtime Interface Emulator, which is in the Python package aws-sam-cli as samcli/local/rapid/aws-lambda-rie-x86_64")
	}
	return path
}

// SkipOrFail skips a test that lacks a program, or fails it when REQUIRE_RIE is set.
func SkipOrFail(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_RIE") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// StartEmulator runs the program under an emulator, with variables besides this process's, until the test ends.
func StartEmulator(t testing.TB, program string, variables ...string) *Emulator {
	t.Helper()
	front, runtime := freeAddress(t), freeAddress(t)
	cmd := exec.Command(NeedEmulator(t), "--runtime-interface-emulator-address", front, "--runtime-api-address", runtime, program)
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
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", front)
		if err == nil {
			connection.Close()
			return &Emulator{url: "http://" + front + "/2015-03-31/functions/function/invocations"}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the emulator does not listen: %v", err)
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

// Invoke runs the program on an event.
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
