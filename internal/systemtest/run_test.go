package systemtest

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"links/internal/store/dynamostore/dynamotest"
)

func TestServer_LinksSurviveRestart(t *testing.T) {
	file := "bolt:" + filepath.Join(t.TempDir(), "links.db")
	p := startServer(t, nil, "-store", file)
	mustPost(t, p.url, "https://www.google.com")
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: got %v, want exit status 0\n%s", err, p.log)
	}
	p = startServer(t, nil, "-store", file)
	if got, want := list(t, p.url), []string{"https://www.google.com"}; !slices.Equal(got, want) {
		t.Errorf("list after a restart: got %q, want %q", got, want)
	}
	if err := p.stop(t, syscall.SIGINT); err != nil {
		t.Errorf("SIGINT: got %v, want exit status 0\n%s", err, p.log)
	}
}

func TestServer_KillLosesNoAcknowledged(t *testing.T) {
	file := "bolt:" + filepath.Join(t.TempDir(), "links.db")
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	for round := range 3 {
		p := startServer(t, nil, "-store", file)
		var writers sync.WaitGroup
		var once sync.Once
		enough := make(chan struct{})
		for w := range 16 {
			writers.Go(func() {
				for i := 0; ; i++ {
					links := []string{fmt.Sprintf("https://example.com/%d/%d/%d", round, w, i)}
					if w%4 == 0 { // sometimes an array
						links = append(links, links[0]+"/b", links[0]+"/c")
					}
					if status, err := post(p.url, links...); err != nil || status != http.StatusOK {
						return
					}
					mu.Lock()
					for _, l := range links {
						acknowledged[l] = true
					}
					if len(acknowledged) > 300*(round+1) {
						once.Do(func() { close(enough) })
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		if err := p.stop(t, syscall.SIGKILL); err == nil {
			t.Error("SIGKILL: got exit status 0, want an error")
		}
		writers.Wait()
	}
	p := startServer(t, nil, "-store", file)
	stored := map[string]bool{}
	for _, l := range list(t, p.url) {
		if stored[l] {
			t.Errorf("list: got %s twice, want once", l)
		}
		stored[l] = true
	}
	for l := range acknowledged {
		if !stored[l] {
			t.Errorf("list: got no %s, which was acknowledged", l)
		}
	}
	t.Logf("%d links acknowledged, %d stored", len(acknowledged), len(stored))
}

func TestServer_DrainsRequestsInFlight(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	body := `{"link": "https://www.google.com"}`
	conn, responses := p.beginPost(t, len(body))
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(p.log.String(), "draining") {
		time.Sleep(10 * time.Millisecond)
	}
	// The listener is closed soon after.
	for {
		another, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			break
		}
		another.Close()
	}
	fmt.Fprint(conn, body)
	response, err := http.ReadResponse(responses, nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("request in flight: got %v, %v, want 200", response, err)
	}
	if err := <-p.exited; err != nil {
		t.Errorf("SIGTERM: got %v, want exit status 0\n%s", err, p.log)
	}
}

func TestServer_DrainTimeout(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	p.beginPost(t, 10)
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: got %v, want exit status 0\n%s", err, p.log)
	}
	if !strings.Contains(p.log.String(), "drain timeout exceeded") {
		t.Errorf("log: got\n%s\nwant \"drain timeout exceeded\"", p.log)
	}
}

func TestServer_SecondSignalKills(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	p.beginPost(t, 10)
	for {
		// The first signal starts the wait for the request. The server may
		// lose later signals until it has stopped catching them.
		_ = p.cmd.Process.Signal(syscall.SIGINT)
		select {
		case err := <-p.exited:
			status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || !status.Signaled() || status.Signal() != syscall.SIGINT {
				t.Errorf("second SIGINT: got %v, want death by the signal\n%s", err, p.log)
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
			t.Errorf("GET with a header of %d bytes: got status %d, want %d", size, response.StatusCode, want)
		}
	}
}

func TestHealthcheck_AllListenAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		listen, host string
		asFlag       bool // otherwise as a variable
	}{
		"as flag":              {"127.0.0.1:0", "127.0.0.1", true},
		"as variable":          {"127.0.0.1:0", "127.0.0.1", false},
		"all IPv4 addresses":   {"0.0.0.0:0", "0.0.0.0", true},
		"all IP addresses":     {":0", "", true},
		"all IPv6 addresses":   {"[::]:0", "[::]", true},
		"IPv6":                 {"[::1]:0", "[::1]", true},
		"IPv6 of an interface": {"[::1%lo]:0", "[::1%lo]", true},
	} {
		t.Run(name, func(t *testing.T) {
			if listener, err := net.Listen("tcp", c.listen); err != nil {
				t.Skip(err)
			} else {
				listener.Close()
			}
			p := startServer(t, nil, "-addr", c.listen)
			addr := c.host + p.url[strings.LastIndex(p.url, ":"):]
			env, args := []string{"LINKS_ADDR=" + addr}, []string{"-healthcheck"}
			if c.asFlag {
				env, args = nil, append(args, "-addr", addr)
			}
			if out, err := command(t, env, args...).CombinedOutput(); err != nil {
				t.Errorf("server -healthcheck of a running server: got %v, %s, want exit status 0", err, out)
			}
			if err := p.stop(t, syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			if out := mustFail(t, env, args...); !strings.Contains(out, "not ready") {
				t.Errorf("server -healthcheck of a stopped server: got %q, want \"not ready\" in it", out)
			}
		})
	}
}

func TestServer_StoreRefusesConnections(t *testing.T) {
	p := startServer(t, []string{
		"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1", "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
	}, "-store", "dynamodb:linkTable")
	// For a store that does not respond, /link would return 504.
	for path, want := range map[string]int{"/link": 503, "/readyz": 503, "/healthz": 200} {
		response, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want || want == 503 && response.Header.Get("Retry-After") == "" {
			t.Errorf("GET %s: got status %d, headers %v, want %d", path, response.StatusCode, response.Header, want)
		}
	}
	out := mustFail(t, nil, "-healthcheck", "-addr", strings.TrimPrefix(p.url, "http://"))
	if want := "not ready: 503"; !strings.Contains(out, want) {
		t.Errorf("server -healthcheck: got %q, want %q in it", out, want)
	}
}

func TestServers_OneTableStoresLinksOnce(t *testing.T) {
	table := dynamotest.Table(t)
	var servers [2]*process
	for i := range servers { // both create the table concurrently
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
					// On a busy machine, DynamoDB Local may exceed the timeout of the servers.
					status, err = post(url, link)
				}
				if status != http.StatusOK {
					t.Errorf("POST: got status %d, %v, want 200", status, err)
				}
			}
		})
	}
	clients.Wait()
	got := list(t, servers[0].url)
	slices.Sort(got)
	if want := numbered(5); !slices.Equal(got, want) {
		t.Errorf("list: got %q, want %q", got, want)
	}
}
