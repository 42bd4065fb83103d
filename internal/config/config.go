// Package config reads the settings of both programs: their names, defaults and meanings stand here once, and their values
// are parsed here once, into the types in which they are used.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"

	"links/internal/token"
)

// Config is what the settings say.
type Config struct {
	Store          Store
	Addr           string         // where the server listens, host:port
	MetricsAddr    string         // where it serves its metrics, host:port; "": nowhere
	CreateTable    bool           // create the DynamoDB table when it is missing
	ListShards     int            // keys of the DynamoDB list's index, 1 to 64
	Tokens         []token.Token  // none: no token is configured
	Private        bool           // reading needs a token too
	CORSOrigin     string         // "*" or one origin, as browsers send it; "": unset
	BasePath       string         // of a custom domain in front of an HTTP API, such as /links; "": none
	Local          bool           // local mode if the other settings permit it
	Rate           int            // requests per second and client address, 0: any number
	TrustedProxies []netip.Prefix // networks of proxies whose X-Forwarded-For is believed
	Log            slog.Level     // the least level that is logged
}

// Store names a store: bolt:PATH or dynamodb:TABLE.
type Store struct {
	Kind string // Bolt or DynamoDB
	Name string // the file's path or the table's name
}

// The kinds of store.
const (
	Bolt     = "bolt"
	DynamoDB = "dynamodb"
)

// A Program is one of the two that take settings.
type Program int

// The programs.
const (
	Server Program = iota // cmd/server
	Lambda                // cmd/lambda
)

// TokenSHA256 is the variable that has the hashes of the tokens.
const TokenSHA256 = "LINKS_TOKEN_SHA256"

// A Setting is one variable of the environment.
type Setting struct {
	Env     string // such as LINKS_LIST_SHARDS
	Default string // "" means unset
	Help    string
	IsBool  bool

	storeKind string // the only kind of store that it is for; "": any
	// set parses the value into c. Its error goes on where the variable's name stands.
	set func(c *Config, value string) error
}

// Flag is the name of the server's flag for the setting: list-shards for LINKS_LIST_SHARDS.
func (s Setting) Flag() string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s.Env, "LINKS_")), "_", "-")
}

// Settings are those that the program takes.
func Settings(p Program) []Setting {
	store := Setting{Env: "LINKS_STORE", Default: "bolt:links.db", set: setStore,
		Help: "store: bolt:PATH, an embedded file, or dynamodb:TABLE"}
	if p == Lambda {
		store.Default = "dynamodb:linkTable"
	}
	settings := []Setting{
		store,
		{Env: "LINKS_CREATE_TABLE", Default: "false", IsBool: true, storeKind: DynamoDB,
			Help: "create the DynamoDB table if it does not exist (development)",
			set:  func(c *Config, v string) (err error) { c.CreateTable, err = parseBool(v); return err }},
		{Env: "LINKS_LIST_SHARDS", Default: "1", storeKind: DynamoDB, set: setListShards,
			Help: "DynamoDB: shards of the list, 1 to 64; never decrease it"},
		{Env: TokenSHA256,
			Help: "SHA-256 of accepted tokens, comma-separated: HASH or NAME=HASH",
			set:  func(c *Config, v string) (err error) { c.Tokens, err = token.Parse(v); return err }},
		{Env: "LINKS_PRIVATE", Default: "false", IsBool: true,
			Help: "reading links also requires a token",
			set:  func(c *Config, v string) (err error) { c.Private, err = parseBool(v); return err }},
		{Env: "LINKS_CORS_ORIGIN", set: setCORSOrigin,
			Help: "other origin whose web pages may read and write, or * for any"},
		{Env: "LINKS_LOG", Default: "info", set: setLog,
			Help: "minimum level of log lines: debug, info, warn or error"},
	}
	if p == Lambda {
		settings = append(settings, Setting{Env: "LINKS_BASE_PATH", set: setBasePath,
			Help: "Lambda: base path of an HTTP API's custom domain, such as /links"})
	}
	if p == Server {
		addr := Setting{Env: "LINKS_ADDR", Default: "127.0.0.1:8080",
			Help: "listen address, host:port",
			set:  func(c *Config, v string) (err error) { c.Addr, err = parseAddr(v); return err }}
		metrics := Setting{Env: "LINKS_METRICS_ADDR",
			Help: "listen address for Prometheus metrics, such as 127.0.0.1:9090",
			set:  func(c *Config, v string) (err error) { c.MetricsAddr, err = parseAddr(v); return err }}
		rate := Setting{Env: "LINKS_RATE", Default: "off", set: setRate,
			Help: "requests per second that each client may send, or off"}
		proxies := Setting{Env: "LINKS_TRUSTED_PROXIES", set: setTrustedProxies,
			Help: "networks of the proxies in front, such as 10.0.0.0/8,fd00::/8"}
		local := Setting{Env: "LINKS_LOCAL", Default: "auto", set: setLocal,
			Help: "local mode: auto, on for a loopback address without a token, or off"}
		settings = append(slices.Insert(settings, 1, addr, local), rate, proxies, metrics)
	}
	return settings
}

// Read makes the Config of the values that lookup gives for each variable; "" means the default. An error tells every
// problem, one a line, each with the name of its variable.
func Read(settings []Setting, lookup func(env string) string) (Config, error) {
	var c Config
	var problems []error
	failed := map[string]bool{}
	for _, s := range settings {
		value := lookup(s.Env)
		if value == "" {
			value = s.Default
		}
		if value == "" {
			continue
		}
		if err := s.set(&c, value); err != nil {
			problems = append(problems, fmt.Errorf("%s %w", s.Env, err))
			failed[s.Env] = true
		}
	}
	for _, s := range settings {
		if s.storeKind != "" && c.Store.Kind != "" && c.Store.Kind != s.storeKind && lookup(s.Env) != "" {
			problems = append(problems, fmt.Errorf("%s is for a %s store alone and does nothing with %s:%s: leave it out", s.Env, s.storeKind, c.Store.Kind, c.Store.Name))
		}
	}
	if c.Private && len(c.Tokens) == 0 && !failed[TokenSHA256] {
		problems = append(problems, fmt.Errorf("LINKS_PRIVATE needs a token, or nobody could read: set %s too", TokenSHA256))
	}
	return c, errors.Join(problems...)
}
