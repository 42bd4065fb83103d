package systemtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// maxFloodMemory is the most that the process may ever have in memory, in bytes.
const maxFloodMemory = 250_000_000

func TestAFloodTakesLittleMemoryAndOthersAreServed(t *testing.T) {
	if os.Getenv("FLOODS") == "" {
		t.Skip("needs a machine that does nothing else: set FLOODS=1 there")
	}
	const post = "POST /link HTTP/1.1\r\nHost: localhost\r\n"
	array := longArray()
	full := fullFile(t)
	for name, f := range map[string]flood{
		"idle connections":               {2000, stayIdle, 0},
		"connections that send nothing":  {2000, sendPart(""), 5 * time.Second},
		"headers that do not end":        {1000, sendPart("GET /link HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 30_000)), 5 * time.Second},
		"long bodies that do not end":    {300, sendPart(withLength(post, array)[:len(array)]), 0},
		"chunked bodies that do not end": {300, sendPart(fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", post, len(array), array)), 0},
		"short bodies that do not end":   {1000, sendPart(withLength(post, array[:10_000])[:10_000]), 0},
		"clients that stop reading":      {300, stopReading, 0},
		"arrays of 1 MB":                 {100, sendWhole(withLength(post, array), 200, 503), 0},
		"bodies that are too large":      {100, sendWhole(withLength(post, array+array), 413), 0},
		"chunked bodies without an end":  {100, sendWhole(post+"Transfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1000\r\n"+array[:0x1000]+"\r\n", 600), 413, 503), 0},
		"arrays in arrays":               {100, sendWhole(withLength(post, strings.Repeat("[", len(array))), 400, 503), 0},
		"objects in objects":             {100, sendWhole(withLength(post, strings.Repeat(`{"link":`, len(array)/8)), 400, 503), 0},
		"garbage in place of requests":   {100, sendWhole(strings.Repeat("\x00\xff\x16\x03\x01garbage\r\n", 1000), 400), 0},
		"headers that are too large":     {300, sendWhole("GET /link HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 1_000_000), 431), 0},
		"whole lists, again and again":   {20, sendWhole("GET /link HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, 503), 0},
		"headers of many fields":         {100, sendWhole("GET /healthz HTTP/1.1\r\nHost: localhost\r\n"+strings.Repeat("X: x\r\n", 5000)+"\r\n", 200), 0},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "links.db")
			if err := os.WriteFile(file, full, 0o600); err != nil {
				t.Fatal(err)
			}
			p := startServer(t, nil, "-store", "bolt:"+file)
			measure(t, p.url, 20) // what only the first requests need
			calm := measure(t, p.url, 100)
			before := p.peakMemory(t)
			running := f.begin(t, p.url)
			flooded, slow := measureAgain(t, p.url, calm)
			if slow != "" {
				t.Error(slow)
			}
			running.waitUntilCut(t)
			ended, peak := running.end(), p.peakMemory(t)
			if peak > maxFloodMemory {
				t.Errorf("the server had %d MB in memory", peak/1e6)
			}
			t.Logf("%d clients, %d attacks ended\ncalm    %v\nflooded %v\nmemory  %d MB before, at most %d MB", f.clients, ended, calm, flooded, before/1e6, peak/1e6)
		})
	}
}
