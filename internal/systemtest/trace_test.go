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

// A step is one event of a trace: a change of the disk or a response to a client.
type step struct {
	kind  stepKind
	call  int    // the number of its system call
	at    int64  // offset of a write, or size of a truncation
	bytes []byte // written to the file, or sent to a client; nil for a truncation
}

type stepKind int

const (
	writeStart stepKind = iota // from now on, any part of it may be on the disk
	writeEnd                   // a sync that starts later makes it durable
	syncStart
	syncEnd
	fileLinked      // a new file has its name
	directorySynced // the names in the directory are durable
	responseSent
)

var (
	traceLine  = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed>)`)
	failedCall = regexp.MustCompile(`\) += (-1 E|\?)`) // ? if the process was killed during the call
	hexByte    = regexp.MustCompile(`\\x([0-9a-f]{2})`)
	arguments  = regexp.MustCompile(`^\d+ +\w+\((\d+)<([^>]*)>(?:, "([^"]*)"(\.\.\.)?)?(?:, (\d+))?(?:, (\d+))?`)
)

// straceArgs makes strace print complete buffers in hexadecimal, for readTrace.
var straceArgs = []string{
	"-f", "-qq", "-y", "-xx", "-s", "4194304", "-e", "signal=none",
	"-e", "trace=pwrite64,fdatasync,fsync,ftruncate,write,link,linkat",
}

// readTrace returns the steps in strace's output that concern the file or are
// responses.
func readTrace(t *testing.T, trace io.Reader, file string) []step {
	t.Helper()
	var steps []step
	calls := 0
	inFlight := map[string]step{} // by thread, the step at the end of its system call
	lines := bufio.NewScanner(trace)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		line := lines.Text()
		match := traceLine.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		thread, name, resumed := match[1], match[2], match[3] != "("
		end, known := inFlight[thread]
		if !resumed {
			calls++
			first, ok := firstStep(t, name, line, file)
			if !ok {
				continue
			}
			first.call = calls
			if first.kind != fileLinked && first.kind != directorySynced {
				steps = append(steps, first)
			}
			end, known = step{kind: first.kind, call: calls}, true
			switch first.kind {
			case writeStart:
				end.kind = writeEnd
			case syncStart:
				end.kind = syncEnd
			case responseSent:
				continue
			}
			if strings.HasSuffix(line, "<unfinished ...>") {
				inFlight[thread] = end
				continue
			}
		}
		delete(inFlight, thread)
		if known && !failedCall.MatchString(line) {
			steps = append(steps, end)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// firstStep returns the step at the start of a system call, and whether the call
// is relevant.
func firstStep(t *testing.T, name, line, file string) (step, bool) {
	t.Helper()
	if strings.HasPrefix(name, "link") {
		return step{kind: fileLinked}, strings.Contains(unhex(t, line), file)
	}
	match := arguments.FindStringSubmatch(line)
	if match == nil {
		return step{}, false
	}
	path, bytes := unhex(t, match[2]), []byte(unhex(t, match[3]))
	if match[4] != "" {
		t.Fatalf("strace truncated a buffer: %.200s", line)
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
		return step{kind: responseSent, bytes: bytes}, true
	case name == "fsync" && path == filepath.Dir(file):
		return step{kind: directorySynced}, true
	case !strings.HasPrefix(path, file):
		return step{}, false
	case name == "pwrite64":
		return step{kind: writeStart, at: number(match[6]), bytes: bytes}, true
	case name == "ftruncate":
		return step{kind: writeStart, at: number(match[5])}, true
	case name == "fsync", name == "fdatasync":
		return step{kind: syncStart}, true
	}
	t.Fatalf("unexpected call: %.200s", line)
	return step{}, false
}

// unhex replaces the hexadecimal escapes of strace.
func unhex(t *testing.T, hex string) string {
	t.Helper()
	return hexByte.ReplaceAllStringFunc(hex, func(s string) string {
		n, err := strconv.ParseUint(s[2:], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		return string([]byte{byte(n)})
	})
}
