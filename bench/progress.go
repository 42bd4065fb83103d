package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
)

// A progress reports the current step on standard error: in one updated line on a
// terminal, otherwise in one line for each step.
type progress struct {
	began    time.Time
	terminal bool
}

func newProgress() progress {
	return progress{began: time.Now(), terminal: term.IsTerminal(int(os.Stderr.Fd()))}
}

func (p progress) step(format string, arguments ...any) {
	begin, end := "", "\n"
	if p.terminal {
		begin, end = "\r\033[K", ""
	}
	text := fmt.Sprintf(format, arguments...)
	fmt.Fprintf(os.Stderr, "%s%4.0f s  %s%s", begin, time.Since(p.began).Seconds(), text, end)
}

func (p progress) end() {
	p.step("done")
	if p.terminal {
		fmt.Fprintln(os.Stderr)
	}
}
