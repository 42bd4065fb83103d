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

// A function is a Lambda function under an emulator of its own, which starts the program when the first event comes.
type function struct{ *process }

func (b *bench) startFunction(ctx context.Context, environment []string, program ...string) (*function, error) {
	runtimeAPI, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := b.start(ctx, environment, b.tools.emulator, func(addr string) []string {
		return append([]string{"--runtime-interface-emulator-address", addr, "--runtime-api-address", runtimeAPI}, program...)
	})
	if err != nil {
		return nil, err
	}
	// Its answer does not matter: the connection that the first event will take is open now.
	if answer, err := http.Get(p.url); err == nil {
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
	return &function{p}, nil
}

// invoke sends an event and returns the answer and how long it took.
func (f *function) invoke(ctx context.Context, event []byte) (answer []byte, took time.Duration, err error) {
	began := time.Now()
	answer, _, err = ask(ctx, "POST", f.url+"/2015-03-31/functions/function/invocations", string(event))
	return answer, time.Since(began), err
}

// request sends a request as a REST API does, and returns how long its answer took, which must be 200.
func (f *function) request(ctx context.Context, method, body string) (time.Duration, error) {
	text, took, err := f.invoke(ctx, restEvent(method, body))
	if err != nil {
		return 0, err
	}
	var answer struct{ StatusCode int }
	if err := json.Unmarshal(text, &answer); err != nil || answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the function's answer is %.300s\n%s", text, f.output())
	}
	return took, nil
}

// restEvent is the event of a request to /link.
func restEvent(method, body string) []byte {
	event, _ := json.Marshal(map[string]any{ // text always marshals
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

// resident returns the resident memory of the program, which is the emulator's only child.
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
	return 0, fmt.Errorf("the emulator %d has no program", emulator)
}
