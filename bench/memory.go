package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// repeats is the number of times that the loads are repeated, because caches grow
// with use.
const repeats = 3

// ownMemory measures the peak memory (RssAnon) of Links and of PocketBase under the
// same loads.
func (b *bench) ownMemory(ctx context.Context) error {
	dir, err := os.MkdirTemp(b.dir, "memory-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	links, err := b.startSeeded(ctx, filepath.Join(dir, "links.db"))
	if err != nil {
		return err
	}
	defer links.stop()
	pocketbase, err := b.startPocketBase(ctx, dir)
	if err != nil {
		return err
	}
	defer pocketbase.stop()
	for _, m := range []struct {
		figure         string
		process        *process
		page, resource string
	}{
		{"memory links", links.process, linksPage, "/link"},
		{"memory pocketbase", pocketbase, pocketbasePage, pocketbaseList},
	} {
		b.step("%s", m.figure)
		peak := 0.0
		for range repeats {
			for _, l := range []load{
				get(32, m.page),
				b.post(m.process, 32, m.resource, 1),
				b.post(m.process, 256, m.resource, 1),
			} {
				_, used, err := b.run(ctx, m.process, l)
				if err != nil {
					return err
				}
				peak = max(peak, used)
			}
		}
		b.samples.add(m.figure, peak)
	}
	return nil
}

// memory returns a figure of /proc/PID/status in bytes. RssAnon is the memory that
// the program allocated. VmRSS also includes the resident parts of mapped files.
func memory(pid int, figure string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if fields := strings.Fields(string(line)); len(fields) == 3 && fields[0] == figure+":" {
			kilobytes, err := strconv.Atoi(fields[1])
			return float64(kilobytes) * 1024, err
		}
	}
	return 0, errors.New("/proc/PID/status contains no " + figure)
}
