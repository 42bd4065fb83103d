package systemtest

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// newToken creates a token with server -new-token. present is "" or
// LINKS_TOKEN_SHA256=…. The returned setting adds the new token to the present
// ones.
func newToken(t *testing.T, name, present string) (token, setting string) {
	t.Helper()
	cmd := command(t, []string{"LINKS_PRIVATE=true", present}, "-new-token", name)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	lines := strings.Split(string(out), "\n")
	if err != nil || len(lines) != 3 || !strings.HasPrefix(lines[1], "LINKS_TOKEN_SHA256=") || lines[2] != "" {
		t.Fatalf("server -new-token: got %v, %q, want the token and LINKS_TOKEN_SHA256=…\n%s", err, out, &stderr)
	}
	if lines[0] == "" || strings.Contains(stderr.String(), lines[0]) {
		t.Fatalf("server -new-token: got token %q and standard error %q, want the token only on standard output",
			lines[0], &stderr)
	}
	return lines[0], lines[1]
}

// do sends a request, with the token unless it is "", and returns the status and
// the complete response, header and body.
func do(t *testing.T, token, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var text strings.Builder
	_ = response.Header.Write(&text)
	if _, err := io.Copy(&text, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, text.String()
}

const (
	google     = `{"link": "https://www.google.com"}`
	googlePath = "/link/95555d86-7dd0-51a7-ab15-99805fb8a4e4"
)

func TestNewToken_IsAcceptedAndSecret(t *testing.T) {
	token, setting := newToken(t, "phone", "")
	if !regexp.MustCompile(`^LINKS_TOKEN_SHA256=phone=[0-9a-f]{64}$`).MatchString(setting) {
		t.Fatalf("server -new-token: got setting %q, want phone= and a hash", setting)
	}
	p := startServer(t, []string{setting, "LINKS_LOG=debug"}, "-store", "bolt:links.db")
	var seen strings.Builder
	for _, r := range []struct {
		token, method, path, body string
		status                    int
	}{
		{"", "POST", "/link", google, 401},
		{"wrong", "POST", "/link", google, 401},
		{strings.ToLower(token), "POST", "/link", google, 401},
		{token, "POST", "/link", google, 200},
		{token, "POST", "/link", "nonsense", 400},
		{token, "GET", "/link?added=true", "", 200},
		{token, "GET", googlePath, "", 200},
		{token, "GET", "/nothing", "", 404},
		{token, "PUT", "/link", "", 405},
		{token, "PATCH", googlePath, `{"title": "Google"}`, 200},
		{"", "PATCH", googlePath, `{"title": "Google"}`, 401},
		{"", "DELETE", googlePath, "", 401},
		{token, "DELETE", googlePath, "", 204},
		{token, "GET", "/", "", 200},
		{token, "GET", "/openapi.json", "", 200},
		{token, "GET", "/readyz", "", 200},
	} {
		status, response := do(t, r.token, r.method, p.url+r.path, r.body)
		if status != r.status {
			t.Errorf("%s %s with the token %q: got status %d, want %d: %.300s",
				r.method, r.path, r.token, status, r.status, response)
		}
		seen.WriteString(response)
	}
	for _, file := range []string{"cmdline", "environ"} { // visible in the process list
		shown, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), file))
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(shown)
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	stored, err := os.ReadFile(filepath.Join(p.cmd.Dir, "links.db"))
	if err != nil {
		t.Fatal(err)
	}
	seen.Write(stored)
	seen.WriteString(p.log.String())
	if at := strings.Index(seen.String(), token); at >= 0 {
		t.Errorf("responses, process list, store and log: got the token in %.300q", seen.String()[max(0, at-100):])
	}
	authorized := regexp.MustCompile(`"method":"(POST|PATCH|DELETE)".*"status":(2|400)`)
	for line := range strings.SplitSeq(p.log.String(), "\n") {
		named := strings.Contains(line, `"token":"phone"`)
		if want := authorized.MatchString(line); named != want {
			t.Errorf("log line contains the name of the token: got %v, want %v: %s", named, want, line)
		}
	}
}

func TestTokens_AddedAndRevokedSeparately(t *testing.T) {
	phone, setting := newToken(t, "phone", "")
	laptop, both := newToken(t, "laptop", setting)
	_, laptopOnly, _ := strings.Cut(both, ",")
	for _, c := range []struct {
		setting       string
		phone, laptop int
	}{
		{setting, 200, 401},
		{both, 200, 200},
		{"LINKS_TOKEN_SHA256=" + laptopOnly, 401, 200},
	} {
		p := startServer(t, []string{c.setting, "LINKS_PRIVATE=true"})
		for token, want := range map[string]int{phone: c.phone, laptop: c.laptop, "": 401} {
			if status, response := do(t, token, "GET", p.url+"/link", ""); status != want {
				t.Errorf("GET with the token %q and %s: got status %d, want %d: %s",
					token, c.setting, status, want, response)
			}
		}
		if err := p.stop(t, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
}

func TestNewToken_PreservesTokensOfFlag(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	inFlag, inVariable := "laptop="+hash, "tablet="+hash
	cmd := command(t, []string{"LINKS_TOKEN_SHA256=" + inVariable}, "-token-sha256", inFlag, "-new-token", "phone")
	out, err := cmd.Output()
	if want := "\nLINKS_TOKEN_SHA256=" + inFlag + ",phone="; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("server -new-token: got %v, %q, want %q in it", err, out, want)
	}
}

func TestTokens_ErrorIsSecret(t *testing.T) {
	for _, args := range [][]string{
		{"-token-sha256", "secret"}, {"-token-sha256", "secret="}, {"-token-sha256", "phone=secret,secret=x"},
		{"-token-sha256", "secret", "-new-token", "phone"},
	} {
		out := mustFail(t, nil, args...)
		if strings.Contains(out, "secret") ||
			!strings.Contains(out, "LINKS_TOKEN_SHA256") || !strings.Contains(out, "entry 1") {
			t.Errorf("server %q: got %q, want LINKS_TOKEN_SHA256 and entry 1 without the value", args, out)
		}
	}
}
