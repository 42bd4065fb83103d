package api_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"links/internal/api"
	"links/internal/link"
	"links/internal/store/boltstore/bolttest"
)

// newHandler returns a handler over a file with n links that have titles of 60
// bytes.
func newHandler(tb testing.TB, n int) http.Handler {
	tb.Helper()
	s := bolttest.Open(tb)
	all := make([]link.Link, n)
	for i := range all {
		var err error
		all[i], err = link.Parse(fmt.Sprintf("https://www.example.com/articles/2026/%d/what-it-says", i))
		if err != nil {
			tb.Fatal(err)
		}
		all[i].Title = fmt.Sprintf("%060d", i)
	}
	if err := s.Put(tb.Context(), all...); err != nil {
		tb.Fatal(err)
	}
	handler, err := api.New(api.Config{Store: s})
	if err != nil {
		tb.Fatal(err)
	}
	return handler
}

// A discardWriter records the status of a response and discards the body.
type discardWriter struct {
	header http.Header
	status int
}

func (w *discardWriter) Header() http.Header         { return w.header }
func (w *discardWriter) WriteHeader(status int)      { w.status = status }
func (w *discardWriter) Write(p []byte) (int, error) { return len(p), nil }

// requester returns a function that sends a request each time it is called, and
// reports an unexpected status.
func requester(tb testing.TB, handler http.Handler, method, target, body string, want int, header ...string) func() {
	reader := strings.NewReader(body)
	request := httptest.NewRequest(method, target, io.NopCloser(reader))
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	w := &discardWriter{header: http.Header{}}
	return func() {
		reader.Reset(body)
		clear(w.header)
		handler.ServeHTTP(w, request)
		if w.status != want {
			tb.Fatalf("%s %s: status %d, want %d", method, target, w.status, want)
		}
	}
}

func TestRequests_Allocations(t *testing.T) {
	handler := newHandler(t, 1000)
	for _, request := range []struct {
		name, method, target, body string
		max                        float64
	}{
		{"the newest page", "GET", "/link?limit=50", "", 60},
		{"the newest page with dates", "GET", "/link?limit=50&added=true", "", 60},
		{
			"a link that already exists", "POST", "/link",
			`{"link": "https://www.example.com/articles/2026/1/what-it-says"}`, 150,
		},
	} {
		send := requester(t, handler, request.method, request.target, request.body, http.StatusOK)
		if got := testing.AllocsPerRun(100, send); got > request.max {
			t.Errorf("%s: got %v allocations, want at most %v", request.name, got, request.max)
		}
	}
}

func BenchmarkGetPage(b *testing.B) {
	send := requester(b, newHandler(b, 1000), "GET", "/link?limit=50", "", http.StatusOK)
	b.ReportAllocs()
	for b.Loop() {
		send()
	}
}

func BenchmarkGetPage_NotModified(b *testing.B) {
	handler := newHandler(b, 1000)
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, httptest.NewRequest("GET", "/link?limit=50", nil))
	send := requester(b, handler, "GET", "/link?limit=50", "", http.StatusNotModified, "If-None-Match",
		response.Header().Get("ETag"))
	b.ReportAllocs()
	for b.Loop() {
		send()
	}
}

func BenchmarkPost_ExistingLink(b *testing.B) {
	handler := newHandler(b, 0)
	send := requester(b, handler, "POST", "/link",
		`{"link": "https://www.example.com/articles/2026/1/what-it-says", "title": "What it says"}`, http.StatusOK)
	send()
	b.ReportAllocs()
	for b.Loop() {
		send()
	}
}

// BenchmarkPost_OneMiB measures the largest body, with the most expensive links and
// with plain links.
func BenchmarkPost_OneMiB(b *testing.B) {
	handler := newHandler(b, 0)
	letters := make([]rune, 63) // all different, which costs Punycode most
	for i := range letters {
		letters[i] = rune(0x4e00 + 7*i)
	}
	label := string(letters)
	fill := func(before, middle string, size int) string {
		return before + strings.Repeat(middle, (size-len(before))/len(middle))
	}
	for _, kind := range []struct {
		name, url string
		want      int
	}{
		{"1,000 plain links", fill("https://example.com/", "a", 1000), 200},
		{"131 plain links of 8,000 bytes", fill("https://example.com/", "a", 7950), 200},
		{"one long international label", fill("https://", label, 7950), 400},
		{"many international labels", fill("https://", label+".", 7950), 400},
		{"1,000 plain links of 740 bytes", fill("https://example.com/", "a", 740), 200},
		{
			"1,000 of the longest international hosts",
			"https://" + strings.Repeat(label+".", 3) + string(letters[:50]) + ".com/", 200,
		},
		{"slashes", fill("https://example.com", "/", 7950), 400},
		{"1,000 segments", fill("https://example.com", "/aaaaaaa", 7950), 200},
		{"dots", fill("https://example.com", "/../aaaaaaaaaaaaaa", 7950), 200},
		{"credentials", fill("https://", "@", 7000) + "example.com/", 200},
		{"escapes", fill("https://example.com/?", `\u00e9`, 7950), 200},
		{"1,000 links with tags", `https://example.com/","tags":["go","to read","web/search"],"title":"`, 200},
		{"1,000 links with notes", fill(`https://example.com/","note":"`, `A line of text.\n`, 1000), 200},
	} {
		var body strings.Builder
		body.WriteByte('[')
		for i := 0; body.Len()+len(kind.url) < 1<<20-40 && i < 1000; i++ {
			if i > 0 {
				body.WriteByte(',')
			}
			// All links are different.
			fmt.Fprintf(&body, `{"link":"%s%d"}`, kind.url, i)
		}
		body.WriteByte(']')
		b.Run(kind.name, func(b *testing.B) {
			send := requester(b, handler, "POST", "/link", body.String(), kind.want)
			for b.Loop() {
				send()
			}
			b.ReportMetric(float64(body.Len())/1e6, "MB")
		})
	}
}

// BenchmarkSearch measures searches that examine as many links as one response
// may: ordinary ones, and the most expensive ones.
func BenchmarkSearch(b *testing.B) {
	ordinary := func(i int) link.Link {
		l := link.Link{
			URL:   fmt.Sprintf("https://www.example.com/articles/2026/%d/what-it-says", i),
			Title: fmt.Sprintf("What It Says About Number %d, and Why Others Disagreé", i),
		}
		switch i % 4 {
		case 0:
			l.URL += "%20or%20not"
			l.Note = strings.Repeat("A note about it. ", 8) + "End."
		case 1:
			l.Tags = "Reading,Recipes/Soups"
		}
		return l
	}
	largest := func(text string) func(i int) link.Link {
		return func(i int) link.Link {
			start := fmt.Sprintf("https://example.com/%d%%20", i)
			return link.Link{URL: start + strings.Repeat(text, (link.MaxURLBytes-len(start)-4)/len(text)) + "y%30"}
		}
	}
	// Letters of one to three bytes in random order are hard to predict.
	random := rand.New(rand.NewPCG(1, 2))
	mixed := func(i int) link.Link {
		rawURL := []byte(fmt.Sprintf("https://example.com/%d%%20", i))
		for len(rawURL) < link.MaxURLBytes-utf8.UTFMax {
			first := []rune("aAéЖꭰ")[random.IntN(5)]
			rawURL = utf8.AppendRune(rawURL, first+random.Int32N(20))
		}
		return link.Link{URL: string(rawURL)}
	}
	tenWords := func(word string) string {
		return "q=" + url.QueryEscape(strings.Repeat(word+" ", 9)+"absent")
	}
	for _, c := range []struct {
		name  string
		links int
		link  func(i int) link.Link
		query string
	}{
		{"10,000 ordinary links, one word", 10_000, ordinary, "q=zebra"},
		{"10,000 ordinary links, ten words", 10_000, ordinary, "q=" + url.QueryEscape("h t t p s : w e r zebra")},
		{"10,000 ordinary links, a tag", 10_000, ordinary, "tag=zebra"},
		{"500 links of one letter", 500, largest("a"), tenWords("aaaaaaaaaaaaaaaay")},
		{"500 links of two letters", 500, largest("ab"), tenWords("babababababababay")},
		{"500 links of Cyrillic letters", 500, largest("Ж"), tenWords("жжжжжжжy")},
		{"500 links of Latin letters with accents", 500, largest("é"), tenWords("éééééééy")},
		{"500 links of such letters, words in the decoded URL", 500, largest("é"), tenWords("ééééééy0")},
		{"500 links of letters of different lengths", 500, mixed,
			"q=" + url.QueryEscape("éa aж aꭲ ꭲa zb bcd fgh ijk lm absent")},
		{"500 links of escaped ASCII letters", 500, largest("%41"), tenWords("aaaaaaaaaaaaaaaay")},
		{"500 links of escaped Cyrillic letters", 500, largest("%d0%96"), tenWords("жжжжжжжy")},
	} {
		b.Run(c.name, func(b *testing.B) {
			all := make([]link.Link, c.links)
			for i := range all {
				l := c.link(i)
				parsed, err := link.Parse(l.URL)
				if err != nil {
					b.Fatal(err)
				}
				l.ID = parsed.ID
				all[i] = l
			}
			s := bolttest.Open(b)
			if err := s.Put(b.Context(), all...); err != nil {
				b.Fatal(err)
			}
			handler, err := api.New(api.Config{Store: s})
			if err != nil {
				b.Fatal(err)
			}
			send := requester(b, handler, "GET", "/link?"+c.query, "", http.StatusOK)
			for b.Loop() {
				send()
			}
		})
	}
}
