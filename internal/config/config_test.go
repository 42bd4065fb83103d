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

func TestDefaults(t *testing.T) {
	server, err := read(Server, nil)
	if want := (Config{Store: Store{Bolt, "links.db"}, Addr: "127.0.0.1:8080", ListShards: 1, Local: true}); err != nil || !reflect.DeepEqual(server, want) {
		t.Errorf("server: %+v, %v, want %+v", server, err, want)
	}
	lambda, err := read(Lambda, nil)
	if want := (Config{Store: Store{DynamoDB, "linkTable"}, ListShards: 1}); err != nil || !reflect.DeepEqual(lambda, want) {
		t.Errorf("Lambda: %+v, %v, want %+v", lambda, err, want)
	}
}

func TestEverySettingIsRead(t *testing.T) {
	got, err := read(Server, map[string]string{
		"LINKS_STORE": "dynamodb:other", "LINKS_ADDR": ":80", "LINKS_CREATE_TABLE": "true", "LINKS_LIST_SHARDS": "64",
		"LINKS_TOKEN_SHA256": "phone=" + hashA, "LINKS_PRIVATE": "1", "LINKS_CORS_ORIGIN": "https://a.example", "LINKS_RATE": "10",
		"LINKS_TRUSTED_PROXIES": "10.0.0.0/8,2001:db8::/32", "LINKS_LOG": "debug", "LINKS_METRICS_ADDR": "127.0.0.1:9090",
		"LINKS_LOCAL": "off",
	})
	want := Config{
		Store: Store{DynamoDB, "other"}, Addr: ":80", MetricsAddr: "127.0.0.1:9090", CreateTable: true, ListShards: 64,
		Tokens: []token.Token{{Name: "phone", Hash: sha256.Sum256([]byte("a"))}}, Private: true, CORSOrigin: "https://a.example", Rate: 10,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}, Log: slog.LevelDebug,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

func TestBasePath_IsOfLambdaAlone(t *testing.T) {
	for _, value := range []string{"", "/links", "/a/b", "/v1.0/my_links-$+!*'()"} {
		if c, err := read(Lambda, map[string]string{"LINKS_BASE_PATH": value}); err != nil || c.BasePath != value {
			t.Errorf("%q: %q, %v", value, c.BasePath, err)
		}
	}
	for _, value := range []string{"/", "links", "/links/", "//links", "/a//b", "https://a.example/links", "/a?b", "/a b", "/a%20b", "/links\n"} {
		if _, err := read(Lambda, map[string]string{"LINKS_BASE_PATH": value}); err == nil || !strings.HasPrefix(err.Error(), "LINKS_BASE_PATH") {
			t.Errorf("%q: %v, want an error about LINKS_BASE_PATH", value, err)
		}
	}
	if c, err := read(Server, map[string]string{"LINKS_BASE_PATH": "/links"}); err != nil || c.BasePath != "" {
		t.Errorf("the server reads it: %q, %v", c.BasePath, err)
	}
}

func TestEveryProblemIsTold(t *testing.T) {
	bad := map[string][]string{
		"LINKS_STORE":           {"links.db", "bolt:", "dynamodb", "redis:x"},
		"LINKS_ADDR":            {"localhost", "127.0.0.1:http", ":65536", "::1", "8080"},
		"LINKS_METRICS_ADDR":    {"localhost", "9090"},
		"LINKS_LOCAL":           {"on", "true", "Auto"},
		"LINKS_CREATE_TABLE":    {"maybe"},
		"LINKS_LIST_SHARDS":     {"0", "65", "x"},
		"LINKS_TOKEN_SHA256":    {"x", hashA + ",x"},
		"LINKS_PRIVATE":         {"yes!"},
		"LINKS_CORS_ORIGIN":     {"a.example", "null", "ftp://a.example", "https://", "https://a.example https://b.example", "https://*.example.com", "https://a.example,https://b.example", "**"},
		"LINKS_RATE":            {"0", "-1", "fast"},
		"LINKS_TRUSTED_PROXIES": {"10.0.0.1", "10.0.0.0/33", "10.0.0.0/8, 192.168.0.0/16", "::ffff:10.0.0.0/104", "10.0.0.0/8,"},
		"LINKS_LOG":             {"loud"},
	}
	all := map[string]string{}
	for name, values := range bad {
		for _, value := range values {
			all[name] = value
			if _, err := read(Server, map[string]string{name: value}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
	}
	_, err := read(Server, all)
	if err == nil || strings.Count(err.Error(), "\n") != len(bad)-1 {
		t.Errorf("the problems are %v, want one line each", err)
	}
}

func TestAnErrorSaysWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct{ name, value, right string }{
		{"LINKS_CORS_ORIGIN", "https://Links.Example.com", "https://links.example.com"},
		{"LINKS_CORS_ORIGIN", "https://a.example:443", "https://a.example"},
		{"LINKS_CORS_ORIGIN", "http://a.example:80", "http://a.example"},
		{"LINKS_CORS_ORIGIN", "https://a.example/", "https://a.example"},
		{"LINKS_CORS_ORIGIN", "https://user@a.example/x?y#z", "https://a.example"},
		{"LINKS_CORS_ORIGIN", "https://bücher.example:8443", "https://xn--bcher-kva.example:8443"},
		{"LINKS_TRUSTED_PROXIES", "10.1.2.3/8", "10.0.0.0/8"},
		{"LINKS_TRUSTED_PROXIES", "10.1.2.3/8", "10.1.2.3/32"},
	} {
		if _, err := read(Server, map[string]string{c.name: c.value}); err == nil || !strings.Contains(err.Error(), c.right+" ") && !strings.Contains(err.Error(), c.right+",") {
			t.Errorf("%s=%s: %v, want %s in it", c.name, c.value, err, c.right)
		}
	}
	for _, origins := range []string{"https://*.example.com", "https://*", "*,https://a.example", "https://a.example,https://b.example", "https://a.example, https://b.example", "https://a.example https://b.example"} {
		_, err := read(Server, map[string]string{"LINKS_CORS_ORIGIN": origins})
		if err == nil || !strings.Contains(err.Error(), "exactly one origin") || !strings.Contains(err.Error(), "not a list and without a wildcard") {
			t.Errorf("LINKS_CORS_ORIGIN=%s: %v", origins, err)
		}
	}
	for _, origin := range []string{"*", "https://a.example", "http://localhost:3000", "http://[::1]:8080", "https://xn--bcher-kva.example"} {
		if c, err := read(Server, map[string]string{"LINKS_CORS_ORIGIN": origin}); err != nil || c.CORSOrigin != origin {
			t.Errorf("the origin %s: %q, %v", origin, c.CORSOrigin, err)
		}
	}
}

func TestASettingThatDoesNothingIsAnError(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"LINKS_CREATE_TABLE": {"LINKS_CREATE_TABLE": "true"},
		"LINKS_LIST_SHARDS":  {"LINKS_STORE": "bolt:x.db", "LINKS_LIST_SHARDS": "8"},
		"LINKS_PRIVATE":      {"LINKS_PRIVATE": "true"},
	} {
		if _, err := read(Server, env); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%v: %v, want an error about %s", env, err, name)
		}
	}
	if _, err := read(Server, map[string]string{"LINKS_STORE": "dynamodb:t", "LINKS_CREATE_TABLE": "true", "LINKS_LIST_SHARDS": "8"}); err != nil {
		t.Error(err)
	}
}

func TestReadmeHasEverySetting(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	settings := Settings(Server)
	for _, s := range Settings(Lambda) {
		if !slices.ContainsFunc(settings, func(of Setting) bool { return of.Env == s.Env }) {
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
		t.Errorf("README's table of settings is\n%s\nwant\n%s", table, want.String())
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
