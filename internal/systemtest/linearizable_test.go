package systemtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"links/internal/store/dynamostore/dynamotest"
)

// Clients store, read, change and delete the same few links at once, while the store fails or the server is killed. Every
// answer must be explained by one order of the calls in which each takes effect between its begin and its end.

const (
	historyClients = 6
	historyLinks   = 8
	historyToken   = "history"
)

func TestServersOnOneFaultyTableAreLinearizable(t *testing.T) {
	eachHistory(t, func(t *testing.T, calls int) {
		engine := newFaultyEngine(t)
		table := dynamotest.Table(t)
		h := newHistory(t)
		h.sentAgain = true
		for range 2 {
			p := startServer(t, []string{"AWS_ENDPOINT_URL_DYNAMODB=" + engine.url}, h.arguments("dynamodb:"+table, "-create-table")...)
			h.servers = append(h.servers, p)
		}
		engine.fails.Store(true)
		h.run(calls)
		engine.fails.Store(false)
		h.check()
		t.Logf("%d calls, %d without an answer, %d walks, faults: %v", calls, h.unanswered.Load(), h.walks, engine.counts())
	})
}

func TestAServerThatIsKilledIsLinearizable(t *testing.T) {
	eachHistory(t, func(t *testing.T, calls int) {
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
		h.check()
		t.Logf("%d calls, %d without an answer, %d walks, %d kills", calls, h.unanswered.Load(), h.walks, kills.Load())
	})
}

// eachHistory makes the histories, HISTORIES of 2,000 calls or one short one, side by side.
func eachHistory(t *testing.T, f func(t *testing.T, calls int)) {
	number, calls := 1, 400
	if text := os.Getenv("HISTORIES"); text != "" {
		var err error
		if number, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
		calls = 2000
	}
	for i := range number {
		t.Run(fmt.Sprint("history ", i), func(t *testing.T) {
			t.Parallel()
			f(t, calls)
		})
	}
}

// history is what clients asked and were answered.
type history struct {
	t          *testing.T
	client     *http.Client
	sentAgain  bool   // the server may send a request again to its store, whose first answer was lost
	afterCall  func() // runs in the client that sent the call; nil: nothing
	unanswered atomic.Int64
	walks      int

	mu         sync.Mutex
	servers    []*process
	operations []porcupine.Operation
	seeds      []string // links that nobody changes, newest first
}

func newHistory(t *testing.T) *history {
	return &history{t: t, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: historyClients}}}
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

// run has clients make so many calls together, and one more walk the list all the while.
func (h *history) run(calls int) {
	h.seed()
	var left atomic.Int64
	left.Store(int64(calls))
	var clients, walker sync.WaitGroup
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
	walker.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				h.walk(i)
			}
		}
	})
	clients.Wait()
	close(done)
	walker.Wait()
	for i := 0; h.walks == 0 && i < 100; i++ { // all were interrupted
		h.walk(i)
	}
	h.client.CloseIdleConnections()
}

// A call and its outcome, as the model's input and output.
type (
	call struct {
		method, title string
		link          int
	}
	outcome struct {
		status int // 0: no answer, or one that says that the outcome is not known
		title  string
	}
)

func (h *history) call(client int) {
	c := call{method: []string{"POST", "GET", "GET", "PATCH", "DELETE"}[rand.IntN(5)], link: rand.IntN(historyLinks)}
	if c.method == "PATCH" || c.method == "POST" && rand.IntN(2) == 0 {
		c.title = fmt.Sprint("title ", rand.Uint32())
	}
	begin := time.Now().UnixNano()
	o := h.send(client, c)
	end := time.Now().UnixNano()
	if o.status == 0 {
		h.unanswered.Add(1)
		if c.method == "GET" {
			return
		}
		if h.sentAgain {
			end = 1 << 62 // it may yet reach the engine
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{ClientId: client, Input: c, Call: begin, Output: o, Return: end})
	if h.sentAgain && o.status != 0 && c.method != "GET" {
		// Sent again after a lost answer, it may have taken effect before too.
		for range 2 {
			h.operations = append(h.operations, porcupine.Operation{ClientId: client, Input: c, Call: begin, Output: outcome{}, Return: end})
		}
	}
}

var historyAddresses = func() (addresses []string) {
	for i := range historyLinks {
		addresses = append(addresses, fmt.Sprint("https://history.example/", i))
	}
	return addresses
}()

func (h *history) send(client int, c call) outcome {
	var body []byte
	path := "/link"
	switch c.method {
	case "POST":
		body, _ = json.Marshal(map[string]string{"link": historyAddresses[c.link], "title": c.title})
	case "PATCH":
		body, _ = json.Marshal(map[string]string{"title": c.title})
	}
	if c.method != "POST" {
		path += "/" + idOf(h.t, historyAddresses[c.link])
	}
	var shown struct{ Title string }
	status := h.request(client, c.method, path, body, &shown)
	if status >= 500 {
		status = 0
	}
	return outcome{status, shown.Title}
}

// request returns the status, or 0 when there is no answer.
func (h *history) request(client int, method, path string, body []byte, shown any) int {
	r, err := http.NewRequest(method, h.server(client).url+path, bytes.NewReader(body))
	if err != nil {
		h.t.Error(err)
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+historyToken)
	answer, err := h.client.Do(r)
	if errors.Is(err, syscall.ECONNREFUSED) { // the server is being started again, and has not been asked
		time.Sleep(time.Millisecond)
		return h.request(client, method, path, body, shown)
	}
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		if err := json.NewDecoder(answer.Body).Decode(shown); err != nil {
			return 0
		}
	}
	return answer.StatusCode
}

// check holds the history to the model.
func (h *history) check() {
	h.t.Helper()
	if h.walks == 0 {
		h.t.Error("no walk was completed")
	}
	model := oneLink.ToModel()
	result, info := porcupine.CheckOperationsVerbose(model, h.operations, 0)
	if result == porcupine.Ok {
		return
	}
	picture, err := os.CreateTemp("", "history-*.html")
	if err != nil {
		h.t.Fatal(err)
	}
	defer picture.Close()
	h.t.Errorf("the history of %d calls is %s; %s shows it, %v", len(h.operations), result, picture.Name(), porcupine.Visualize(model, info, picture))
}
