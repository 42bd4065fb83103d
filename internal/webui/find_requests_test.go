package webui_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

func findRequestCases() []testCase {
	return []testCase{
		{name: "A search follows pages until the list ends, and can be stopped", inFirefox: true, run: searchFollows},
		{name: "A newer search cancels the request of the former", run: searchReplaced},
		{name: "A late response does not replace that of a newer search", run: searchLate},
	}
}

func searchFollows(t *testing.T, s *site, b *tab) {
	s.store(append(numbered(20_100), "https://needle.example/")...)
	b.open(s.url + "/")
	before := s.countRequests("GET /link")
	b.search("needle")
	if got := b.shown(); !slices.Equal(got, []string{"https://needle.example/"}) {
		t.Errorf("list: got %q, want the oldest link", got)
	}
	if got := s.countRequests("GET /link") - before; got != 3 {
		t.Errorf("requests: got %d, want 3 for 20,101 links", got)
	}
	// The second response does not arrive.
	requests, never := 0, make(chan struct{})
	defer close(never)
	s.intercept(func(http.ResponseWriter, *http.Request) {
		if requests++; requests == 2 {
			<-never
		}
	})
	b.fill("#query", "n9999. needle")
	b.press(kb.Enter)
	b.waitText("#summary", "Up to 10,000 links examined… 0 matches")
	b.click("#stop")
	b.waitText("#older", "Search older links")
	if b.isVisible("#stop") || b.text("#summary") != "0 matches so far" {
		t.Errorf("summary after Stop: got %q, want 0 matches so far", b.text("#summary"))
	}
	s.intercept(nil)
	b.click("#older")
	b.waitText("#summary", "No matches.")
}

// searchReplaced starts a search while the request of another one is in flight, and
// checks that the request is canceled.
func searchReplaced(t *testing.T, s *site, b *tab) {
	s.store(numbered(20)...)
	b.open(s.url + "/")
	arrived, canceled := make(chan struct{}, 1), make(chan struct{}, 1)
	s.intercept(func(_ http.ResponseWriter, r *http.Request) {
		if isFormer(r) {
			arrived <- struct{}{}
			<-r.Context().Done()
			canceled <- struct{}{}
		}
	})
	for _, former := range []string{"n1.", "https://n1.example.com/page?number=1"} {
		b.fill("#query", former)
		b.press(kb.Enter)
		wait(t, "the request for "+former, arrived)
		b.search("n2.")
		wait(t, "the cancellation of the request for "+former, canceled)
		if got := b.shown(); !slices.Equal(got, numbered(3)[2:]) {
			t.Errorf("list: got %q, want %q", got, numbered(3)[2:])
		}
	}
}

// wait waits for an event.
func wait(t *testing.T, what string, event <-chan struct{}) {
	t.Helper()
	select {
	case <-event:
	case <-time.After(maxWait):
		t.Fatalf("timeout after %s: want %s", maxWait, what)
	}
}

// isFormer reports whether a request is one of the former searches of a test.
func isFormer(r *http.Request) bool {
	return r.URL.Query().Get("q") == "n1." || r.URL.Query().Get("link") != ""
}

// searchLate delays the response to a search until a newer search is in flight.
// Canceling has no effect, as for a response that has already arrived.
func searchLate(t *testing.T, s *site, b *tab) {
	s.store(numbered(20)...)
	former, newer, arrived := make(chan int), make(chan struct{}), make(chan struct{}, 2)
	s.intercept(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isFormer(r):
			arrived <- struct{}{}
			select {
			case status := <-former:
				if status != http.StatusOK {
					w.WriteHeader(status)
				}
			case <-r.Context().Done():
			}
		case r.URL.Query().Get("q") == "n2.":
			arrived <- struct{}{}
			select {
			case <-newer:
			case <-r.Context().Done():
			}
		}
	})
	b.expectLog("status of 503")
	for _, text := range []string{"n1.", "https://n1.example.com/page?number=1"} {
		for _, status := range []int{http.StatusOK, http.StatusServiceUnavailable} {
			b.openFresh(s.url + "/")
			b.run(`{
				AbortController.prototype.abort = () => {};
				window.received = 0;
				const json = Response.prototype.json;
				Response.prototype.json = async function () {
					try {
						return await json.call(this);
					} finally {
						setTimeout(() => received++); // after the document has used it
					}
				};
			}`)
			const shown = `byId("links").innerText + byId("summary").innerText + byId("list-message").innerText +
				byId("links").ariaBusy`
			for _, query := range []string{text, "n2."} {
				b.fill("#query", query)
				b.press(kb.Enter)
				wait(t, "the request for "+query, arrived)
			}
			before := eval[string](b, shown)
			former <- status
			b.waitFor(`received === 1`)
			if got := eval[string](b, shown); got != before {
				t.Errorf("list during a search, after a late response %d for %q: got %q, want %q",
					status, text, got, before)
			}
			newer <- struct{}{}
			b.waitFound()
			if got := b.shown(); !slices.Equal(got, numbered(3)[2:]) {
				t.Errorf("list after a late response %d for %q: got %q, want %q", status, text, got, numbered(3)[2:])
			}
			if got := b.text("#summary") + b.text("#list-message"); got != "1 match" {
				t.Errorf("summary and message after a late response %d for %q: got %q, want 1 match", status, text, got)
			}
		}
	}
}
