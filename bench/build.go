package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build compiles the compared programs and measures the zip file of the Lambda
// function.
func (b *bench) build(ctx context.Context) error {
	// The flags of the deployed function, for this machine's architecture.
	function := []string{"-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w"}
	for _, p := range []struct {
		program, module, source string
		options                 []string
	}{
		{"server", ".", "./cmd/server", nil},
		{"reference", ".", "./bench/reference", nil},
		{"pocketbase", "bench/pocketbase", ".", nil},
		{"function", ".", "./cmd/lambda", function},
		{"emptyfunction", ".", "./bench/emptyfunction", function},
	} {
		b.step("building %s", p.program)
		arguments := append([]string{"build", "-C", p.module, "-o", b.program(p.program)}, p.options...)
		if err := command(ctx, []string{"CGO_ENABLED=0"}, "go", append(arguments, p.source)...); err != nil {
			return err
		}
	}
	b.step("building the zip")
	artifacts := filepath.Join(b.dir, "artifacts")
	if err := os.Mkdir(artifacts, 0o755); err != nil {
		return err
	}
	err := command(ctx, nil, "make", "--no-print-directory", "build-LinksFunction", "ARTIFACTS_DIR="+artifacts)
	if err != nil {
		return err
	}
	archive := filepath.Join(artifacts, "function.zip") // as sam builds it
	err = command(ctx, nil, b.tools.python, "-m", "zipfile", "-c", archive, filepath.Join(artifacts, "bootstrap"))
	if err != nil {
		return err
	}
	file, err := os.Stat(archive)
	if err != nil {
		return err
	}
	b.samples.add("zip", float64(file.Size()))
	return nil
}

func (b *bench) program(name string) string { return filepath.Join(b.dir, name) }

// command runs a program and waits for it. The error contains its output.
func command(ctx context.Context, environment []string, name string, arguments ...string) error {
	c := exec.CommandContext(ctx, name, arguments...)
	c.Env = append(os.Environ(), environment...)
	if output, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, output)
	}
	return nil
}
