package config

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func read(p Program, env map[string]string) (Config, error) {
	return Read(Settings(p), func(s Setting) string { return env[s.Env] })
}

func TestDefaults(t *testing.T) {
	server, err := read(Server, nil)
	if want := (Config{Store: Store{Bolt, "links.db"}, Addr: "127.0.0.1:8080", ListShards: 1, CORSOrigin: "*"}); err != nil || server != want {
		t.Errorf("server: %+v, %v, want %+v", server, err, want)
	}
	lambda, err := read(Lambda, nil)
	if want := (Config{Store: Store{DynamoDB, "linkTable"}, ListShards: 1, CORSOrigin: "*"}); err != nil || lambda != want {
		t.Errorf("Lambda: %+v, %v, want %+v", lambda, err, want)
	}
}

func TestEverySettingIsRead(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	got, err := read(Server, map[string]string{
		"LINKS_STORE": "dynamodb:other", "LINKS_ADDR": ":80", "LINKS_CREATE_TABLE": "true", "LINKS_LIST_SHARDS": "64", "LINKS_TOKEN_SHA256": hash,
		"LINKS_PRIVATE": "1", "LINKS_CORS_ORIGIN": "https://a.example", "LINKS_RATE": "10", "LINKS_LOG": "debug",
	})
	want := Config{
		Store: Store{DynamoDB, "other"}, Addr: ":80", CreateTable: true, ListShards: 64, TokenSHA256: hash, Private: true,
		CORSOrigin: "https://a.example", Rate: 10, Log: slog.LevelDebug,
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

func TestEveryProblemIsTold(t *testing.T) {
	bad := map[string][]string{
		"LINKS_STORE":        {"links.db", "bolt:", "dynamodb", "redis:x"},
		"LINKS_CREATE_TABLE": {"maybe"},
		"LINKS_LIST_SHARDS":  {"0", "65", "x"},
		"LINKS_PRIVATE":      {"yes!"},
		"LINKS_RATE":         {"0", "-1", "fast"},
		"LINKS_LOG":          {"loud"},
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

func TestReadmeHasEverySetting(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, s := range Settings(Server) {
		value := "unset"
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", s.Env, value, s.Help)
	}
	const head = "| variable | default | meaning |\n|---|---|---|\n"
	_, table, _ := strings.Cut(string(readme), head)
	table, _, _ = strings.Cut(table, "\n\n")
	if table+"\n" != want.String() {
		t.Errorf("README's table of settings is\n%s\nwant\n%s", table, want.String())
	}
}
