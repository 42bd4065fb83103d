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

// newToken makes a token beside those of the present setting, "" or LINKS_TOKEN_SHA256=…, and returns it and the setting
// that takes both.
func newToken(t *testing.T, name, present string) (token, setting string) {
	t.Helper()
	cmd := command(t, []string{"LINKS_PRIVATE=true", present}, "-new-token", name)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	lines := strings.Split(string(out), "\n")
	if err != nil || len(lines) != 3 || !strings.HasPrefix(lines[1], "LINKS_TOKEN_SHA256=") || lines[2] != "" {
		t.Fatalf("%v: it prints %q, want the token and the line for the configuration\n%s", err, out, &stderr)
	}
	if lines[0] == "" || strings.Contains(stderr.String(), lines[0]) {
		t.Fatalf("the token %q is on standard error too, or none: %s", lines[0], &stderr)
	}
	return lines[0], lines[1]
}

// asHolder sends a request with the token, or without any when it is "", and returns the status and the whole response.
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
	var whole strings.Builder
	_ = response.Header.Write(&whole)
	if _, err := io.Copy(&whole, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, whole.String()
}

const (
	google     = `{"link": "https://www.google.com"}`
	googlePath = "/link/95555d86-7dd0-51a7-ab15-99805fb8a4e4"
)

func TestANewTokenIsTakenAndIsNowhereButWithWhoHasIt(t *testing.T) {
	token, setting := newToken(t, "phone", "")
	if !regexp.MustCompile(`^LINKS_TOKEN_SHA256=phone=[0-9a-f]{64}$`).MatchString(setting) {
		t.Fatalf("the line for the configuration is %q", setting)
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
			t.Errorf("%s %s with the token %q is answered %d, want %d: %.300s", r.method, r.path, r.token, status, r.status, response)
		}
		seen.WriteString(response)
	}
	for _, file := range []string{"cmdline", "environ"} { // what the process list shows
		shown, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), file))
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(shown)
	}
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	kept, err := os.ReadFile(filepath.Join(p.cmd.Dir, "links.db"))
	if err != nil {
		t.Fatal(err)
	}
	seen.Write(kept)
	seen.WriteString(p.log.String())
	if at := strings.Index(seen.String(), token); at >= 0 {
		t.Errorf("the token is told: %.300q", seen.String()[max(0, at-100):])
	}
	for line := range strings.SplitSeq(p.log.String(), "\n") {
		named := strings.Contains(line, `"token":"phone"`)
		if want := regexp.MustCompile(`"method":"(POST|PATCH|DELETE)".*"status":(2|400)`).MatchString(line); named != want {
			t.Errorf("the line names the token %v, want %v: %s", named, want, line)
		}
	}
}

func TestATokenIsAddedWithoutAGapAndShutOutAlone(t *testing.T) {
	phone, setting := newToken(t, "phone", "")
	laptop, both := newToken(t, "laptop", setting)
	_, laptopAlone, _ := strings.Cut(both, ",")
	for _, c := range []struct {
		setting       string
		phone, laptop int
	}{
		{setting, 200, 401},
		{both, 200, 200},
		{"LINKS_TOKEN_SHA256=" + laptopAlone, 401, 200},
	} {
		p := startServer(t, []string{c.setting, "LINKS_PRIVATE=true"})
		for token, want := range map[string]int{phone: c.phone, laptop: c.laptop, "": 401} {
			if status, response := do(t, token, "GET", p.url+"/link", ""); status != want {
				t.Errorf("with %s the token %q is answered %d %s, want %d", c.setting, token, status, response, want)
			}
		}
		if err := p.stop(t, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
}

func TestNewToken_KeepsTheTokensOfTheFlag(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	inFlag, inVariable := "laptop="+hash, "tablet="+hash
	out, err := command(t, []string{"LINKS_TOKEN_SHA256=" + inVariable}, "-token-sha256", inFlag, "-new-token", "phone").Output()
	if err != nil || !strings.Contains(string(out), "\nLINKS_TOKEN_SHA256="+inFlag+",phone=") {
		t.Errorf("%v: it prints %s", err, out)
	}
}

func TestAnErrorAboutATokenDoesNotTellIt(t *testing.T) {
	for _, args := range [][]string{
		{"-token-sha256", "secret"}, {"-token-sha256", "secret="}, {"-token-sha256", "phone=secret,secret=x"},
		{"-token-sha256", "secret", "-new-token", "phone"},
	} {
		if out := mustFail(t, nil, args...); strings.Contains(out, "secret") || !strings.Contains(out, "LINKS_TOKEN_SHA256") || !strings.Contains(out, "entry 1") {
			t.Errorf("%v: it says %q", args, out)
		}
	}
}
