// Command bench compares Links with its alternatives and writes the figures into
// bench/README.md. Run it with `make bench`, which provides wrk, the Python tools
// in .venv, and DynamoDB Local.
//
// The compared programs run alternately, round by round, so that other load on the
// machine affects all of them. A figure is the median of the rounds, a ratio is the
// median of the rounds' ratios.
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

// readme is the file that contains the figures, relative to the root of the
// repository.
const readme = "bench/README.md"

// leastRounds is the number of rounds from which the figures are written.
const leastRounds = 3

// A bench is one run of all measurements.
type bench struct {
	rounds  int
	seconds int // duration of each load
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
		fmt.Sprintf("number of rounds; with fewer than %d the figures are printed but not written", leastRounds))
	seconds := flag.Int("seconds", 3, "duration of each load in seconds")
	flag.Parse()
	if *rounds < 1 || *seconds < 1 || flag.NArg() > 0 {
		return errors.New("-rounds and -seconds must be at least 1; other arguments are not supported")
	}
	document, err := os.ReadFile(readme)
	if err != nil {
		return fmt.Errorf("%w; run bench in the root of the repository", err)
	}
	if _, err := withFigures(document, ""); err != nil {
		return err
	}
	t, err := findTools()
	if err != nil {
		return err
	}
	// Not in the system's temporary directory: it may be in memory, where an fsync
	// costs nothing.
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
	for _, missed := range b.missedTargets() {
		fmt.Println("Target missed:", missed)
	}
	if *rounds < leastRounds {
		fmt.Printf("\nNot written to %s: at least %d rounds are required.\n", readme, leastRounds)
		return nil
	}
	if document, err = withFigures(document, figures); err != nil {
		return err
	}
	return os.WriteFile(readme, document, 0o644)
}

// tools contains the paths of the programs that bench does not build, and the URL
// of DynamoDB Local.
type tools struct{ wrk, emulator, python, dynamodb string }

func findTools() (t tools, err error) {
	if runtime.GOOS != "linux" {
		return t, errors.New("bench requires Linux, for /proc and the Lambda runtime emulator")
	}
	if t.wrk, err = exec.LookPath("wrk"); err != nil {
		return t, errors.New("wrk is not installed: apt-get install wrk")
	}
	if t.dynamodb = os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); t.dynamodb == "" {
		return t, errors.New("AWS_ENDPOINT_URL_DYNAMODB is not set; run `make bench`, which starts DynamoDB Local")
	}
	machine := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	found, err := filepath.Glob(".venv/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-" + machine)
	if err == nil && len(found) == 0 {
		err = errors.New("the Lambda runtime emulator is not in .venv: run make tools-python")
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
