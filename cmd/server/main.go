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
	// Ballast: it is never used, so the kernel gives no memory for it, and the garbage collector counts it as kept. It runs
	// each time that the heap has doubled, which is after 2 MB where 2 MB are kept, and under load that was 140 times a second.
	// With so much more that seems kept it runs a third as often: a page of 50 takes a fifth less of the processors, for 3 MB.
	ballast := make([]byte, 3<<20)
	defer runtime.KeepAlive(ballast)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "links:", err)
		os.Exit(1)
	}
}
