// Package systemtest tests the server as a process, from outside: settings,
// signals, backups, scripts, load, power loss, and the order of concurrent calls.
package systemtest

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"links/internal/link"
	"links/internal/server"
)

// processTimeout is how long a test waits for a process before it fails. No passing test
// waits that long, even on a busy machine.
const processTimeout = 2 * time.Minute

// asServer is the environment variable that makes the test binary run the server.
const asServer = "RUN_TEST_BINARY_AS_SERVER"

// TestMain runs the tests, or the server in the processes that the tests start.
//
// These processes run the test binary itself. A server that the tests build
// would not be an input of go test's cache, so a cached "ok" could belong to
// other code.
func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		os.Exit(server.Main())
	}
	os.Exit(m.Run())
}

// process is a server that runs.
type process struct {
	cmd       *exec.Cmd
	url       string // set by waitUntilListening
	log       *lockedLog
	listening chan string // gets the address
	exited    chan error  // gets the outcome
}

type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(line + "\n")
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// command returns the server with an environment of its own; env wins.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = t.TempDir()
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "LINKS_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, asServer+"=true")
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// startServer starts a server on a free port and waits until it listens.
func startServer(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := launch(t, env, args...)
	p.waitUntilListening(t)
	return p
}

func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return start(t, command(t, env, append([]string{"-addr", "127.0.0.1:0"}, args...)...))
}

// start starts a command that runs the server, and reads its log.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	p := &process{cmd: cmd, log: &lockedLog{}, listening: make(chan string, 1), exited: make(chan error, 1)}
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.log.add(lines.Text())
			var line struct{ Msg, Addr string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
				p.listening <- line.Addr
			}
		}
		p.exited <- cmd.Wait()
	}()
	return p
}

func (p *process) waitUntilListening(t *testing.T) {
	t.Helper()
	select {
	case addr := <-p.listening:
		p.url = "http://" + addr
	case err := <-p.exited:
		t.Fatalf("the server ended: %v\n%s", err, p.log)
	case <-time.After(processTimeout):
		t.Fatalf("the server does not listen\n%s", p.log)
	}
}

// end sends a signal and waits for the process to end.
func (p *process) stop(t *testing.T, signal syscall.Signal) error {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.exited:
		return err
	case <-time.After(processTimeout):
		t.Fatalf("the server goes on after %v\n%s", signal, p.log)
		return nil
	}
}

// post stores links and returns the status.
func post(url string, links ...string) (int, error) {
	objects := make([]link.Link, len(links))
	for i, l := range links {
		objects[i].URL = l
	}
	return postLinks(url, objects...)
}

// postLinks stores links with their titles and returns the status.
func postLinks(url string, links ...link.Link) (int, error) {
	objects := make([]map[string]string, len(links))
	for i, l := range links {
		objects[i] = map[string]string{"link": l.URL, "title": l.Title}
	}
	body, err := json.Marshal(objects)
	if err != nil {
		return 0, err
	}
	response, err := http.Post(url+"/link", "application/json", strings.NewReader(string(body)))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// list is every link that the service has.
func list(t *testing.T, url string) []string {
	t.Helper()
	response, err := http.Get(url + "/link")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var shown []struct{ Link string }
	if err := json.NewDecoder(response.Body).Decode(&shown); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", response.StatusCode, err)
	}
	if response.Header.Get("Link") != "" {
		t.Fatal("the list is longer than one answer")
	}
	links := make([]string, len(shown))
	for i, l := range shown {
		links[i] = l.Link
	}
	return links
}
