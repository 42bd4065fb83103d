// Command bench measures Links beside what people would pick instead, and writes the figures into bench/README.md.
// `make bench` gives it what it needs: wrk, the Python tools in .venv, and DynamoDB Local.
//
// What is compared takes turns, round by round, so that whatever else the machine does falls on all of it. A figure is the
// median of the rounds, a ratio the median of the rounds' ratios.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// readme is the file that the figures are written into, below the root of the repository, where everything runs.
const readme = "bench/README.md"

// leastRounds is how many rounds make a median worth keeping.
const leastRounds = 3

// A bench is one run of all measurements.
type bench struct {
	rounds  int
	seconds int // that each load lasts
	dir     string
	tools   tools
	samples samples
	progress
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	rounds := flag.Int("rounds", 5,
		fmt.Sprintf("how often everything is measured; fewer than %d are printed and not written", leastRounds))
	seconds := flag.Int("seconds", 3, "how long each load lasts")
	flag.Parse()
	if *rounds < 1 || *seconds < 1 || flag.NArg() > 0 {
		return errors.New("-rounds and -seconds must be 1 or more; there are no other arguments")
	}
	document, err := os.ReadFile(readme)
	if err != nil {
		return fmt.Errorf("%w; bench runs in the root of the repository", err)
	}
	if _, err := withFigures(document, ""); err != nil {
		return err
	}
	t, err := findTools()
	if err != nil {
		return err
	}
	// Below the repository and not in the system's temporary folder, which may be memory: there a sync costs nothing.
	dir, err := os.MkdirTemp(".", ".bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	b := &bench{rounds: *rounds, seconds: *seconds, dir: dir, tools: t, samples: samples{}, progress: newProgress()}
	for _, measure := range []func(context.Context) error{b.build, b.embedded, b.dynamodb, b.lambda} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	b.progress.end()

	figures := b.figures(time.Now())
	fmt.Print(figures)
	if *rounds < leastRounds {
		fmt.Printf("\nNot written into %s: that takes %d rounds.\n", readme, leastRounds)
		return nil
	}
	if document, err = withFigures(document, figures); err != nil {
		return err
	}
	return os.WriteFile(readme, document, 0o644)
}

// tools are the paths of programs that are not built here, and the URL of DynamoDB Local.
type tools struct{ wrk, emulator, python, dynamodb string }

func findTools() (t tools, err error) {
	if runtime.GOOS != "linux" {
		return t, errors.New("it needs Linux, for /proc and for the Lambda runtime emulator")
	}
	if t.wrk, err = exec.LookPath("wrk"); err != nil {
		return t, errors.New("wrk is not installed: apt-get install wrk")
	}
	if t.dynamodb = os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); t.dynamodb == "" {
		return t, errors.New("AWS_ENDPOINT_URL_DYNAMODB does not name a DynamoDB Local; `make bench` starts one")
	}
	machine := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	found, err := filepath.Glob(".venv/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-" + machine)
	if err == nil && len(found) == 0 {
		err = errors.New("the Lambda runtime emulator is not in .venv: make tools-python")
	}
	if err != nil {
		return t, err
	}
	if t.emulator, err = filepath.Abs(found[0]); err != nil {
		return t, err
	}
	t.python, err = filepath.Abs(".venv/bin/python")
	return t, err
}
