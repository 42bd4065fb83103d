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
)

// site is one installation of the service, mounted at /, at /prod and at /prod/.
type site struct {
	t     *testing.T
	url   string // without a slash at the end
	token string

	mu       sync.Mutex
	requests []string // method and path of each request
	fault    http.HandlerFunc
}

// newSite starts the service on an empty embedded store. With a token, storing and changing needs it; private, reading too.
func newSite(t *testing.T, token string, private bool) *site {
	t.Helper()
	return newSiteOn(t, bolttest.Open(t), token, private)
}

// newSiteOn is newSite on any store.
func newSiteOn(t *testing.T, on store.Store, token string, private bool) *site {
	t.Helper()
	config := api.Config{Store: on, Private: private}
	if token != "" {
		config.Tokens = []api.Token{{Hash: sha256.Sum256([]byte(token))}}
	}
	s := serveSite(t, config)
	s.token = token
	return s
}

// newLocalSite starts the service in local mode on an empty embedded store.
func newLocalSite(t *testing.T) *site {
	t.Helper()
	return serveSite(t, api.Config{Store: bolttest.Open(t), Local: true})
}

func serveSite(t *testing.T, config api.Config) *site {
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
		answered := &noting{ResponseWriter: w}
		if fault != nil && strings.Contains(r.URL.Path, "/link") {
			fault(answered, r)
		}
		if !answered.written {
			mounted.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// breaks puts something between the browser and the service that may answer requests for links itself; nil takes it
// away.
func (s *site) breaks(fault http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// away is a fault: the connection breaks.
func away(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// noting notes whether a fault answered.
type noting struct {
	http.ResponseWriter
	written bool
}

func (n *noting) WriteHeader(status int) {
	n.written = true
	n.ResponseWriter.WriteHeader(status)
}

// sent counts the requests so far whose method and path begin like this.
func (s *site) sent(prefix string) int {
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

// all gives the requests so far.
func (s *site) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// request asks the API directly, and gives status and body.
func (s *site) request(method, path, body string) (int, []byte) {
	s.t.Helper()
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, content
}

type link struct {
	ID    string `json:"link_id,omitempty"`
	Link  string `json:"link"`
	Title string `json:"title,omitempty"`
	Added string `json:"added,omitempty"`
}

// keep stores addresses, of which the first is the newest.
func (s *site) keep(addresses ...string) {
	s.t.Helper()
	links := make([]link, len(addresses))
	for i, address := range addresses {
		links[i].Link = address
	}
	s.keepLinks(links...)
}

func (s *site) keepLinks(links ...link) {
	s.t.Helper()
	for end := len(links); end > 0; end -= min(end, 1000) {
		batch := links[max(0, end-1000):end]
		if status, body := s.request(http.MethodPost, "/link", quote(batch)); status != http.StatusOK {
			s.t.Fatalf("store %d links: %d %s", len(batch), status, body)
		}
	}
}

// links gives every link that the service holds, newest first.
func (s *site) links() []link {
	s.t.Helper()
	status, body := s.request(http.MethodGet, "/link?added=true", "")
	var links []link
	if err := json.Unmarshal(body, &links); status != http.StatusOK || err != nil {
		s.t.Fatalf("list: %d %s", status, body)
	}
	return links
}

// kept gives the address of every link that the service holds, newest first.
func (s *site) kept() []string {
	s.t.Helper()
	addresses := []string{}
	for _, l := range s.links() {
		addresses = append(addresses, l.Link)
	}
	return addresses
}

// waitKept waits until the service holds exactly these addresses.
func (s *site) waitKept(want []string) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		got := s.kept()
		if slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the service holds %q, want %q", got, want)
		}
	}
}

// sentence is the Error of an answer.
func (s *site) sentence(body []byte) string {
	s.t.Helper()
	var failure struct{ Error string }
	if err := json.Unmarshal(body, &failure); err != nil || failure.Error == "" {
		s.t.Fatalf("no error sentence in %s", body)
	}
	return failure.Error
}

// quote writes a value as JSON, which is JavaScript too.
func quote(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// numbered gives so many different addresses.
func numbered(number int) []string {
	addresses := make([]string, number)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("https://n%d.example.com/page?number=%d", i, i)
	}
	return addresses
}
