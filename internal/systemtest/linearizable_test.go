package systemtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"links/internal/store/dynamostore/dynamotest"
)

// These tests check linearizability. Clients store, read, change and delete the
// same few links concurrently, while the store fails or the server is killed.
// There must be an order of all calls that explains every response and in which
// each call takes effect between its start and its end.

const (
	historyClients = 6
	historyLinks   = 8
	historyToken   = "history"
	// checkTimeout is the limit of a check, which usually takes some milliseconds. On a
	// machine without free processors, many requests fail, and the time and the memory
	// of the check grow exponentially with them.
	checkTimeout = 10 * time.Second
	maxAttempts  = 3 // histories, until one can be checked in time
)

func TestLinearizable_ServersOnFaultyTable(t *testing.T) {
	eachHistory(t, func(t *testing.T, calls int) porcupine.CheckResult {
		dynamoDB := newFaultyDynamoDB(t)
		table := dynamotest.Table(t)
		h := newHistory(t)
		h.faulty = dynamoDB
		for range 2 {
			p := startServer(t, []string{"AWS_ENDPOINT_URL_DYNAMODB=" + dynamoDB.url},
				h.arguments("dynamodb:"+table, "-create-table")...)
			h.servers = append(h.servers, p)
		}
		dynamoDB.enabled.Store(true)
		h.run(calls)
		dynamoDB.enabled.Store(false)
		t.Logf("%d calls, %d of unknown outcome, %d traversals, injected faults: %v",
			calls, h.unknown.Load(), h.traversals, dynamoDB.counts())
		return h.check()
	})
}

func TestLinearizable_KilledServer(t *testing.T) {
	eachHistory(t, func(t *testing.T, calls int) porcupine.CheckResult {
		h := newHistory(t)
		arguments := h.arguments("bolt:" + filepath.Join(t.TempDir(), "links.db"))
		h.servers = []*process{startServer(t, nil, arguments...)}
		var done, kills atomic.Int64
		h.afterCall = func() {
			if done.Add(1)%50 > 0 {
				return
			}
			old := h.server(0)
			_ = old.cmd.Process.Kill()
			<-old.exited
			h.replace(0, startServer(t, nil, arguments...))
			kills.Add(1)
		}
		h.run(calls)
		t.Logf("%d calls, %d of unknown outcome, %d traversals, %d kills",
			calls, h.unknown.Load(), h.traversals, kills.Load())
		return h.check()
	})
}

// eachHistory runs f in parallel sub-tests: as many as HISTORIES, or a single one
// with fewer calls if it is unset. A history that cannot be checked in time is
// replaced by another one.
func eachHistory(t *testing.T, f func(t *testing.T, calls int) porcupine.CheckResult) {
	n, calls := 1, 400
	if text := os.Getenv("HISTORIES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
		calls = 2000
	}
	for i := range n {
		t.Run(fmt.Sprint("history ", i), func(t *testing.T) {
			t.Parallel()
			for range maxAttempts {
				if f(t, calls) != porcupine.Unknown {
					return
				}
			}
			t.Errorf("%d histories: none was checked within %v", maxAttempts, checkTimeout)
		})
	}
}

// check compares the history with the model. The result is Unknown if that takes too
// long.
func (h *history) check() porcupine.CheckResult {
	h.t.Helper()
	if h.traversals == 0 {
		h.t.Error("got no complete traversal, want at least one")
	}
	model := linkModel.ToModel()
	result, info := porcupine.CheckOperationsVerbose(model, h.operations, checkTimeout)
	if result != porcupine.Illegal {
		return result
	}
	picture, err := os.CreateTemp("", "history-*.html")
	if err != nil {
		h.t.Fatal(err)
	}
	defer picture.Close()
	err = porcupine.Visualize(model, info, picture)
	h.t.Errorf("CheckOperations of %d calls: got %s, want Ok; %s shows them (%v)",
		len(h.operations), result, picture.Name(), err)
	return result
}
