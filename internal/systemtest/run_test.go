package systemtest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"links/internal/store/dynamostore/dynamotest"
)

func TestLinksAreThereAfterARestart(t *testing.T) {
	file := "bolt:" + filepath.Join(t.TempDir(), "links.db")
	p := startServer(t, nil, "-store", file)
	if status, err := post(p.url, "https://www.google.com"); status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM ends it with %v\n%s", err, p.log)
	}
	p = startServer(t, nil, "-store", file)
	if got := list(t, p.url); !slices.Equal(got, []string{"https://www.google.com"}) {
		t.Errorf("the list is %q", got)
	}
	if err := p.stop(t, syscall.SIGINT); err != nil {
		t.Errorf("SIGINT ends it with %v\n%s", err, p.log)
	}
}

func TestKillUnderLoadLosesNoAnsweredLink(t *testing.T) {
	file := "bolt:" + filepath.Join(t.TempDir(), "links.db")
	var mu sync.Mutex
	answered := map[string]bool{}
	for round := range 3 {
		p := startServer(t, nil, "-store", file)
		var writers sync.WaitGroup
		var some sync.Once
		enough := make(chan struct{})
		for w := range 16 {
			writers.Go(func() {
				for i := 0; ; i++ {
					links := []string{fmt.Sprintf("https://example.com/%d/%d/%d", round, w, i)}
					if w%4 == 0 { // an array now and then
						links = append(links, links[0]+"/b", links[0]+"/c")
					}
					if status, err := post(p.url, links...); err != nil || status != http.StatusOK {
						return
					}
					mu.Lock()
					for _, l := range links {
						answered[l] = true
					}
					if len(answered) > 300*(round+1) {
						some.Do(func() { close(enough) })
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		if err := p.stop(t, syscall.SIGKILL); err == nil {
			t.Error("killed, it says that it ended well")
		}
		writers.Wait()
	}
	p := startServer(t, nil, "-store", file)
	there := map[string]bool{}
	for _, l := range list(t, p.url) {
		if there[l] {
			t.Errorf("%s is there twice", l)
		}
		there[l] = true
	}
	for l := range answered {
		if !there[l] {
			t.Errorf("%s was answered and is lost", l)
		}
	}
	t.Logf("%d links were answered, %d are there", len(answered), len(there))
}

func TestARequestUnderWayIsAnsweredBeforeTheEnd(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	body := `{"link": "https://www.google.com"}`
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /link HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(body))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err) // the handler is reading the body now
	}
	_, _ = answers.ReadString('\n')
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(p.log.String(), "draining") {
		time.Sleep(10 * time.Millisecond)
	}
	// The listener is closed soon after. Were it not, the request would be cut off.
	for {
		another, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			break
		}
		another.Close()
	}
	fmt.Fprint(conn, body)
	response, err := http.ReadResponse(answers, nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("the request under way: %v, %v", response, err)
	}
	if err := <-p.exited; err != nil {
		t.Errorf("it ended with %v\n%s", err, p.log)
	}
}

func TestARequestThatHangsIsCutOff(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /link HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err)
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("it ended with %v\n%s", err, p.log)
	}
	if !strings.Contains(p.log.String(), "cutting off") {
		t.Errorf("the log does not tell:\n%s", p.log)
	}
}

func TestServer_SecondSignalEndsIt(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /link HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err)
	}
	for {
		// The first signal starts the wait for the request. Of the following ones,
		// those that arrive before the server has stopped catching them are lost.
		_ = p.cmd.Process.Signal(syscall.SIGINT)
		select {
		case err := <-p.exited:
			status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || !status.Signaled() || status.Signal() != syscall.SIGINT {
				t.Errorf("it ended with %v, want the signal\n%s", err, p.log)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestServer_LimitsHeaders(t *testing.T) {
	p := startServer(t, nil)
	for size, want := range map[int]int{30_000: http.StatusOK, 40_000: http.StatusRequestHeaderFieldsTooLarge} {
		request, err := http.NewRequest("GET", p.url+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Cookie", strings.Repeat("x", size))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("a header of %d bytes is %d, want %d", size, response.StatusCode, want)
		}
	}
}

// fails runs the server, which is to refuse to start, and returns what it says on standard error, the only place for it.
func mustFail(t *testing.T, env []string, args ...string) string {
	t.Helper()
	out, err := command(t, env, args...).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || len(out) > 0 {
		t.Fatalf("%v: it ended with %v, on standard output %q", args, err, out)
	}
	return string(exit.Stderr)
}

func TestStartUpErrorsSayWhatIsWrong(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	file := filepath.Join(p.cmd.Dir, "links.db")
	addr := strings.TrimPrefix(p.url, "http://")
	for name, c := range map[string]struct {
		env, args []string
		hints     []string
	}{
		"address in use":     {nil, []string{"-addr", addr, "-store", "bolt:other.db"}, []string{"LINKS_ADDR", addr, "in use"}},
		"file in use":        {nil, []string{"-addr", "127.0.0.1:0", "-store", "bolt:" + file}, []string{"LINKS_STORE", file}},
		"no such directory":  {nil, []string{"-addr", "127.0.0.1:0", "-store", "bolt:no/such/links.db"}, []string{"LINKS_STORE", "no/such"}},
		"every bad variable": {[]string{"LINKS_STORE=x", "LINKS_ADDR=x", "LINKS_RATE=fast", "LINKS_TOKEN_SHA256=abc", "LINKS_CORS_ORIGIN=a", "LINKS_TRUSTED_PROXIES=10.0.0.1"}, nil, []string{"LINKS_STORE", "LINKS_ADDR", "LINKS_RATE", "LINKS_TOKEN_SHA256", "LINKS_CORS_ORIGIN", "LINKS_TRUSTED_PROXIES"}},
		"shards of a file":   {nil, []string{"-list-shards", "8"}, []string{"LINKS_LIST_SHARDS", "dynamodb", "bolt:links.db"}},
		"a table for a file": {nil, []string{"-create-table"}, []string{"LINKS_CREATE_TABLE", "dynamodb", "bolt:links.db"}},
		"an origin's form":   {nil, []string{"-cors-origin", "https://Links.example.com/"}, []string{"LINKS_CORS_ORIGIN", "https://links.example.com,"}},
		"no token's hash":    {[]string{"LINKS_TOKEN_SHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, nil, []string{"LINKS_TOKEN_SHA256", "empty token", "-new-token"}},
		"a token's name":     {nil, []string{"-new-token", "my phone"}, []string{"my phone", "1 to 64"}},
		"a mode":             {nil, []string{"-local", "on"}, []string{"LINKS_LOCAL", "auto or off"}},
		"a list of origins":  {nil, []string{"-cors-origin", "https://a.example,https://b.example"}, []string{"LINKS_CORS_ORIGIN", "exactly one origin"}},
		"private, no token":  {nil, []string{"-private"}, []string{"LINKS_PRIVATE", "LINKS_TOKEN_SHA256"}},
		"unknown flag":       {nil, []string{"-colour"}, []string{"-colour", "-help"}},
		"an argument":        {nil, []string{"links.db"}, []string{"links.db", "-help"}},
	} {
		out := mustFail(t, c.env, c.args...)
		for _, hint := range c.hints {
			if !strings.Contains(out, hint) {
				t.Errorf("%s: it says %q, want %q in it", name, out, hint)
			}
		}
	}
}

func TestAFlagWinsOverItsVariable(t *testing.T) {
	p := startServer(t, []string{"LINKS_STORE=bolt:variable.db", "LINKS_LOG=error"}, "-store", "bolt:flag.db", "-log=info")
	if _, err := os.Stat(filepath.Join(p.cmd.Dir, "flag.db")); err != nil {
		t.Error(err)
	}
}

func TestItWarnsBeyondLoopbackWithoutAToken(t *testing.T) {
	const warning = "set LINKS_TOKEN_SHA256"
	for name, c := range map[string]struct {
		args  []string
		warns bool
	}{
		"loopback":             {[]string{"-addr", "127.0.0.1:0"}, false},
		"loopback, not local":  {[]string{"-addr", "127.0.0.1:0", "-local=off"}, true},
		"behind a proxy":       {[]string{"-addr", "127.0.0.1:0", "-trusted-proxies", "127.0.0.0/8"}, true},
		"beyond":               {[]string{"-addr", "0.0.0.0:0"}, true},
		"beyond, with a token": {[]string{"-addr", "0.0.0.0:0", "-token-sha256", strings.Repeat("ab", 32)}, false},
	} {
		p := startServer(t, nil, c.args...)
		if err := p.stop(t, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(p.log.String(), warning); got != c.warns {
			t.Errorf("%s: warned %v, want %v\n%s", name, got, c.warns, p.log)
		}
	}
}

func TestHealthcheck_EveryListenAddress(t *testing.T) {
	for name, c := range map[string]struct {
		listen string
		check  func(port string) (env, args []string)
	}{
		"the flag":             {"127.0.0.1:0", func(port string) (env, args []string) { return nil, []string{"-addr", "127.0.0.1:" + port} }},
		"the variable":         {"127.0.0.1:0", func(port string) (env, args []string) { return []string{"LINKS_ADDR=127.0.0.1:" + port}, nil }},
		"every IPv4 address":   {"0.0.0.0:0", func(port string) (env, args []string) { return nil, []string{"-addr", "0.0.0.0:" + port} }},
		"every address":        {":0", func(port string) (env, args []string) { return nil, []string{"-addr", ":" + port} }},
		"every IPv6 address":   {"[::]:0", func(port string) (env, args []string) { return nil, []string{"-addr", "[::]:" + port} }},
		"IPv6":                 {"[::1]:0", func(port string) (env, args []string) { return nil, []string{"-addr", "[::1]:" + port} }},
		"IPv6 of an interface": {"[::1%lo]:0", func(port string) (env, args []string) { return nil, []string{"-addr", "[::1%lo]:" + port} }},
	} {
		t.Run(name, func(t *testing.T) {
			if listener, err := net.Listen("tcp", c.listen); err != nil {
				t.Skip(err)
			} else {
				listener.Close()
			}
			p := startServer(t, nil, "-addr", c.listen)
			env, args := c.check(p.url[strings.LastIndex(p.url, ":")+1:])
			args = append(args, "-healthcheck")
			if out, err := command(t, env, args...).CombinedOutput(); err != nil {
				t.Errorf("the running server: %v: %s", err, out)
			}
			if err := p.stop(t, syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			if out := mustFail(t, env, args...); !strings.Contains(out, "not ready") {
				t.Errorf("the stopped server: %s", out)
			}
		})
	}
}

func TestAStoreThatRefusesConnectionsIsSoonKnown(t *testing.T) {
	p := startServer(t, []string{
		"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1", "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
	}, "-store", "dynamodb:linkTable")
	// A store that does not respond at all would be 504 in /link.
	for path, want := range map[string]int{"/link": 503, "/readyz": 503, "/healthz": 200} {
		response, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want || want == 503 && response.Header.Get("Retry-After") == "" {
			t.Errorf("%s: status %d, headers %v", path, response.StatusCode, response.Header)
		}
	}
}

func TestTwoServersOnOneTableStoreEachLinkOnce(t *testing.T) {
	table := dynamotest.Table(t)
	var servers [2]*process
	for i := range servers { // both create the table at once
		servers[i] = launch(t, nil, "-store", "dynamodb:"+table, "-create-table")
	}
	for _, p := range servers {
		p.waitUntilListening(t)
	}
	var clients sync.WaitGroup
	for i := range 64 {
		clients.Go(func() {
			for n := range 5 {
				url, link := servers[(i+n)%2].url, fmt.Sprintf("https://example.com/%d", n)
				status, err := post(url, link)
				for range 100 {
					if status < http.StatusInternalServerError {
						break
					}
					status, err = post(url, link) // on a busy machine, DynamoDB Local may need longer than the servers wait
				}
				if status != http.StatusOK {
					t.Errorf("status %d, %v", status, err)
				}
			}
		})
	}
	clients.Wait()
	got := list(t, servers[0].url)
	slices.Sort(got)
	if want := []string{"https://example.com/0", "https://example.com/1", "https://example.com/2", "https://example.com/3", "https://example.com/4"}; !slices.Equal(got, want) {
		t.Errorf("the list is %q, want %q", got, want)
	}
}
