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

// A row compares a figure of Links with a reference. Without a reference it shows
// the figure alone.
type row struct {
	measure   string
	figure    string
	against   string // description of the reference
	reference string // figure of the reference; "": none
	show      func(float64) string
	target    target
}

// A target limits a ratio, or the figure in a row without a reference. The zero
// target is always met.
type target struct{ atLeast, atMost float64 }

func atLeast(r float64) target { return target{atLeast: r} }
func atMost(r float64) target  { return target{atMost: r} }

var embeddedRows = []row{
	{"newest 50, 32 connections", "get links", "PocketBase", "get pocketbase", perSecond, atLeast(8)},
	{"the same", "get links", "a static response", "get static", perSecond, atLeast(0.55)},
	{"the same, unchanged (`If-None-Match`)", "unchanged links", "changed", "get links", perSecond, atLeast(1.3)},
	{"`POST` new, 32 connections", "post32 links", "PocketBase", "post32 pocketbase", perSecond, atLeast(2.5)},
	{"`POST` new, 256 connections", "post256 links", "PocketBase", "post256 pocketbase", perSecond, atLeast(3.2)},
	{"`POST` new, one connection", "post1 links", "a bare commit", "post1 commit", duration, atMost(1.15)},
	{
		"links in arrays of 1,000, one connection", "arrays links", "one by one on 32", "post32 links",
		perSecond, atLeast(5),
	},
	{"own memory under `GET`s and `POST`s", "memory links", "PocketBase", "memory pocketbase", megabytes, atMost(0.2)},
	{"page of 50 at 1,000,000 links", "page large", "at 1,000", "page small", duration, atMost(1.2)},
	{"`GET` by id at 1,000,000 links", "id large", "at 1,000", "id small", duration, atMost(1.2)},
	{"`POST` new at 1,000,000 links", "post large", "at 1,000", "post small", duration, atMost(1.2)},
	{"a word that does not occur among 50,000 links, 5 requests", "search q", "", "", duration, atMost(0.5)},
	{"a tag that does not occur among them", "search tag", "", "", duration, atMost(0.5)},
	{"1,000,000 links stored in arrays of 1,000", "large seconds", "", "", duration, target{}},
	{"their file", "large file", "", "", megabytes, target{}},
}

var lambdaRows = []row{
	{
		"start, until the first event is requested", "start links", "an empty function", "start empty",
		duration, atMost(2.3),
	},
	{"first response, `GET` of 20", "first get", "an empty function", "first empty", duration, atMost(2)},
	{"first response, `POST` new", "first post", "an empty function", "first empty", duration, atMost(2)},
	{"first response, `GET` of 20", "first get", "the article's function", "first article", duration, target{}},
	{"warm, `GET` of 20", "warm get links", "the article's function", "warm get article", duration, atMost(0.8)},
	{"warm, `POST` new", "warm post links", "the article's function", "warm post article", duration, atMost(0.8)},
	{
		"memory after these `GET`s", "function memory links", "the article's function", "function memory article",
		megabytes, target{},
	},
	{"zip", "zip", "", "", megabytes, atMost(4.34e6)},
}

// lists are the lists read from DynamoDB.
var lists = []struct {
	list, figures string
	target        target
}{
	{"page of 50, 1 shard", "page1", target{}},
	{"page of 50, 8 shards", "page8", target{}},
	{"all 10,000, 1 shard", "whole1", target{}},
	{"all 10,000, 8 shards", "whole8", atMost(0.2)},
}

// figures returns the tables in Markdown.
func (b *bench) figures(now time.Time) string {
	var out strings.Builder
	date := now.Format(time.DateOnly)
	fmt.Fprintf(&out, "Measured on %s on %s; %d rounds, loads of %d s.\n\n", date, machine(), b.rounds, b.seconds)
	fmt.Fprintln(&out, "### Embedded store")
	b.writeRows(&out, embeddedRows)
	fmt.Fprintln(&out, "\n### Lambda")
	b.writeRows(&out, lambdaRows)
	fmt.Fprintf(&out, "\n### Lists on DynamoDB, each call delayed by %d ms\n\n", delay.Milliseconds())
	fmt.Fprint(&out, "| list | calls | read units | time |\n|---|---|---|---|\n")
	for _, l := range lists {
		value := func(figure string) float64 { return median(b.samples[l.figures+" "+figure]) }
		seconds := duration(value("seconds"))
		fmt.Fprintf(&out, "| %s | %.0f | %.1f | %s |\n", l.list, value("calls"), value("units"), seconds)
	}
	return out.String()
}

func (b *bench) writeRows(out *strings.Builder, rows []row) {
	fmt.Fprint(out, "\n| | Links | compared with | ratio (minimum to maximum) |\n|---|---|---|---|\n")
	for _, r := range rows {
		value := median(b.samples[r.figure])
		against, ratio := "", ""
		if r.reference != "" {
			ratios := b.samples.ratios(r.figure, r.reference)
			against = r.against + ": " + r.show(median(b.samples[r.reference]))
			ratio = fmt.Sprintf("%.2f (%.2f to %.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", r.measure, r.show(value), against, ratio)
	}
}

// missedTargets returns a line for each row that misses its target.
func (b *bench) missedTargets() []string {
	var missed []string
	for _, r := range slices.Concat(embeddedRows, lambdaRows) {
		value := median(b.samples[r.figure])
		name := r.measure
		if r.reference != "" {
			value = median(b.samples.ratios(r.figure, r.reference))
			name += ", compared with " + r.against
		}
		missed = r.target.check(missed, name, value)
	}
	for _, l := range lists {
		missed = l.target.check(missed, l.list, median(b.samples[l.figures+" seconds"]))
	}
	return missed
}

// check appends a line to missed if the value misses the target.
func (t target) check(missed []string, name string, value float64) []string {
	switch {
	case t.atLeast > 0 && value < t.atLeast:
		return append(missed, fmt.Sprintf("%s: %.3g, want at least %.3g", name, value, t.atLeast))
	case t.atMost > 0 && value > t.atMost:
		return append(missed, fmt.Sprintf("%s: %.3g, want at most %.3g", name, value, t.atMost))
	}
	return missed
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

// short formats a number with at least two significant digits.
func short(f float64) string {
	if f < 10 {
		return fmt.Sprintf("%.1f", f)
	}
	return thousands(int(f + 0.5))
}

// thousands formats 15200 as 15,200.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// machine describes the machine and the Go version.
func machine() string {
	processor := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo") // missing on some systems
	for line := range strings.Lines(string(info)) {
		if name, model, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			processor = strings.TrimSpace(model)
			break
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	linux := strings.TrimSpace(string(kernel))
	return fmt.Sprintf("%s, %d cores, Linux %s, %s", processor, runtime.NumCPU(), linux, runtime.Version())
}

// The lines of bench/README.md that enclose the figures.
const (
	beginFigures = "<!-- generated by make bench: begin -->\n"
	endFigures   = "<!-- generated by make bench: end -->\n"
)

// withFigures returns the document with its figures replaced.
func withFigures(document []byte, figures string) ([]byte, error) {
	before, rest, begins := bytes.Cut(document, []byte(beginFigures))
	_, after, ends := bytes.Cut(rest, []byte(endFigures))
	if !begins || !ends {
		return nil, errors.New(readme + " does not contain the lines that enclose the figures")
	}
	return slices.Concat(before, []byte(beginFigures), []byte("\n"+figures+"\n"), []byte(endFigures), after), nil
}
