package systemtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

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

// traverse reads the list page by page. Links that nobody changes must appear
// once and in order, and the timestamps must not increase.
func (h *history) traverse(client int) {
	var seeds []string
	last := "9999"
	for query := "?limit=3&added=true"; query != ""; {
		r, err := http.NewRequest("GET", h.server(client).url+"/link"+query, nil)
		if err != nil {
			h.t.Error(err)
			return
		}
		response, err := h.client.Do(r)
		if err != nil {
			return
		}
		var page []struct{ Link, Added string }
		err = json.NewDecoder(response.Body).Decode(&page)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			return // an injected fault: the next traversal may be complete
		}
		for _, l := range page {
			if l.Added > last || l.Added == "" {
				h.t.Errorf("traversal: %s was added at %q, want at most %s, the timestamp before it",
					l.Link, l.Added, last)
			}
			last = l.Added
			if strings.HasPrefix(l.Link, seedURL) {
				seeds = append(seeds, l.Link)
			}
		}
		query, _, _ = strings.Cut(strings.TrimPrefix(response.Header.Get("Link"), "<"), ">")
	}
	h.traversals++
	if !slices.Equal(seeds, h.seeds) {
		h.t.Errorf("traversal: got %q, want %q", seeds, h.seeds)
	}
}

// seedURL is the prefix of the links that nobody changes.
const seedURL = "https://seed.example/"

// seed stores the links that every traversal must find.
func (h *history) seed() {
	h.t.Helper()
	for i := range 20 {
		h.seeds = slices.Insert(h.seeds, 0, fmt.Sprint(seedURL, i))
		body, _ := json.Marshal(map[string]string{"link": h.seeds[0]})
		for h.request(0, "POST", "/link", body, new(any)) != http.StatusOK {
		}
	}
}
