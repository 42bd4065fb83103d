package systemtest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
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

func TestStart_TerminalShowsOneSentence(t *testing.T) {
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
			if strings.Contains(lines.Text(), "listening") {
				t.Errorf("-store %s: line after the first: got %q", store, lines.Text())
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("-store %s: SIGTERM: got %v, want exit status 0", store, err)
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
