package server

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// meter shows on a terminal how much of a known length is written.
type meter struct {
	to         io.Writer
	size, done int64
	progress   io.Writer
	onTerminal bool
	next       time.Time
}

func newMeter(to io.Writer, size int64, progress io.Writer) *meter {
	file, ok := progress.(*os.File)
	return &meter{to: to, size: size, progress: progress, onTerminal: ok && term.IsTerminal(int(file.Fd()))}
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.to.Write(p)
	m.done += int64(n)
	if now := time.Now(); m.onTerminal && (now.After(m.next) || m.done == m.size) {
		m.next = now.Add(100 * time.Millisecond)
		fmt.Fprintf(m.progress, "\r%3d%% of %.1f MB", 100*m.done/max(1, m.size), float64(m.size)/1e6)
		if m.done == m.size {
			fmt.Fprintln(m.progress)
		}
	}
	return n, err
}
