package config

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"links/internal/token"
)

// hashA is the SHA-256 of the token "a".
const hashA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

func read(p Program, env map[string]string) (Config, error) {
	return Read(Settings(p), func(name string) string { return env[name] })
}

func TestRead_Defaults(t *testing.T) {
	got, err := read(Server, nil)
	want := Config{Store: Store{Bolt, "links.db"}, Addr: "127.0.0.1:8080", ListShards: 1, Local: true}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Read(Server): got %+v, %v, want %+v", got, err, want)
	}
	got, err = read(Lambda, nil)
	want = Config{Store: Store{DynamoDB, "linkTable"}, ListShards: 1}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Read(Lambda): got %+v, %v, want %+v", got, err, want)
	}
}

func TestRead_ParsesEverySetting(t *testing.T) {
	got, err := read(Server, map[string]string{
		"LINKS_STORE": "dynamodb:other", "LINKS_ADDR": ":80", "LINKS_CREATE_TABLE": "true", "LINKS_LIST_SHARDS": "64",
		"LINKS_TOKEN_SHA256": "phone=" + hashA, "LINKS_PRIVATE": "1", "LINKS_CORS_ORIGIN": "https://a.example",
		"LINKS_RATE": "10", "LINKS_TRUSTED_PROXIES": "10.0.0.0/8,2001:db8::/32", "LINKS_LOG": "debug",
		"LINKS_METRICS_ADDR": "127.0.0.1:9090", "LINKS_LOCAL": "off",
	})
	want := Config{
		Store: Store{DynamoDB, "other"}, Addr: ":80", MetricsAddr: "127.0.0.1:9090", CreateTable: true, ListShards: 64,
		Tokens:  []token.Token{{Name: "phone", Hash: sha256.Sum256([]byte("a"))}},
		Private: true, CORSOrigin: "https://a.example", Rate: 10,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
		Log:            slog.LevelDebug,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Read(Server): got %+v, %v, want %+v", got, err, want)
	}
}

func TestBasePath_AppliesToLambdaOnly(t *testing.T) {
	const name = "LINKS_BASE_PATH"
	for _, value := range []string{"", "/links", "/a/b", "/v1.0/my_links-$+!*'()"} {
		if c, err := read(Lambda, map[string]string{name: value}); err != nil || c.BasePath != value {
			t.Errorf("Read(Lambda) with %s=%q: got %q, %v, want it unchanged", name, value, c.BasePath, err)
		}
	}
	for _, value := range []string{
		"/", "links", "/links/", "//links", "/a//b", "https://a.example/links", "/a?b", "/a b", "/a%20b", "/links\n",
	} {
		if _, err := read(Lambda, map[string]string{name: value}); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("Read(Lambda) with %s=%q: got error %v, want one about %s", name, value, err, name)
		}
	}
	if c, err := read(Server, map[string]string{name: "/links"}); err != nil || c.BasePath != "" {
		t.Errorf("Read(Server) with %s=/links: got %q, %v, want no base path", name, c.BasePath, err)
	}
}

func TestRead_ReportsEveryProblem(t *testing.T) {
	bad := map[string][]string{
		"LINKS_STORE":        {"links.db", "bolt:", "dynamodb", "redis:x"},
		"LINKS_ADDR":         {"localhost", "127.0.0.1:http", ":65536", "::1", "8080"},
		"LINKS_METRICS_ADDR": {"localhost", "9090"},
		"LINKS_LOCAL":        {"on", "true", "Auto"},
		"LINKS_CREATE_TABLE": {"maybe"},
		"LINKS_LIST_SHARDS":  {"0", "65", "x"},
		"LINKS_TOKEN_SHA256": {"x", hashA + ",x"},
		"LINKS_PRIVATE":      {"yes!"},
		"LINKS_CORS_ORIGIN": {
			"a.example", "null", "ftp://a.example", "https://", "https://a.example https://b.example",
			"https://*.example.com", "https://a.example,https://b.example", "**",
		},
		"LINKS_RATE": {"0", "-1", "fast"},
		"LINKS_TRUSTED_PROXIES": {
			"10.0.0.1", "10.0.0.0/33", "10.0.0.0/8, 192.168.0.0/16", "::ffff:10.0.0.0/104", "10.0.0.0/8,",
		},
		"LINKS_LOG": {"loud"},
	}
	all := map[string]string{}
	for name, values := range bad {
		for _, value := range values {
			all[name] = value
			_, err := read(Server, map[string]string{name: value})
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("Read with %s=%s: got error %v, want one about %s", name, value, err, name)
			}
		}
	}
	_, err := read(Server, all)
	if err == nil || strings.Count(err.Error(), "\n") != len(bad)-1 {
		t.Errorf("Read with %d invalid settings: got %v, want one line each", len(bad), err)
	}
}

func TestRead_ErrorContainsValidValue(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"LINKS_CORS_ORIGIN", "https://Links.Example.com", "https://links.example.com"},
		{"LINKS_CORS_ORIGIN", "https://a.example:443", "https://a.example"},
		{"LINKS_CORS_ORIGIN", "http://a.example:80", "http://a.example"},
		{"LINKS_CORS_ORIGIN", "https://a.example/", "https://a.example"},
		{"LINKS_CORS_ORIGIN", "https://user@a.example/x?y#z", "https://a.example"},
		{"LINKS_CORS_ORIGIN", "https://bücher.example:8443", "https://xn--bcher-kva.example:8443"},
		{"LINKS_TRUSTED_PROXIES", "10.1.2.3/8", "10.0.0.0/8"},
		{"LINKS_TRUSTED_PROXIES", "10.1.2.3/8", "10.1.2.3/32"},
	} {
		_, err := read(Server, map[string]string{c.name: c.value})
		if err == nil || !strings.Contains(err.Error(), c.want+" ") && !strings.Contains(err.Error(), c.want+",") {
			t.Errorf("Read with %s=%s: got error %v, want one that contains %s", c.name, c.value, err, c.want)
		}
	}
	for _, origins := range []string{
		"https://*.example.com", "https://*", "*,https://a.example", "https://a.example,https://b.example",
		"https://a.example, https://b.example", "https://a.example https://b.example",
	} {
		_, err := read(Server, map[string]string{"LINKS_CORS_ORIGIN": origins})
		if want := "exactly one origin without a wildcard"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read with LINKS_CORS_ORIGIN=%s: got error %v, want one that contains %q", origins, err, want)
		}
	}
	for _, origin := range []string{
		"*", "https://a.example", "http://localhost:3000", "http://[::1]:8080", "https://xn--bcher-kva.example",
	} {
		c, err := read(Server, map[string]string{"LINKS_CORS_ORIGIN": origin})
		if err != nil || c.CORSOrigin != origin {
			t.Errorf("Read with LINKS_CORS_ORIGIN=%s: got %q, %v, want it unchanged", origin, c.CORSOrigin, err)
		}
	}
}

func TestRead_RejectsSettingWithoutEffect(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"LINKS_CREATE_TABLE": {"LINKS_CREATE_TABLE": "true"},
		"LINKS_LIST_SHARDS":  {"LINKS_STORE": "bolt:x.db", "LINKS_LIST_SHARDS": "8"},
		"LINKS_PRIVATE":      {"LINKS_PRIVATE": "true"},
	} {
		if _, err := read(Server, env); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("Read with %v: got error %v, want one about %s", env, err, name)
		}
	}
	env := map[string]string{"LINKS_STORE": "dynamodb:t", "LINKS_CREATE_TABLE": "true", "LINKS_LIST_SHARDS": "8"}
	if _, err := read(Server, env); err != nil {
		t.Errorf("Read with %v: %v", env, err)
	}
}

func TestReadme_ContainsEverySetting(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	settings := Settings(Server)
	for _, s := range Settings(Lambda) {
		if !slices.ContainsFunc(settings, func(other Setting) bool { return other.Env == s.Env }) {
			settings = append(settings, s)
		}
	}
	for _, s := range settings {
		value := "unset"
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", s.Env, value, s.Help)
	}
	const head = "| Variable | Default | Meaning |\n|---|---|---|\n"
	_, table, _ := strings.Cut(string(readme), head)
	table, _, _ = strings.Cut(table, "\n\n")
	if table+"\n" != want.String() {
		t.Errorf("table of settings in README.md: got\n%s\nwant\n%s", table, want.String())
	}
}

func TestCompose_PassesEverySetting(t *testing.T) {
	compose, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Settings(Server) {
		switch s.Env {
		case "LINKS_ADDR", "LINKS_LOCAL": // set by the image; without effect behind a published port
			continue
		}
		if !strings.Contains(string(compose), "\n      "+s.Env+":") {
			t.Errorf("docker-compose.yml does not pass %s", s.Env)
		}
	}
}
