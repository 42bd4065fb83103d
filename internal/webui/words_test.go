package webui_test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func wordsCases() []testCase {
	return []testCase{
		{name: "Errors of the service are shown without HTTP terms", token: token, run: errorsInPlainWords},
	}
}

var (
	httpTerm = regexp.MustCompile(`(?i:\bhttp\b|\bservers?\b|\brequests?\b|\bresponses?\b|\bheaders?\b|\bbody\b` +
		`|\bpayload|\bendpoint|\bgateway|\bstatus code|\bunauthorized|\bforbidden|\bIP address)` +
		`|\b(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\b|\b[45]\d\d\b`)
	// notTerm matches what users know or enter: URLs and the names of their schemes.
	notTerm = regexp.MustCompile(`https?://\S*|http or https`)
)

// findTerm returns the first HTTP term in a text, or "".
func findTerm(text string) string { return httpTerm.FindString(notTerm.ReplaceAllString(text, "")) }

// wantPlainWords checks that the document shows no HTTP term. Its links contain none.
func (b *tab) wantPlainWords(when string) {
	b.t.Helper()
	shown := eval[string](b, `document.body.innerText`)
	if term := findTerm(shown); term != "" {
		b.t.Errorf("%s: the document contains the HTTP term %q:\n%s", when, term, shown)
	}
}

func TestFindTerm_HTTP(t *testing.T) {
	for _, text := range []string{
		"HTTP error", "Status 404", "Send a POST.", "The server failed.", "Bad Gateway", "The request is too large.",
	} {
		if findTerm(text) == "" {
			t.Errorf("findTerm(%q): got none, want a term", text)
		}
	}
	for _, text := range []string{
		"Delete", "not a web address", "https://example.com/404", "longer than 8,000 bytes",
	} {
		if got := findTerm(text); got != "" {
			t.Errorf("findTerm(%q): got %q, want none", text, got)
		}
	}
}

// TestSources_PlainWords checks the texts in the sources: those of the document, and
// the string literals of scripts that contain a space.
func TestSources_PlainWords(t *testing.T) {
	comment := regexp.MustCompile(`(?m)(^|\s)//.*$`)
	literal := regexp.MustCompile("\"(?:[^\"\\\\\n]|\\\\.)*\"|`[^`]*`")
	expression := regexp.MustCompile(`\$\{[^}]*\}`)
	markup := regexp.MustCompile(`(?s)<(?:style|script)\b.*?</(?:style|script)>|<!--.*?-->|<[^>]*>`)
	attribute := regexp.MustCompile(`\b(?:placeholder|aria-label|title|alt|content)="([^"]*)"`)
	files, err := filepath.Glob("web/*.js")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, file := range append(files, "web/index.html") {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(file) == ".html" {
			texts = append(texts, markup.ReplaceAllString(string(content), "\n"))
			for _, found := range attribute.FindAllStringSubmatch(string(content), -1) {
				texts = append(texts, found[1])
			}
			continue
		}
		for _, found := range literal.FindAllString(comment.ReplaceAllString(string(content), ""), -1) {
			if text := expression.ReplaceAllString(found, "x"); strings.Contains(text, " ") {
				texts = append(texts, text)
			}
		}
	}
	all := strings.Join(texts, "\n")
	for _, known := range []string{"Can’t reach the service.", "Imported ", "Paste a link", "This is a PDF."} {
		if !strings.Contains(all, known) {
			t.Errorf("texts in the sources: want %q among them", known)
		}
	}
	for _, text := range texts {
		if term := findTerm(text); term != "" {
			t.Errorf("HTTP term %q in the text %s", term, text)
		}
	}
}

// errorsInPlainWords provokes errors whose messages are for programs.
func errorsInPlainWords(t *testing.T, s *site, b *tab) {
	s.store(numbered(3)...)
	for _, status := range []int{
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusMisdirectedRequest,
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	} {
		b.expectLog(fmt.Sprintf("status of %d", status))
		for _, body := range []string{
			`{"Error": "The server cannot process this HTTP request.", "Reference": "a-reference"}`,
			"<title>HTTP error</title>",
		} {
			when := fmt.Sprintf("status %d with %s", status, body)
			s.intercept(nil)
			b.openWithToken(s, token)
			s.intercept(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				fmt.Fprint(w, body)
			})
			messages := []string{b.save("https://www.example.com/")}
			b.edit(1)
			b.insert("A title")
			b.press(kb.Enter)
			b.waitFor(`document.querySelector("#links .editor-error").textContent !== ""`)
			messages = append(messages, b.text("#links .editor-error"))
			b.fill("#query", "n1.")
			b.press(kb.Enter)
			b.waitFound()
			messages = append(messages, b.text("#list-message"))
			b.wantPlainWords(when)
			want := "The service is unavailable."
			if status == http.StatusTooManyRequests {
				want = "The service is busy. Try again."
			}
			if status >= 500 && body[0] == '{' {
				want += " (Reference: a-reference)"
			}
			for _, got := range messages {
				if got != want {
					t.Errorf("%s: message: got %q, want %q", when, cmp.Or(got, "none"), want)
				}
			}
		}
	}
	s.intercept(nil)
}
