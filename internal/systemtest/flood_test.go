package systemtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// maxFloodMemory limits the peak resident memory of the server, in bytes.
const maxFloodMemory = 250_000_000

func TestFlood_LimitsMemoryAndLatency(t *testing.T) {
	if os.Getenv("FLOODS") == "" {
		t.Skip("needs an otherwise idle machine: set FLOODS=1 there")
	}
	const post = "POST /link HTTP/1.1\r\nHost: localhost\r\n"
	const list = "GET /link HTTP/1.1\r\nHost: localhost\r\n"
	const chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
	array := largeArray()
	chunks := strings.Repeat("1000\r\n"+array[:0x1000]+"\r\n", 600)
	nestedArrays := strings.Repeat("[", len(array))
	nestedObjects := strings.Repeat(`{"link":`, len(array)/8)
	store := fullStore(t)
	for name, f := range map[string]flood{
		"idle connections":               {2000, stayIdle, 0},
		"connections that send nothing":  {2000, sendPart(""), 5 * time.Second},
		"headers that do not end":        {1000, sendPart(list + "X: " + strings.Repeat("x", 30_000)), 5 * time.Second},
		"large bodies that do not end":   {300, sendPart(withLength(post, array)[:len(array)]), 0},
		"chunked bodies that do not end": {300, sendPart(fmt.Sprintf("%s%x\r\n%s\r\n", chunked, len(array), array)), 0},
		"small bodies that do not end":   {1000, sendPart(withLength(post, array[:10_000])[:10_000]), 0},
		"clients that stop reading":      {300, stopReading, 0},
		"arrays of 1 MB":                 {100, sendFull(withLength(post, array), 200, 503), 0},
		"bodies that are too large":      {100, sendFull(withLength(post, array+array), 413), 0},
		"chunked bodies without an end":  {100, sendFull(chunked+chunks, 413, 503), 0},
		"nested arrays":                  {100, sendFull(withLength(post, nestedArrays), 400, 503), 0},
		"nested objects":                 {100, sendFull(withLength(post, nestedObjects), 400, 503), 0},
		"bytes that are not HTTP": {100, sendFull(strings.Repeat("\x00\xff\x16\x03\x01garbage\r\n", 1000),
			400), 0},
		"headers that are too large":    {300, sendFull(list+"X: "+strings.Repeat("x", 1_000_000), 431), 0},
		"repeated requests of the list": {20, sendFull(list+"Connection: close\r\n\r\n", 200, 503), 0},
		"searches for words that do not occur": {20, sendRepeatedly("GET /link?q="+strings.Repeat("xxxxxxxxxx+", 9)+
			"y HTTP/1.1\r\nHost: localhost\r\n\r\n", 200), 0},
		"headers of many fields": {100, sendFull("GET /healthz HTTP/1.1\r\nHost: localhost\r\n"+
			strings.Repeat("X: x\r\n", 5000)+"\r\n", 200), 0},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "links.db")
			if err := os.WriteFile(file, store, 0o600); err != nil {
				t.Fatal(err)
			}
			p := startServer(t, nil, "-store", "bolt:"+file)
			measure(t, p.url, 20) // warm up
			baseline := measure(t, p.url, 100)
			before := p.peakMemory(t)
			running := f.begin(t, p.url)
			flooded, slow := measureUntilFast(t, p.url, baseline)
			if slow != "" {
				t.Error(slow)
			}
			running.waitUntilClosed(t)
			ended, peak := running.end(), p.peakMemory(t)
			if peak > maxFloodMemory {
				t.Errorf("peak memory: got %d MB, want at most %d MB", peak/1e6, maxFloodMemory/int(1e6))
			}
			t.Logf("%d clients, %d attacks ended\nbaseline %v\nflooded  %v\nmemory   %d MB before, peak %d MB",
				f.clients, ended, baseline, flooded, before/1e6, peak/1e6)
		})
	}
}
