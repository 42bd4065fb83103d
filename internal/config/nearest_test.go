package config

import (
	"slices"
	"testing"
)

func TestUnknown_NamesNearestSetting(t *testing.T) {
	for variable, want := range map[string]string{
		"LINKS_ADRR=:8080":     "LINKS_ADRR is not a setting and has no effect; did you mean LINKS_ADDR?",
		"LINKS_addr=:8080":     "LINKS_addr is not a setting and has no effect; did you mean LINKS_ADDR?",
		"LINKS_PORT=8080":      "LINKS_PORT is not a setting and has no effect; did you mean LINKS_ADDR?",
		"LINKS_TOKEN=secret":   "LINKS_TOKEN is not a setting and has no effect; did you mean LINKS_TOKEN_SHA256?",
		"LINKS_LISTSHARDS=2":   "LINKS_LISTSHARDS is not a setting and has no effect; did you mean LINKS_LIST_SHARDS?",
		"LINKS_BASE_PATH=/a":   "LINKS_BASE_PATH is a setting of another program and has no effect on this one",
		"LINKS_COLOR=":         "LINKS_COLOR is not a setting and has no effect",
		"LINKS_ADDR=:8080":     "",
		"LINKS_LOCAL=off":      "",
		"LINKSADDR=:8080":      "",
		"MY_LINKS_ADRR=:8080":  "",
		"=C:=C:\\":             "",
		"LINKS_LIST_SHARDS=64": "",
	} {
		var problems []string
		if want != "" {
			problems = []string{want}
		}
		if got := Unknown(Server, []string{"PATH=/bin", variable}); !slices.Equal(got, problems) {
			t.Errorf("Unknown(Server, %s): got %q, want %q", variable, got, problems)
		}
	}
	if got := Unknown(Lambda, []string{"LINKS_BASE_PATH=/a"}); len(got) != 0 {
		t.Errorf("Unknown(Lambda, LINKS_BASE_PATH): got %q, want none", got)
	}
}

func TestNearest_OnlySimilarNames(t *testing.T) {
	flags := []string{"store", "addr", "list-shards", "trusted-proxies", "cors-origin", "metrics-addr", "log", "rate"}
	for name, want := range map[string]string{
		"adr": "addr", "stroe": "store", "list-shard": "list-shards", "shards": "list-shards", "origin": "cors-origin",
		"trusted-proxy": "trusted-proxies", "port": "addr", "db": "store", "path": "store", "proxy": "trusted-proxies",
		"ADDR": "addr", "LINKS_ADDR": "addr", "list_shards": "list-shards", "verbose": "log",
		"trustworthy-proxy": "", "color": "", "q": "", "lag": "log", "dim": "", "": "",
	} {
		if got := Nearest(name, flags); got != want {
			t.Errorf("Nearest(%q): got %q, want %q", name, got, want)
		}
	}
}
