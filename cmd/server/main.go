// Command server runs Links as a plain HTTP server. Its flags and variables: server -help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	// The ballast is never read or written, so the kernel backs it with no memory,
	// but the garbage collector counts it as live. The collector runs when the heap
	// has doubled, and without the ballast little is live. A page of 50 links then
	// takes a fifth more processor time.
	ballast := make([]byte, 3<<20)
	defer runtime.KeepAlive(ballast)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "links:", err)
		os.Exit(1)
	}
}
