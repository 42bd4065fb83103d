package systemtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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

// history records the calls of clients and their outcomes.
type history struct {
	t          *testing.T
	began      time.Time
	client     *http.Client
	faulty     *faultyDynamoDB // the servers retry requests to it; may be nil
	afterCall  func()          // runs in the client after each call; may be nil
	unknown    atomic.Int64    // calls of unknown outcome
	traversals int             // complete ones

	mu         sync.Mutex
	servers    []*process
	operations []porcupine.Operation
	seeds      []string // links that nobody changes, newest first
}

func newHistory(t *testing.T) *history {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: historyClients}}
	return &history{t: t, began: time.Now(), client: client}
}

func (h *history) arguments(store string, more ...string) []string {
	hash := sha256.Sum256([]byte(historyToken))
	return append([]string{"-store", store, "-token-sha256", hex.EncodeToString(hash[:])}, more...)
}

func (h *history) server(i int) *process {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.servers[i%len(h.servers)]
}

func (h *history) replace(i int, p *process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.servers[i] = p
}

// run sends n calls from concurrent clients, while another client traverses the
// list repeatedly.
func (h *history) run(n int) {
	h.seed()
	var left atomic.Int64
	left.Store(int64(n))
	var clients, reader sync.WaitGroup
	for c := range historyClients {
		clients.Go(func() {
			for left.Add(-1) >= 0 {
				h.call(c)
				if h.afterCall != nil {
					h.afterCall()
				}
			}
		})
	}
	done := make(chan struct{})
	reader.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				h.traverse(i)
			}
		}
	})
	clients.Wait()
	close(done)
	reader.Wait()
	for i := 0; h.traversals == 0 && i < 100; i++ { // none was complete
		h.traverse(i)
	}
	h.client.CloseIdleConnections()
}

type (
	// A call is the input of the model. The body of a POST or a PATCH contains
	// the members that are given.
	call struct {
		method string
		link   int
		given  [memberCount]bool
		members
	}
	// An outcome is the output of the model. If zero, it is unknown: the client
	// received no response or a 5xx.
	outcome struct {
		status int
		members
	}
)

// randomCall returns a call of a link. Members are often missing, and tags
// often differ in case only.
func randomCall() call {
	c := call{method: []string{"POST", "GET", "GET", "PATCH", "DELETE"}[rand.IntN(5)], link: rand.IntN(historyLinks)}
	if c.method != "POST" && c.method != "PATCH" {
		return c
	}
	c.given[rand.IntN(memberCount)] = c.method == "PATCH" // at least one
	for i, name := range memberNames {
		switch c.given[i] = c.given[i] || rand.IntN(2) == 0; {
		case !c.given[i]:
		case i == tagsMember:
			c.members[i] = randomTags()
		case rand.IntN(4) > 0:
			c.members[i] = fmt.Sprint(name, " ", rand.Uint32())
		}
	}
	return c
}

// randomTags returns 0 to 4 different tags, separated by commas.
func randomTags() string {
	tags := []string{"a", "b", "c", "d"}
	rand.Shuffle(len(tags), func(i, j int) { tags[i], tags[j] = tags[j], tags[i] })
	for i := range tags {
		if rand.IntN(4) == 0 {
			tags[i] = strings.ToUpper(tags[i])
		}
	}
	return strings.Join(tags[:rand.IntN(len(tags)+1)], ",")
}

// body returns the JSON object of a POST or a PATCH.
func (c call) body() []byte {
	object := map[string]any{}
	if c.method == "POST" {
		object["link"] = historyURL(c.link)
	}
	for i, name := range memberNames {
		switch {
		case c.given[i] && i == tagsMember:
			object[name] = splitTags(c.members[i])
		case c.given[i]:
			object[name] = c.members[i]
		}
	}
	body, _ := json.Marshal(object) // cannot fail
	return body
}

func (h *history) call(client int) {
	c := randomCall()
	repeated := h.repeatedOf(c)
	start := time.Since(h.began) // monotonic
	o := h.send(client, c)
	end := time.Since(h.began)
	repeated = h.repeatedOf(c) - repeated
	if o.status == 0 {
		h.unknown.Add(1)
		if c.method == "GET" {
			return
		}
		if h.faulty != nil {
			end = math.MaxInt64 // an attempt may still reach DynamoDB
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	operation := porcupine.Operation{ClientId: client, Input: c, Call: int64(start), Output: o, Return: int64(end)}
	h.operations = append(h.operations, operation)
	// Each attempt that was sent to DynamoDB may have taken effect completely, because
	// one write of the store has the complete effect of a call.
	operation.Output = outcome{}
	for range repeated {
		h.operations = append(h.operations, operation)
	}
}

// repeatedOf returns how many writes of the call's link were repeated, or 0 for a GET.
func (h *history) repeatedOf(c call) int {
	if h.faulty == nil || c.method == "GET" {
		return 0
	}
	return h.faulty.repeatedOf(idOf(h.t, historyURL(c.link)))
}

func historyURL(i int) string { return fmt.Sprint("https://history.example/", i) }

func (h *history) send(client int, c call) outcome {
	var body []byte
	path := "/link"
	if c.method == "POST" || c.method == "PATCH" {
		body = c.body()
	}
	if c.method != "POST" {
		path += "/" + idOf(h.t, historyURL(c.link))
	}
	var shown struct {
		Title, Note string
		Tags        []string
	}
	status := h.request(client, c.method, path, body, &shown)
	if status >= 500 {
		status = 0
	}
	return outcome{status, members{shown.Title, strings.Join(shown.Tags, ","), shown.Note}}
}

// request returns the status. It returns 0 if the response is missing or
// truncated.
func (h *history) request(client int, method, path string, body []byte, shown any) int {
	r, err := http.NewRequest(method, h.server(client).url+path, bytes.NewReader(body))
	if err != nil {
		h.t.Error(err)
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+historyToken)
	response, err := h.client.Do(r)
	if errors.Is(err, syscall.ECONNREFUSED) { // not sent, because the server is restarting
		time.Sleep(time.Millisecond)
		return h.request(client, method, path, body, shown)
	}
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		if err := json.NewDecoder(response.Body).Decode(shown); err != nil {
			return 0
		}
	}
	return response.StatusCode
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
