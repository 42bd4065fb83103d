package systemtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"links/internal/store/dynamostore/dynamotest"
)

// copyLinks runs scripts/copy-links and returns its output.
func copyLinks(t *testing.T, from, to string, env ...string) (output string, err error) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("needs python3: scripts/copy-links is written in Python")
	}
	cmd := exec.Command("../../scripts/copy-links", from, to)
	cmd.Env = append(append(os.Environ(), "NO_PROXY=127.0.0.1"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func mustCopyLinks(t *testing.T, from, to string, env ...string) {
	t.Helper()
	if out, err := copyLinks(t, from, to, env...); err != nil {
		t.Fatalf("copy-links %s %s: %v: %s", from, to, err, out)
	}
}

func TestCopyLinks_PreservesTheList(t *testing.T) {
	table := dynamotest.Table(t)
	laptop := startServer(t, nil)
	cloud := startServer(t, nil, "-store", "dynamodb:"+table, "-create-table")
	for i := range 7 {
		links := make([]string, 20)
		for j := range links {
			links[j] = fmt.Sprintf(`{"link": "https://example.com/%d/%d?q=\"é\"&%s"`, i, j, strings.Repeat("x", 100*j))
			if j%2 == 0 {
				links[j] += fmt.Sprintf(`, "title": "Page %d of \"é\" \\ <b>"`, j)
			}
			if j%4 > 1 {
				links[j] += fmt.Sprintf(`, "tags": ["é \"b\"", "Recipes/Soups", "%d"], "note": "\"é\" \\\n\t<b>"`, j)
			}
			// Some have a date, most of them the same one.
			if j%3 > 0 {
				links[j] += fmt.Sprintf(`, "added": "2024-02-29T12:34:56.%03dZ"`, i/3)
			}
			links[j] += "}"
		}
		postObjects(t, laptop.url, links)
	}
	want := fullList(t, laptop.url)
	for i := range 2 {
		mustCopyLinks(t, laptop.url+"/link", cloud.url+"/link")
		if got := fullList(t, cloud.url); got != want {
			t.Errorf("list after copy %d: got\n%.2000s\nwant\n%.2000s", i, got, want)
		}
	}
	back := startServer(t, nil)
	mustCopyLinks(t, cloud.url+"/link", back.url+"/link")
	if got := fullList(t, back.url); got != want {
		t.Errorf("list copied back: got\n%.2000s\nwant\n%.2000s", got, want)
	}
}

// The list has more links than a page, and one page is larger than a request may
// be.
func TestCopyLinks_CopiesManyAndLargeLinks(t *testing.T) {
	from := startServer(t, nil)
	var small, large []string
	for i := range 1000 {
		small = append(small,
			fmt.Sprintf(`{"link": "https://example.com/%d", "title": "é", "added": "2024-02-29T12:34:56Z"}`, i))
	}
	postObjects(t, from.url, small)
	for i := range 100 {
		large = append(large, fmt.Sprintf(`{"link": "https://example.com/%d?%s"}`, i, strings.Repeat("x", 7900)))
	}
	postObjects(t, from.url, large)
	postObjects(t, from.url, []string{`{"link": "https://example.com/a", "added": "2024-02-29T12:34:56Z"}`})
	for i := range 100 {
		large[i] = strings.Replace(large[i], "?", "?b", 1)
	}
	postObjects(t, from.url, large)
	want := fullList(t, from.url)
	file := filepath.Join(t.TempDir(), "links.json")
	mustCopyLinks(t, from.url+"/link", file)
	exported, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := compact(t, exported); got != want {
		t.Errorf("file: got %d bytes, %.500s\nwant %d bytes, %.500s", len(got), got, len(want), want)
	}
	for _, source := range []string{file, from.url + "/link"} {
		to := startServer(t, nil)
		mustCopyLinks(t, source, to.url+"/link")
		if got := fullList(t, to.url); got != want {
			t.Errorf("list copied from %s: got %d bytes, %.500s\nwant %d bytes, %.500s",
				source, len(got), got, len(want), want)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(file)); err != nil || len(files) != 1 {
		t.Errorf("files after the export: got %v, %v, want only the export", files, err)
	}
}

func TestCopyLinks_PreservesUnknownMembers(t *testing.T) {
	const links = `[{"link":"https://b.example","tags":["é","\u2028"],"note":"a\nb","later":{"x":[1,null]}},` +
		`{"link":"https://a.example"}]`
	file := filepath.Join(t.TempDir(), "links.json")
	if err := os.WriteFile(file, []byte(links), 0o600); err != nil {
		t.Fatal(err)
	}
	var got string
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = compact(t, body)
	}))
	defer target.Close()
	mustCopyLinks(t, file, target.URL+"/link")
	if want := compact(t, []byte(links)); got != want {
		t.Errorf("request: got %s, want %s", got, want)
	}
}

// Every user of a machine can read the arguments of every process.
func TestCopyLinks_HidesTokens(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc: only on Linux")
	}
	const fromToken, toToken = "token-of-the-source", "token-of-the-target"
	service := func(token, response string) *httptest.Server {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); got != "Bearer "+token {
				t.Errorf("%s: got Authorization %q, want the token", r.Method, got)
			}
			processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
			if err != nil || len(processes) == 0 {
				t.Errorf("Glob of /proc: got %q, %v, want processes", processes, err)
			}
			for _, process := range processes {
				if arguments, _ := os.ReadFile(process); bytes.Contains(arguments, []byte(token)) {
					t.Errorf("%s: got the token in the arguments of a process: %q", r.Method, arguments)
				}
			}
			_, _ = io.WriteString(w, response)
		}))
		t.Cleanup(server.Close)
		return server
	}
	from := service(fromToken, `[{"link": "https://a.example"}]`)
	to := service(toToken, `[{"link_id": "…"}]`)
	mustCopyLinks(t, from.URL+"/link", to.URL+"/link", "FROM_TOKEN="+fromToken, "TO_TOKEN="+toToken)
}

func TestCopyLinks_RetriesWhenThrottled(t *testing.T) {
	var requests atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) <= 2 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = io.WriteString(w, "[]")
	}))
	defer service.Close()
	file := filepath.Join(t.TempDir(), "links.json")
	mustCopyLinks(t, service.URL+"/link", file)
	if got, err := os.ReadFile(file); err != nil || compact(t, got) != "[]" {
		t.Errorf("file: got %q, %v, want an empty list", got, err)
	}
}

func TestCopyLinks_ToPipe(t *testing.T) {
	const list = `[{"link":"https://a.example"}]`
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, list)
	}))
	defer service.Close()
	directory := t.TempDir()
	pipe := filepath.Join(directory, "pipe")
	if out, err := exec.CommandContext(t.Context(), "mkfifo", pipe).CombinedOutput(); err != nil {
		t.Skipf("mkfifo: %v: %s", err, out)
	}
	written := make(chan string, 1)
	go func() {
		text, err := os.ReadFile(pipe)
		if err != nil {
			t.Error(err)
		}
		written <- string(text)
	}()
	mustCopyLinks(t, service.URL+"/link", pipe)
	if info, err := os.Lstat(pipe); err != nil || info.Mode().IsRegular() {
		t.Fatalf("Lstat(%s): got %v, %v, want the pipe", pipe, info, err)
	}
	if got := compact(t, []byte(<-written)); got != list {
		t.Errorf("pipe: got %s, want %s", got, list)
	}
}

func TestCopyLinks_FileIsPrivate(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "[]")
	}))
	defer service.Close()
	file := filepath.Join(t.TempDir(), "links.json")
	mustCopyLinks(t, service.URL+"/link", file)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: got %v, want 0600", info.Mode())
	}
}

func TestCopyLinks_FailureChangesNothing(t *testing.T) {
	var leaked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		leaked.Add(1)
	}))
	defer other.Close()
	for _, c := range []struct {
		name    string
		respond func(w http.ResponseWriter, page int64)
		want    string
	}{
		{"a missing token", func(w http.ResponseWriter, _ int64) {
			http.Error(w, `{"Error": "a token is required"}`, http.StatusUnauthorized)
		}, "a token is required"},
		{"a second page that fails", func(w http.ResponseWriter, page int64) {
			if page == 2 {
				http.Error(w, `{"Error": "an internal error"}`, http.StatusInternalServerError)
				return
			}
			w.Header().Set("Link", `<?cursor=x>; rel="next"`)
			_, _ = io.WriteString(w, `[{"link": "https://a.example"}]`)
		}, "an internal error"},
		{"a redirect to another host", func(w http.ResponseWriter, _ int64) {
			w.Header().Set("Location", other.URL)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, "307"},
		{"a web page", func(w http.ResponseWriter, _ int64) { _, _ = io.WriteString(w, "<html>") }, "not JSON"},
		{"a page that is truncated", func(w http.ResponseWriter, _ int64) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "[")
		}, "IncompleteRead"},
		{"one link", func(w http.ResponseWriter, _ int64) {
			_, _ = io.WriteString(w, `{"link": ""}`)
		}, "not a JSON array"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var pages atomic.Int64
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				c.respond(w, pages.Add(1))
			}))
			defer service.Close()
			directory := t.TempDir()
			file := filepath.Join(directory, "links.json")
			if err := os.WriteFile(file, []byte("[]"), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := copyLinks(t, service.URL+"/link", file, "FROM_TOKEN=secret")
			if err == nil || !strings.Contains(out, c.want) {
				t.Errorf("copy-links: got %v, %s, want a message with %q", err, out, c.want)
			}
			if strings.Contains(out, "Traceback") || strings.Contains(out, "secret") {
				t.Errorf("copy-links: got %s, want no traceback and no token", out)
			}
			if old, err := os.ReadFile(file); err != nil || string(old) != "[]" {
				t.Errorf("file: got %q, %v, want the last export", old, err)
			}
			if files, err := os.ReadDir(directory); err != nil || len(files) != 1 {
				t.Errorf("files after a failure: got %v, %v, want only the last export", files, err)
			}
		})
	}
	if n := leaked.Load(); n > 0 {
		t.Errorf("requests to the other host: got %d, want 0", n)
	}
}

// postObjects stores links that are JSON objects.
func postObjects(t *testing.T, url string, links []string) {
	t.Helper()
	response, err := http.Post(url+"/link", "application/json", strings.NewReader("["+strings.Join(links, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("POST of %d links: got %s, want 200", len(links), response.Status)
	}
}

// compact returns JSON without spaces and with HTML escapes, for comparison.
func compact(t *testing.T, text []byte) string {
	t.Helper()
	var compacted, escaped bytes.Buffer
	if err := json.Compact(&compacted, text); err != nil {
		t.Fatalf("%v: %.500s", err, text)
	}
	json.HTMLEscape(&escaped, compacted.Bytes())
	return escaped.String()
}

// fullList returns the list with all members.
func fullList(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url + "/link?added=true")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || response.Header.Get("Link") != "" {
		t.Fatalf("GET /link: got %s, %v, Link %q, want the complete list",
			response.Status, err, response.Header.Get("Link"))
	}
	return compact(t, body)
}
