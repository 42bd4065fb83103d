package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// A load describes the requests that wrk sends. wrk runs with one thread, because
// it shares the processors with the measured program.
type load struct {
	connections int
	options     []string // options of wrk, before the URL
	path        string
	arguments   []string // arguments of the script
}

func get(connections int, path string, options ...string) load {
	return load{connections: connections, path: path, options: options}
}

// getEach requests the paths in the file in a cycle.
func getEach(file string) load {
	return load{connections: 1, path: "/", options: []string{"-s", "bench/get.lua"}, arguments: []string{file}}
}

// post stores links that the process does not have yet, batch links in each
// request.
func (b *bench) post(p *process, connections int, path string, batch int) load {
	from := p.posted
	p.posted += b.seconds * 1_000_000 // more than any store can store
	return load{
		connections: connections, path: path, options: []string{"-s", "bench/post.lua"},
		arguments: []string{strconv.Itoa(from), strconv.Itoa(batch)},
	}
}

var (
	requestsPerSecond = regexp.MustCompile(`(?m)^Requests/sec: +([0-9.]+)$`)
	failedRequests    = regexp.MustCompile(`(?m)^ *(Non-2xx or 3xx responses|Socket errors|.*: cannot open).*$`)
)

// run sends the load with wrk. It returns the responses per second and the peak
// memory (RssAnon, in bytes) of the process. A failed request is an error, since
// its cost differs.
func (b *bench) run(ctx context.Context, p *process, l load) (rate, peak float64, err error) {
	arguments := []string{"--threads", "1", "--connections", strconv.Itoa(l.connections),
		"--duration", fmt.Sprint(b.seconds, "s"), "--timeout", "10s"}
	arguments = append(append(arguments, l.options...), p.url+l.path, "--")
	c := exec.CommandContext(ctx, b.tools.wrk, append(arguments, l.arguments...)...)
	ended := make(chan struct{})
	watched := make(chan error)
	go func() { watched <- p.watch(ended, &peak) }()
	output, err := c.CombinedOutput()
	close(ended)
	if watchErr := <-watched; err == nil {
		err = watchErr
	}
	rates := requestsPerSecond.FindSubmatch(output)
	if failed := failedRequests.Find(output); failed != nil || rates == nil || err != nil {
		return 0, 0, fmt.Errorf("%s: %v %s\n%s\n%s", c, err, failed, output, p.output())
	}
	rate, err = strconv.ParseFloat(string(rates[1]), 64)
	return rate, peak, err
}

// watch records the peak memory of the process until ended is closed.
func (p *process) watch(ended <-chan struct{}, peak *float64) error {
	for {
		now, err := memory(p.command.Process.Pid, "RssAnon")
		if err != nil {
			return err
		}
		*peak = max(*peak, now)
		select {
		case <-ended:
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// link returns the i-th link as JSON, the same as in bench/post.lua.
func link(i int) string {
	return fmt.Sprintf(`{"link":"https://www.example%03d.com/articles/2026/%09d/a-page-worth-keeping",`+
		`"title":"Article %09d: a title that has sixty bytes, as many do."}`, i%977, i, i)
}
