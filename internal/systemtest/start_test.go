package systemtest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

func TestHelp_IsStandardOutput(t *testing.T) {
	for _, flag := range []string{"-help", "-h", "--help"} {
		cmd := command(t, []string{"LINKS_RATE=fast"}, flag)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || stderr.Len() > 0 {
			t.Errorf("server %s: got %v and standard error %q, want exit status 0 and none", flag, err, &stderr)
		}
		for _, want := range []string{
			"-store, LINKS_STORE (bolt:links.db)", "-trusted-proxies, LINKS_TRUSTED_PROXIES (unset)",
			"-new-token NAME", "-healthcheck", "AWS_REGION",
		} {
			if !strings.Contains(string(out), want) {
				t.Errorf("server %s: got %s, want %q in it", flag, out, want)
			}
		}
	}
}

func TestStart_TerminalShowsOneLine(t *testing.T) {
	for store, want := range map[string]string{
		"bolt:links.db":      " in local mode, with the file links.db.",
		"dynamodb:linkTable": " in local mode, with the table linkTable.",
	} {
		terminal, stderr, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer terminal.Close()
		// Nothing listens on port 1. The server starts even if the store is unavailable.
		cmd := command(t, []string{
			"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1", "AWS_REGION=us-east-1",
			"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		}, "-addr", "127.0.0.1:0", "-store", store)
		cmd.Stderr = stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer time.AfterFunc(processTimeout, func() { _ = cmd.Process.Kill() }).Stop()
		stderr.Close() // the server has its own
		lines := bufio.NewScanner(terminal)
		lines.Scan()
		url, isStart := strings.CutPrefix(lines.Text(), "Links is running at ")
		url, hasStore := strings.CutSuffix(url, want)
		if !isStart || !hasStore {
			t.Errorf("-store %s: first line on a terminal: got %q, want Links is running at URL%s",
				store, lines.Text(), want)
		} else if response, err := http.Get(url + "/healthz"); err != nil {
			t.Error(err)
		} else {
			response.Body.Close()
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		for lines.Scan() { // until the server has closed the terminal
			if strings.Contains(lines.Text(), "listening") || strings.HasPrefix(lines.Text(), "{") {
				t.Errorf("-store %s: line after the first: got %q, want text, not about listening", store, lines.Text())
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("-store %s: SIGTERM: got %v, want exit status 0", store, err)
		}
	}
}

func TestServer_StartUpErrors(t *testing.T) {
	p := startServer(t, nil, "-store", "bolt:links.db")
	file := filepath.Join(p.cmd.Dir, "links.db")
	addr := strings.TrimPrefix(p.url, "http://")
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	next := net.JoinHostPort(host, strconv.Itoa(number+1))
	for name, c := range map[string]struct {
		env, args []string
		hints     []string
	}{
		"listen address in use": {nil, []string{"-addr", addr, "-store", "bolt:other.db"},
			[]string{addr + " is already in use", " -addr " + next, " LINKS_ADDR=" + next}},
		"listen address of the metrics in use": {nil, []string{"-addr", "127.0.0.1:0", "-metrics-addr", addr},
			[]string{addr + " is already in use", " -metrics-addr " + next, " LINKS_METRICS_ADDR=" + next}},
		"unavailable listen address": {nil, []string{"-addr", "192.0.2.1:8080"},
			[]string{"LINKS_ADDR: ", "192.0.2.1:8080"}},
		"file in use": {nil, []string{"-addr", "127.0.0.1:0", "-store", "bolt:" + file},
			[]string{"LINKS_STORE", file, "use another file"}},
		"missing directory": {nil, []string{"-addr", "127.0.0.1:0", "-store", "bolt:no/such/links.db"},
			[]string{"LINKS_STORE", "no/such"}},
		"all invalid variables": {
			[]string{
				"LINKS_STORE=x", "LINKS_ADDR=x", "LINKS_RATE=fast",
				"LINKS_TOKEN_SHA256=abc", "LINKS_CORS_ORIGIN=a", "LINKS_TRUSTED_PROXIES=10.0.0.1",
			}, nil,
			[]string{
				"LINKS_STORE", "LINKS_ADDR", "LINKS_RATE",
				"LINKS_TOKEN_SHA256", "LINKS_CORS_ORIGIN", "LINKS_TRUSTED_PROXIES",
			},
		},
		"list shards with an embedded store": {nil, []string{"-list-shards", "8"},
			[]string{"LINKS_LIST_SHARDS", "dynamodb", "bolt:links.db"}},
		"a table with an embedded store": {nil, []string{"-create-table"},
			[]string{"LINKS_CREATE_TABLE", "dynamodb", "bolt:links.db"}},
		"origin in another form": {nil, []string{"-cors-origin", "https://Links.example.com/"},
			[]string{"LINKS_CORS_ORIGIN", "https://links.example.com,"}},
		"hash of an empty token": {
			[]string{"LINKS_TOKEN_SHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, nil,
			[]string{"LINKS_TOKEN_SHA256", "empty token", "-new-token"}},
		"a token of the same name": {[]string{"LINKS_TOKEN_SHA256=phone=" + strings.Repeat("ab", 32)},
			[]string{"-new-token", "phone"}, []string{"-new-token phone: a token of this name exists"}},
		"invalid token name": {nil, []string{"-new-token", "my phone"}, []string{"my phone", "1 to 64"}},
		"invalid mode":       {nil, []string{"-local", "on"}, []string{"LINKS_LOCAL", "auto or off"}},
		"several origins": {nil, []string{"-cors-origin", "https://a.example,https://b.example"},
			[]string{"LINKS_CORS_ORIGIN", "exactly one origin"}},
		"private without a token": {nil, []string{"-private"}, []string{"LINKS_PRIVATE", "LINKS_TOKEN_SHA256"}},
		"misspelled token variable": {[]string{"LINKS_TOKEN=secret"}, []string{"-private"},
			[]string{"LINKS_PRIVATE", "LINKS_TOKEN is not a setting", "did you mean LINKS_TOKEN_SHA256?"}},
		"unknown flag":            {nil, []string{"-color"}, []string{"-color; -help lists"}},
		"misspelled flag":         {nil, []string{"-adr", ":8080"}, []string{"-adr; did you mean -addr? -help lists"}},
		"misspelled mode":         {nil, []string{"--backups=x"}, []string{"did you mean -backup?"}},
		"flag of other servers":   {nil, []string{"-port=9000"}, []string{"did you mean -addr?"}},
		"an empty name of a copy": {nil, []string{"-addr", addr, "-backup", ""}, []string{"-backup", "name of a file"}},
		"an empty name of a file": {nil, []string{"-addr", addr, "-check", ""}, []string{"-check", "name of a file"}},
		"two modes": {nil, []string{"-store", "bolt:" + file, "-backup", "copy.db", "-check", file},
			[]string{"-backup and -check", "use one of them"}},
		"an argument": {nil, []string{"links.db"}, []string{"links.db", "-help"}},
	} {
		out := mustFail(t, c.env, c.args...)
		for _, hint := range c.hints {
			if !strings.Contains(out, hint) {
				t.Errorf("%s: got %q, want %q in it", name, out, hint)
			}
		}
	}
}

func TestServer_FlagOverridesVariable(t *testing.T) {
	p := startServer(t, []string{"LINKS_STORE=bolt:variable.db", "LINKS_LOG=error"},
		"-store", "bolt:flag.db", "-log=info")
	if _, err := os.Stat(filepath.Join(p.cmd.Dir, "flag.db")); err != nil {
		t.Error(err)
	}
}

func TestServer_WarnsWithoutToken(t *testing.T) {
	const warning = "set LINKS_TOKEN_SHA256"
	for name, c := range map[string]struct {
		args  []string
		warns bool
	}{
		"loopback":                    {[]string{"-addr", "127.0.0.1:0"}, false},
		"loopback, not in local mode": {[]string{"-addr", "127.0.0.1:0", "-local=off"}, true},
		"behind a proxy":              {[]string{"-addr", "127.0.0.1:0", "-trusted-proxies", "127.0.0.0/8"}, true},
		"all IP addresses":            {[]string{"-addr", "0.0.0.0:0"}, true},
		"all IP addresses, with a token": {[]string{"-addr", "0.0.0.0:0", "-token-sha256", strings.Repeat("ab", 32)},
			false},
	} {
		p := startServer(t, nil, c.args...)
		if err := p.stop(t, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(p.log.String(), warning); got != c.warns {
			t.Errorf("%s: log contains the warning: got %v, want %v\n%s", name, got, c.warns, p.log)
		}
	}
}

func TestServer_WarnsOfUnknownVariables(t *testing.T) {
	const warning = "LINKS_ADRR is not a setting and has no effect; did you mean LINKS_ADDR?"
	env := []string{"LINKS_ADRR=127.0.0.1:1"}
	p := startServer(t, env)
	if log := p.log.String(); !strings.Contains(log, `"level":"WARN","msg":"`+warning+`"`) {
		t.Errorf("log: got\n%s\nwant a warning %q", log, warning)
	}
	cmd := command(t, env, "-store", "bolt:"+filepath.Join(p.cmd.Dir, "links.db"), "-backup", "copy.db")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil || !strings.Contains(stderr.String(), "links: warning: "+warning+"\n") {
		t.Errorf("server -backup: got %v, %s, want a warning %q", err, &stderr, warning)
	}
}

// A second server that the operator starts by mistake must not create a file.
func TestServer_ListensBeforeItOpensStore(t *testing.T) {
	p := startServer(t, nil)
	other := filepath.Join(t.TempDir(), "other.db")
	mustFail(t, nil, "-addr", strings.TrimPrefix(p.url, "http://"), "-store", "bolt:"+other)
	if names := siblings(t, other); names != nil {
		t.Errorf("files after a start with a used listen address: got %q, want none", names)
	}
}

func TestServer_StopsWhileStoreOpens(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		silent, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		if err := silent.SetDeadline(time.Now().Add(processTimeout)); err != nil {
			t.Fatal(err)
		}
		env := []string{
			"AWS_ENDPOINT_URL_DYNAMODB=http://" + silent.Addr().String(), "AWS_REGION=us-east-1",
			"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		}
		p := launch(t, env, "-store", "dynamodb:linkTable", "-create-table")
		conn, err := silent.Accept() // requests the table, and gets no response
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := p.stop(t, signal); err != nil {
			t.Errorf("%v: got %v, want exit status 0\n%s", signal, err, p.log)
		}
		if log := p.log.String(); !strings.Contains(log, `"msg":"stopped"`) || strings.Contains(log, "links:") {
			t.Errorf("%v: log: got\n%s\nwant \"stopped\" and no error", signal, log)
		}
	}
}

func TestServer_ClientBehindTrustedProxy(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		client string
	}{
		"a trusted proxy": {[]string{"-trusted-proxies", "127.0.0.0/8,10.0.0.0/8"}, "192.0.2.7"},
		"a trusted proxy, with a rate limit": {[]string{"-trusted-proxies", "127.0.0.0/8,10.0.0.0/8", "-rate", "100"},
			"192.0.2.7"},
		"another trusted proxy":               {[]string{"-trusted-proxies", "10.0.0.0/8"}, "127.0.0.1"},
		"no trusted proxy":                    {nil, "127.0.0.1"},
		"no trusted proxy, with a rate limit": {[]string{"-rate", "100"}, "127.0.0.1"},
	} {
		p := startServer(t, []string{"LINKS_LOCAL=off"}, c.args...)
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, "GET /link HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.1\r\n"+
			"X-Forwarded-For: 192.0.2.7, 10.0.0.9\r\nConnection: close\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		for buffer := make([]byte, 4096); err == nil; _, err = conn.Read(buffer) {
		}
		conn.Close()
		if err := p.stop(t, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if want := `"client":"` + c.client + `"`; !strings.Contains(p.log.String(), want) {
			t.Errorf("%s: log: got\n%s\nwant %s in it", name, p.log, want)
		}
	}
}

func TestVersion_IgnoresSettings(t *testing.T) {
	out, err := command(t, []string{"LINKS_STORE=nonsense"}, "-version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "links ") || !strings.Contains(string(out), runtime.Version()) {
		t.Errorf("server -version: got %v, %s, want links and %s", err, out, runtime.Version())
	}
	p := startServer(t, nil)
	if want := strings.Fields(string(out))[1]; !strings.Contains(p.log.String(), `"version":"`+want) {
		t.Errorf("log: got\n%s\nwant the version %s in it", p.log, want)
	}
}
