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

// startTimeout limits the time in which a program must listen or exit.
const startTimeout = 30 * time.Second

// A process is a program that serves HTTP.
type process struct {
	url     string // without a trailing slash
	command *exec.Cmd
	log     string // path of the file with its output
	ended   chan struct{}
	err     error // result of Wait, once ended is closed

	posted int // number of the next link to post, which is always a new one
}

// start starts a program and returns once it listens on addr, which arguments puts
// into its command line.
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
			return nil, fmt.Errorf("%s exited: %v\n%s", filepath.Base(program), p.err, p.output())
		default:
		}
		if time.Since(began) > startTimeout {
			p.kill()
			return nil, fmt.Errorf("%s does not listen\n%s", filepath.Base(program), p.output())
		}
	}
}

// stop sends SIGTERM and waits until the program has exited.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // an error means that it has exited
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

// output returns the end of the program's output.
func (p *process) output() string {
	text, _ := os.ReadFile(p.log) // the error that led here matters more
	return string(text[max(0, len(text)-4096):])
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// ask sends a request and returns the body and the header of the response. A status
// other than 200 is an error.
func ask(ctx context.Context, method, url, body string) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %.300s", method, url, response.Status, text)
	}
	return text, response.Header, err
}
