package server

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// A progressWriter forwards data of a known size, and shows on a terminal how
// much of it is written.
type progressWriter struct {
	to         io.Writer
	size, done int64
	terminal   io.Writer // nil if progress is not shown
	next       time.Time // of the next update
}

// newProgressWriter returns a writer that shows its progress on stderr if that
// is a terminal.
func newProgressWriter(to io.Writer, size int64, stderr io.Writer) *progressWriter {
	w := &progressWriter{to: to, size: size}
	if file, ok := stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		w.terminal = file
	}
	return w
}

func (w *progressWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.done += int64(n)
	if now := time.Now(); w.terminal != nil && (now.After(w.next) || w.done == w.size) {
		w.next = now.Add(100 * time.Millisecond)
		fmt.Fprintf(w.terminal, "\r%3d%% of %.1f MB", 100*w.done/max(1, w.size), float64(w.size)/1e6)
		if w.done == w.size {
			fmt.Fprintln(w.terminal)
		}
	}
	return n, err
}
