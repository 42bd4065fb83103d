package webui_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"links/internal/api"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
	bearer "links/internal/token"
)

// A site is a service at the base paths /, /prod and /prod/.
type site struct {
	t     *testing.T
	url   string // without a trailing slash
	token string

	mu       sync.Mutex
	requests []string // method and path of each request
	fault    http.HandlerFunc
}

// newSite starts a service on an empty embedded store. token and private configure
// its authentication.
func newSite(t *testing.T, token string, private bool) *site {
	t.Helper()
	return newSiteOn(t, bolttest.Open(t), token, private)
}

// newSiteOn starts a service on a store.
func newSiteOn(t *testing.T, on store.Store, token string, private bool) *site {
	t.Helper()
	config := api.Config{Store: on, Private: private}
	if token != "" {
		config.Tokens = []bearer.Token{{Hash: sha256.Sum256([]byte(token))}}
	}
	s := startSite(t, config)
	s.token = token
	return s
}

// newLocalSite starts a service in local mode on an empty embedded store.
func newLocalSite(t *testing.T) *site {
	t.Helper()
	return startSite(t, api.Config{Store: bolttest.Open(t), Local: true})
}

func startSite(t *testing.T, config api.Config) *site {
	t.Helper()
	handler, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t}
	mounted := http.NewServeMux()
	mounted.Handle("/", handler)
	mounted.Handle("/prod", http.StripPrefix("/prod", handler))
	mounted.Handle("/prod/", http.StripPrefix("/prod", handler))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
		fault := s.fault
		s.mu.Unlock()
		recorded := &recorder{ResponseWriter: w}
		if fault != nil && strings.Contains(r.URL.Path, "/link") {
			fault(recorded, r)
		}
		if !recorded.written {
			mounted.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections() // Close waits for requests in flight
		server.Close()
	})
	s.url = server.URL
	return s
}

// intercept calls a handler before each request for links. If the handler writes a
// response, the request does not reach the service. nil removes the handler.
func (s *site) intercept(fault http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// abort closes the connection.
func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// A recorder records whether a response was written.
type recorder struct {
	http.ResponseWriter
	written bool
}

func (n *recorder) WriteHeader(status int) {
	n.written = true
	n.ResponseWriter.WriteHeader(status)
}

// countRequests counts the requests whose method and path start with prefix.
func (s *site) countRequests(prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := 0
	for _, request := range s.requests {
		if strings.HasPrefix(request, prefix) {
			number++
		}
	}
	return number
}

// allRequests returns the method and path of each request.
func (s *site) allRequests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// request sends a request to the API and returns status and body.
func (s *site) request(method, path, body string) (int, []byte) {
	s.t.Helper()
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, content
}

type link struct {
	ID    string `json:"link_id,omitempty"`
	Link  string `json:"link"`
	Title string `json:"title,omitempty"`
	Added string `json:"added,omitempty"`
}

// store stores links. The first is the newest.
func (s *site) store(addresses ...string) {
	s.t.Helper()
	links := make([]link, len(addresses))
	for i, address := range addresses {
		links[i].Link = address
	}
	s.storeLinks(links...)
}

func (s *site) storeLinks(links ...link) {
	s.t.Helper()
	for end := len(links); end > 0; end -= min(end, 1000) {
		batch := links[max(0, end-1000):end]
		if status, body := s.request(http.MethodPost, "/link", quote(batch)); status != http.StatusOK {
			s.t.Fatalf("store %d links: %d %s", len(batch), status, body)
		}
	}
}

// links returns the stored links, newest first.
func (s *site) links() []link {
	s.t.Helper()
	status, body := s.request(http.MethodGet, "/link?added=true", "")
	var links []link
	if err := json.Unmarshal(body, &links); status != http.StatusOK || err != nil {
		s.t.Fatalf("list: %d %s", status, body)
	}
	return links
}

// storedURLs returns the URLs of the stored links, newest first.
func (s *site) storedURLs() []string {
	s.t.Helper()
	addresses := []string{}
	for _, l := range s.links() {
		addresses = append(addresses, l.Link)
	}
	return addresses
}

// wantNothingStored checks that the web UI stored nothing.
func (s *site) wantNothingStored() {
	s.t.Helper()
	if got := s.storedURLs(); len(got) != 0 {
		s.t.Errorf("stored links: got %q, want none", got)
	}
}

// waitStored waits until exactly these URLs are stored.
func (s *site) waitStored(want []string) {
	s.t.Helper()
	for deadline := time.Now().Add(maxWait); ; time.Sleep(20 * time.Millisecond) {
		got := s.storedURLs()
		if slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("timeout after %s: stored links: got %q, want %q", maxWait, got, want)
		}
	}
}

// errorMessage returns the Error of a response.
func (s *site) errorMessage(body []byte) string {
	s.t.Helper()
	var failure struct{ Error string }
	if err := json.Unmarshal(body, &failure); err != nil || failure.Error == "" {
		s.t.Fatalf("no Error in %s", body)
	}
	return failure.Error
}

// quote returns a value as JSON, which is valid JavaScript.
func quote(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// numbered returns n different URLs.
func numbered(n int) []string {
	addresses := make([]string, n)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("https://n%d.example.com/page?number=%d", i, i)
	}
	return addresses
}
