// Package server is the program cmd/server: it reads the settings, opens the
// store and serves the API and the web UI on a listener. It is a package of its
// own so that tests can run the program in a process.
package server

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// Main runs the program with the arguments and the environment of the process
// and returns its exit code.
func Main() int {
	// The ballast is never read or written, so the kernel backs it with no memory,
	// but the garbage collector counts it as live. The collector runs when the heap
	// has doubled, and without the ballast little is live. A page of 50 links then
	// takes a fifth more processor time.
	ballast := make([]byte, 3<<20)
	defer runtime.KeepAlive(ballast)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process immediately
	if err := run(ctx, os.Args[1:], os.Getenv, os.Environ(), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "links:", err)
		return 1
	}
	return 0
}
