package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestClientsThatDoNotReadTakeLittleMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not tell a process's memory in /proc")
	}
	p := startServer(t, nil)
	for i := range 8 { // more than one answer holds
		links := make([]string, 80)
		for j := range links {
			links[j] = fmt.Sprintf("https://example.com/%d/%d/%s", i, j, strings.Repeat("x", 7900))
		}
		if status, err := post(p.url, links...); status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	for range 300 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /link HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	time.Sleep(3 * time.Second) // in which the server answers as far as it can
	answer, err := http.Get(p.url + "/link?limit=50")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("a page of 50 is %s meanwhile", answer.Status)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	peak, err := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s*(\d+)`).FindSubmatch(status)[1]))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("300 clients that do not read: at most %d MB resident", peak/1000)
	if most := 400_000; peak > most { // 2,363,000 without a bound on what long lists hold together
		t.Errorf("%d kB were resident, want at most %d", peak, most)
	}
}
