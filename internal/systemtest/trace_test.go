package systemtest

import (
	"bufio"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A step is what strace saw of the server, in order: it matters to the disk, or it tells a client something.
type step struct {
	kind  stepKind
	call  int    // the number of the system call that the step belongs to
	at    int64  // written: the offset; truncated: the new size
	bytes []byte // written, or sent to a client
}

type stepKind int

const (
	writeBegins stepKind = iota // from now on any part of it may be on the disk
	writeEnds                   // a sync that begins now has it
	syncBegins
	syncEnds
	fileIsNamed // a new file has got its name
	namesSynced // the directory is on the disk
	answerSent
)

var (
	traceLine  = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed>)`)
	failedCall = regexp.MustCompile(`\) += (-1 E|\?)`) // or one during which the process was killed
	hexByte    = regexp.MustCompile(`\\x([0-9a-f]{2})`)
	arguments  = regexp.MustCompile(`^\d+ +\w+\((\d+)<([^>]*)>(?:, "([^"]*)"(\.\.\.)?)?(?:, (\d+))?(?:, (\d+))?`)
)

// straceArguments have strace print what readTrace reads: whole buffers, everything as hexadecimal.
var straceArguments = []string{
	"-f", "-qq", "-y", "-xx", "-s", "4194304", "-e", "signal=none",
	"-e", "trace=pwrite64,fdatasync,fsync,ftruncate,write,link,linkat",
}

// readTrace reads strace's output about one file and the answers to clients.
func readTrace(t *testing.T, trace io.Reader, file string) []step {
	t.Helper()
	var steps []step
	calls := 0
	underWay := map[string]step{} // by thread, what its system call is when it ends
	lines := bufio.NewScanner(trace)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		line := lines.Text()
		match := traceLine.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		thread, name, resumed := match[1], match[2], match[3] != "("
		end, known := underWay[thread]
		if !resumed {
			calls++
			begin, ok := beginOf(t, name, line, file)
			if !ok {
				continue
			}
			begin.call = calls
			if begin.kind != fileIsNamed && begin.kind != namesSynced {
				steps = append(steps, begin)
			}
			end, known = step{kind: begin.kind, call: calls}, true
			switch begin.kind {
			case writeBegins:
				end.kind = writeEnds
			case syncBegins:
				end.kind = syncEnds
			case answerSent:
				continue
			}
			if strings.HasSuffix(line, "<unfinished ...>") {
				underWay[thread] = end
				continue
			}
		}
		delete(underWay, thread)
		if known && !failedCall.MatchString(line) {
			steps = append(steps, end)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// beginOf returns the step with which a system call begins, if it is one that matters.
func beginOf(t *testing.T, name, line, file string) (step, bool) {
	t.Helper()
	if strings.HasPrefix(name, "link") {
		return step{kind: fileIsNamed}, strings.Contains(text(t, line), file)
	}
	match := arguments.FindStringSubmatch(line)
	if match == nil {
		return step{}, false
	}
	path, bytes := text(t, match[2]), []byte(text(t, match[3]))
	if match[4] != "" {
		t.Fatalf("strace has cut off a buffer: %.200s", line)
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatalf("%v in %.200s", err, line)
		}
		return n
	}
	switch {
	case name == "write" && strings.HasPrefix(string(bytes), "HTTP/1.1 2"):
		return step{kind: answerSent, bytes: bytes}, true
	case name == "fsync" && path == filepath.Dir(file):
		return step{kind: namesSynced}, true
	case !strings.HasPrefix(path, file):
		return step{}, false
	case name == "pwrite64":
		return step{kind: writeBegins, at: number(match[6]), bytes: bytes}, true
	case name == "ftruncate":
		return step{kind: writeBegins, at: number(match[5])}, true
	case name == "fsync", name == "fdatasync":
		return step{kind: syncBegins}, true
	}
	t.Fatalf("an unexpected call: %.200s", line)
	return step{}, false
}

func text(t *testing.T, hex string) string {
	t.Helper()
	return hexByte.ReplaceAllStringFunc(hex, func(s string) string {
		n, err := strconv.ParseUint(s[2:], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		return string([]byte{byte(n)})
	})
}
