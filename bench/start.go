package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// A runtimeAPI is a Lambda runtime API without events. It reports when a function
// requests one.
type runtimeAPI struct {
	http.Server
	address   string
	requested chan time.Time
}

func startRuntimeAPI() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &runtimeAPI{address: listener.Addr().String(), requested: make(chan time.Time, 1)}
	r.Handler = http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		select {
		case r.requested <- time.Now():
		default:
		}
		<-request.Context().Done()
	})
	go func() { _ = r.Serve(listener) }() // it returns when it is closed
	return r, nil
}

// starts measures the time from the start of a function until it requests its first
// event.
func (b *bench) starts(ctx context.Context, links deployment) error {
	empty := deployment{program: []string{b.program("emptyfunction")}}
	for turn := range 1 + b.rounds*startsPerRound {
		b.step("start %d of %d until the first event", turn, b.rounds*startsPerRound)
		for figure, d := range map[string]deployment{"start empty": empty, "start links": links} {
			took, err := d.start(ctx)
			if err != nil {
				return err
			}
			if turn > 0 { // the first turn reads the program from the disk
				b.samples.add(figure, took.Seconds())
			}
		}
	}
	return nil
}

// start starts the function and kills it when it requests an event.
func (d deployment) start(ctx context.Context) (took time.Duration, err error) {
	r, err := startRuntimeAPI()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	command := exec.CommandContext(ctx, d.program[0], d.program[1:]...)
	command.Env = append(append(os.Environ(), d.environment...), "AWS_LAMBDA_RUNTIME_API="+r.address)
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	}()
	select {
	case requested := <-r.requested:
		return requested.Sub(began), nil
	case <-time.After(startTimeout):
		return 0, fmt.Errorf("%s requests no event", d.program[0])
	}
}
