package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// A function is a Lambda function in its own emulator. The first event starts the
// program.
type function struct{ *process }

func (b *bench) startFunction(ctx context.Context, environment []string, program ...string) (*function, error) {
	runtimeAPI, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := b.start(ctx, environment, b.tools.emulator, func(addr string) []string {
		args := []string{"--runtime-interface-emulator-address", addr, "--runtime-api-address", runtimeAPI}
		return append(args, program...)
	})
	if err != nil {
		return nil, err
	}
	// This opens the connection of the first event. The response does not matter.
	if response, err := http.Get(p.url); err == nil {
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	return &function{p}, nil
}

// invoke sends an event and returns the response and the time until it arrived.
func (f *function) invoke(ctx context.Context, event []byte) (response []byte, took time.Duration, err error) {
	began := time.Now()
	response, _, err = ask(ctx, "POST", f.url+"/2015-03-31/functions/function/invocations", string(event))
	return response, time.Since(began), err
}

// request sends a request as a REST API does and returns the time until the
// response arrived. A status other than 200 is an error.
func (f *function) request(ctx context.Context, method, body string) (time.Duration, error) {
	text, took, err := f.invoke(ctx, restEvent(method, body))
	if err != nil {
		return 0, err
	}
	var response struct{ StatusCode int }
	if err := json.Unmarshal(text, &response); err != nil || response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the function returned %.300s\n%s", text, f.output())
	}
	return took, nil
}

// restEvent returns the event of a request to /link.
func restEvent(method, body string) []byte {
	event, _ := json.Marshal(map[string]any{ // these types cannot fail to marshal
		"resource": "/{proxy+}", "path": "/link", "httpMethod": method, "body": body,
		"multiValueHeaders": map[string][]string{
			"Host": {"id.execute-api.us-east-1.amazonaws.com"}, "Content-Type": {"application/json"},
		},
		"requestContext": map[string]any{
			"stage": "prod", "path": "/prod/link", "resourcePath": "/{proxy+}", "httpMethod": method,
			"identity": map[string]string{"sourceIp": "203.0.113.7"},
		},
	})
	return event
}

// resident returns the resident memory of the program in bytes. The program is
// the emulator's only child process.
func (f *function) resident() (float64, error) {
	emulator := f.command.Process.Pid
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", emulator))
	if err != nil {
		return 0, err
	}
	for _, thread := range threads {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", emulator, thread.Name()))
		if err != nil {
			return 0, err
		}
		if pids := strings.Fields(string(children)); len(pids) == 1 {
			pid, err := strconv.Atoi(pids[0])
			if err != nil {
				return 0, err
			}
			return memory(pid, "VmRSS")
		}
	}
	return 0, fmt.Errorf("the emulator (pid %d) has no child process", emulator)
}
