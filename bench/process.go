package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startTimeout is how long a program may take to listen, or to end.
const startTimeout = 30 * time.Second

// A process is a program that serves HTTP.
type process struct {
	url     string // without a slash at its end
	command *exec.Cmd
	log     string // path of its output
	ended   chan struct{}
	err     error // how it ended

	posted int // number of the next link to post, so that all are new
}

// start runs a program and returns when it listens, on the address that it is given in its arguments.
func (b *bench) start(
	ctx context.Context, environment []string, program string, arguments func(addr string) []string,
) (*process, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(b.dir, "*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{url: "http://" + addr, log: log.Name(), ended: make(chan struct{})}
	p.command = exec.CommandContext(ctx, program, arguments(addr)...)
	p.command.Env = append(os.Environ(), environment...)
	p.command.Stdout, p.command.Stderr = log, log
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if connection, err := net.Dial("tcp", addr); err == nil {
			return p, connection.Close()
		}
		select {
		case <-p.ended:
			return nil, fmt.Errorf("%s ended: %v\n%s", filepath.Base(program), p.err, p.output())
		default:
		}
		if time.Since(began) > startTimeout {
			p.kill()
			return nil, fmt.Errorf("%s does not listen\n%s", filepath.Base(program), p.output())
		}
	}
}

// stop ends the program in its own way.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	select {
	case <-p.ended:
	case <-time.After(startTimeout):
		p.kill()
	}
}

func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.ended
}

// output is the end of what the program wrote.
func (p *process) output() string {
	text, _ := os.ReadFile(p.log) // what went wrong before is what counts
	return string(text[max(0, len(text)-4096):])
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// ask sends a request and returns the answer's body and header. Any status but 200 is an error.
func ask(ctx context.Context, method, url, body string) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %.300s", method, url, answer.Status, text)
	}
	return text, answer.Header, err
}
