package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A row compares a figure of Links with a reference, or is the figure alone.
type row struct {
	measure   string
	figure    string
	beside    string // what the reference is
	reference string // its figure
	show      func(float64) string
	reach     reach
}

// A reach is what a ratio has to be, or the figure itself in a row without reference. The zero reach asks for nothing.
type reach struct{ atLeast, atMost float64 }

func atLeast(r float64) reach { return reach{atLeast: r} }
func atMost(r float64) reach  { return reach{atMost: r} }

var embeddedRows = []row{
	{"newest 50, 32 connections", "get links", "PocketBase", "get pocketbase", perSecond, atLeast(8)},
	{"the same", "get links", "a static answer", "get static", perSecond, atLeast(0.55)},
	{"the same, unchanged (`If-None-Match`)", "unchanged links", "changed", "get links", perSecond, atLeast(1.3)},
	{"`POST` new, 32 connections", "post32 links", "PocketBase", "post32 pocketbase", perSecond, atLeast(2.5)},
	{"`POST` new, 256 connections", "post256 links", "PocketBase", "post256 pocketbase", perSecond, atLeast(3.2)},
	{"`POST` new, one connection", "post1 links", "a bare commit", "post1 commit", duration, atMost(1.15)},
	{"links in arrays of 1,000, one connection", "arrays links", "one by one on 32", "post32 links", perSecond, atLeast(5)},
	{"own memory under `GET`s and `POST`s", "memory links", "PocketBase", "memory pocketbase", megabytes, atMost(0.2)},
	{"page of 50 at 1,000,000 links", "page large", "at 1,000", "page small", duration, atMost(1.2)},
	{"`GET` by id at 1,000,000 links", "id large", "at 1,000", "id small", duration, atMost(1.2)},
	{"`POST` new at 1,000,000 links", "post large", "at 1,000", "post small", duration, atMost(1.2)},
	{"1,000,000 links stored in arrays of 1,000", "large seconds", "", "", duration, reach{}},
	{"their file", "large file", "", "", megabytes, reach{}},
}

var lambdaRows = []row{
	{"first answer, `GET` of 20", "first get", "an empty function", "first empty", duration, atMost(2)},
	{"first answer, `POST` new", "first post", "an empty function", "first empty", duration, atMost(2)},
	{"first answer, `GET` of 20", "first get", "the article's function", "first article", duration, reach{}},
	{"warm, `GET` of 20", "warm get links", "the article's function", "warm get article", duration, atMost(0.8)},
	{"warm, `POST` new", "warm post links", "the article's function", "warm post article", duration, atMost(0.8)},
	{"memory after these `GET`s", "function memory links", "the article's function", "function memory article", megabytes, reach{}},
	{"zip", "zip", "", "", megabytes, atMost(4.34e6)},
}

// A list is one that was read from DynamoDB.
var lists = []struct {
	list, figures string
	reach         reach
}{
	{"page of 50, 1 shard", "page1", reach{}},
	{"page of 50, 8 shards", "page8", reach{}},
	{"all 10,000, 1 shard", "whole1", reach{}},
	{"all 10,000, 8 shards", "whole8", atMost(0.2)},
}

// figures are the tables, in Markdown.
func (b *bench) figures(now time.Time) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s on %s; %d rounds, loads of %d s.\n\n", now.Format(time.DateOnly), machine(), b.rounds, b.seconds)
	fmt.Fprintln(&out, "### Embedded store")
	b.writeRows(&out, embeddedRows)
	fmt.Fprintln(&out, "\n### Lambda")
	b.writeRows(&out, lambdaRows)
	fmt.Fprintf(&out, "\n### Lists on DynamoDB, each call delayed by %d ms\n\n", delay.Milliseconds())
	fmt.Fprint(&out, "| list | calls | read units | time | reach |\n|---|---|---|---|---|\n")
	for _, l := range lists {
		value := func(figure string) float64 { return median(b.samples[l.figures+" "+figure]) }
		fmt.Fprintf(&out, "| %s | %.0f | %.1f | %s | %s |\n", l.list, value("calls"), value("units"), duration(value("seconds")),
			l.reach.text(value("seconds"), duration))
	}
	return out.String()
}

func (b *bench) writeRows(out *strings.Builder, rows []row) {
	fmt.Fprint(out, "\n| | Links | beside | ratio (least to most) | reach |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		value := median(b.samples[r.figure])
		beside, ratio, reached := "", "", r.reach.text(value, r.show)
		if r.reference != "" {
			ratios := b.samples.ratios(r.figure, r.reference)
			beside = r.beside + ": " + r.show(median(b.samples[r.reference]))
			ratio = fmt.Sprintf("%.2f (%.2f to %.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
			reached = r.reach.text(median(ratios), func(f float64) string { return fmt.Sprint(f) })
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", r.measure, r.show(value), beside, ratio, reached)
	}
}

// text says what has to be reached, and whether it is.
func (r reach) text(value float64, show func(float64) string) string {
	verdict := map[bool]string{true: "yes", false: "no"}
	switch {
	case r.atLeast > 0:
		return "≥ " + show(r.atLeast) + ": " + verdict[value >= r.atLeast]
	case r.atMost > 0:
		return "≤ " + show(r.atMost) + ": " + verdict[value <= r.atMost]
	}
	return ""
}

func perSecond(f float64) string { return thousands(int(f+0.5)) + "/s" }
func megabytes(f float64) string { return short(f/1e6) + " MB" }

func duration(seconds float64) string {
	switch {
	case seconds < 1e-3:
		return short(seconds*1e6) + " µs"
	case seconds < 10:
		return short(seconds*1e3) + " ms"
	}
	return short(seconds) + " s"
}

// short writes two or more significant digits.
func short(f float64) string {
	if f < 10 {
		return fmt.Sprintf("%.1f", f)
	}
	return thousands(int(f + 0.5))
}

// thousands writes 15200 as 15,200.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// machine says what the figures were measured on.
func machine() string {
	processor := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo") // not everywhere
	for line := range strings.Lines(string(info)) {
		if name, model, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			processor = strings.TrimSpace(model)
			break
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%s, %d cores, Linux %s, %s", processor, runtime.NumCPU(), strings.TrimSpace(string(kernel)), runtime.Version())
}

// The lines of bench/README.md between which the figures stand.
const (
	beginFigures = "<!-- from here to the next such line, make bench writes -->\n"
	endFigures   = "<!-- to here -->\n"
)

// withFigures returns the document with other figures.
func withFigures(document []byte, figures string) ([]byte, error) {
	before, rest, begins := bytes.Cut(document, []byte(beginFigures))
	_, after, ends := bytes.Cut(rest, []byte(endFigures))
	if !begins || !ends {
		return nil, errors.New(readme + " lacks the lines between which the figures stand")
	}
	return slices.Concat(before, []byte(beginFigures), []byte("\n"+figures+"\n"), []byte(endFigures), after), nil
}
