package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"links/internal/api"
)

func TestLongBodiesShareAMemoryAndShortOnesAreAlwaysTaken(t *testing.T) {
	long := `[{"link": "https://www.example.com"}` + strings.Repeat(" ", api.MaxBody-len(`[{"link": "https://www.example.com"}]`)) + "]"
	for _, chunked := range []bool{false, true} {
		t.Run(fmt.Sprintf("chunked %v", chunked), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(newHandler(t, 0))
			defer server.Close()
			post := func(body string) *http.Response {
				t.Helper()
				from := io.Reader(strings.NewReader(body))
				if chunked {
					from = io.MultiReader(from) // of no known length
				}
				answer, err := http.Post(server.URL+"/link", "", from)
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				if _, err := io.Copy(io.Discard, answer.Body); err != nil {
					t.Fatal(err)
				}
				return answer
			}
			var stalled []*io.PipeWriter
			goAway := func() {
				for _, rest := range stalled {
					rest.CloseWithError(io.ErrUnexpectedEOF)
				}
			}
			defer goAway() // or the server would wait for them
			waitFor(t, "a long body finds no room", func() bool {
				stalled = append(stalled, sendAllButTheEnd(t, server.URL, long, chunked))
				answer := post(long)
				return answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") == "1"
			})
			if most := api.MaxBodyMemory / api.MaxBody; len(stalled) < most {
				t.Errorf("no room beside %d bodies, want %d", len(stalled), most)
			}
			short := `{"link": "https://www.example.com"}`
			for range 3 {
				if answer := post(short + strings.Repeat(" ", api.ShortBody-len(short)-1)); answer.StatusCode != http.StatusOK {
					t.Errorf("a short body: status %d while there is no room for long ones", answer.StatusCode)
				}
			}
			if answer := post(long + " "); answer.StatusCode != http.StatusRequestEntityTooLarge && !chunked {
				t.Errorf("a body that is too large: status %d while there is no room for long ones", answer.StatusCode)
			}
			goAway()
			waitFor(t, "a long body finds room again", func() bool { return post(long).StatusCode == http.StatusOK })
		})
	}
}

// sendAllButTheEnd returns the rest of the body that it posts.
func sendAllButTheEnd(t *testing.T, url, body string, chunked bool) *io.PipeWriter {
	t.Helper()
	from, rest := io.Pipe()
	request, err := http.NewRequest("POST", url+"/link", from)
	if err != nil {
		t.Fatal(err)
	}
	if !chunked {
		request.ContentLength = int64(len(body))
	}
	go func() {
		if answer, err := http.DefaultClient.Do(request); err == nil {
			answer.Body.Close()
		}
	}()
	if _, err := io.WriteString(rest, body[:len(body)-1]); err != nil {
		t.Fatal(err)
	}
	return rest
}

func waitFor(t *testing.T, what string, happens func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happens(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
