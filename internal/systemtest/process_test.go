// Package systemtest tests the server as a process, from outside: settings,
// signals, backups, scripts, load, power loss, and the order of concurrent
// calls.
package systemtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"links/internal/link"
	"links/internal/server"
)

// processTimeout is how long a test waits for a process before it fails. No
// passing test waits that long, even on a busy machine.
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

// A process is a running server.
type process struct {
	cmd       *exec.Cmd
	url       string // set by waitUntilListening
	log       *lockedLog
	listening chan string // receives the listen address
	exited    chan error  // receives the result of Wait
}

// A lockedLog is safe for concurrent use.
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

// command returns a command that runs the server in a new directory, without the
// LINKS_ variables of this process. The variables in env override all others.
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

// launch starts a server on a free port.
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
		t.Fatalf("the server exited before it listened: %v\n%s", err, p.log)
	case <-time.After(processTimeout):
		t.Fatalf("the server does not listen after %v\n%s", processTimeout, p.log)
	}
}

// stop sends a signal and waits until the process has exited.
func (p *process) stop(t *testing.T, signal syscall.Signal) error {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.exited:
		return err
	case <-time.After(processTimeout):
		t.Fatalf("the server runs %v after %v\n%s", processTimeout, signal, p.log)
		return nil
	}
}

// mustFail runs a server that must exit with 1, and returns its standard error.
// Standard output must be empty.
func mustFail(t *testing.T, env []string, args ...string) string {
	t.Helper()
	out, err := command(t, env, args...).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || len(out) > 0 {
		t.Fatalf("server %q: got %v and standard output %q, want exit status 1 and none", args, err, out)
	}
	return string(exit.Stderr)
}

// post stores links and returns the status.
func post(url string, links ...string) (int, error) {
	objects := make([]link.Link, len(links))
	for i, l := range links {
		objects[i].URL = l
	}
	return postLinks(url, objects...)
}

// postLinks stores links with all members except Added and returns the status.
func postLinks(url string, links ...link.Link) (int, error) {
	objects := make([]map[string]any, len(links))
	for i, l := range links {
		objects[i] = membersOf(l)
		objects[i]["link"] = l.URL
	}
	return send("POST", url+"/link", objects)
}

// patchLink changes the title, the tags and the note of a link to those of l
// and returns the status.
func patchLink(url string, l link.Link) (int, error) {
	return send("PATCH", url+"/link/"+l.ID.String(), membersOf(l))
}

// membersOf returns the members of a link that clients change.
func membersOf(l link.Link) map[string]any {
	return map[string]any{"title": l.Title, "tags": slices.Collect(l.Tags.All()), "note": l.Note}
}

// send sends a request with a JSON body and returns the status.
func send(method, url string, object any) (int, error) {
	body, err := json.Marshal(object)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// mustPost stores links and fails the test if the status is not 200.
func mustPost(t *testing.T, url string, links ...string) {
	t.Helper()
	if status, err := post(url, links...); err != nil || status != http.StatusOK {
		t.Fatalf("POST of %d links: got status %d, %v, want 200", len(links), status, err)
	}
}

// list returns the URLs of all links of the service.
func list(t *testing.T, url string) []string {
	t.Helper()
	response, err := http.Get(url + "/link")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var objects []struct{ Link string }
	if err := json.NewDecoder(response.Body).Decode(&objects); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET /link: got status %d, %v, want 200", response.StatusCode, err)
	}
	if next := response.Header.Get("Link"); next != "" {
		t.Fatalf("GET /link: got Link %q, want the complete list", next)
	}
	links := make([]string, len(objects))
	for i, l := range objects {
		links[i] = l.Link
	}
	return links
}

// beginPost sends the header of a POST and returns when the handler reads the
// body.
func (p *process) beginPost(t *testing.T, length int) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn,
		"POST /link HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", length)
	responses := bufio.NewReader(conn)
	if line, err := responses.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("POST with Expect: got %q, %v, want 100", line, err)
	}
	_, _ = responses.ReadString('\n')
	return conn, responses
}

// numbered returns n different URLs.
func numbered(n int) []string {
	links := make([]string, n)
	for i := range links {
		links[i] = fmt.Sprintf("https://example.com/%d", i)
	}
	return links
}
