// Package config defines the settings of both programs, with their names, defaults
// and help texts, and parses their values.
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

// Config contains the parsed values of the settings.
type Config struct {
	// Store is the store to open.
	Store Store
	// Addr is the server's listen address, host:port.
	Addr string
	// MetricsAddr is the listen address for metrics, host:port. If it is empty,
	// metrics are not served.
	MetricsAddr string
	// CreateTable means that a missing DynamoDB table is created.
	CreateTable bool
	// ListShards is the number of shards of the DynamoDB list, 1 to 64.
	ListShards int
	// Tokens are the accepted tokens. It is empty if no token is configured.
	Tokens []token.Token
	// Private means that reading links also requires a token.
	Private bool
	// CORSOrigin is "*" or one origin, as browsers send it. It is empty if the
	// setting is unset.
	CORSOrigin string
	// BasePath is the base path of a custom domain in front of an HTTP API, such as
	// /links. It is empty if there is none.
	BasePath string
	// Local turns on local mode if the other settings permit it.
	Local bool
	// Rate is the limit of requests per second for each client. If it is zero, the
	// rate is not limited.
	Rate int
	// TrustedProxies are the networks of the proxies whose X-Forwarded-For is
	// trusted.
	TrustedProxies []netip.Prefix
	// Log is the minimum level of log lines.
	Log slog.Level
}

// Store names a store: bolt:PATH or dynamodb:TABLE.
type Store struct {
	Kind string // Bolt or DynamoDB
	Name string // path of the file, or name of the table
}

// Kinds of stores.
const (
	Bolt     = "bolt"
	DynamoDB = "dynamodb"
)

// A Program is one of the two programs that Links consists of.
type Program int

// Programs.
const (
	Server Program = iota // cmd/server
	Lambda                // cmd/lambda
)

// TokenSHA256 is the environment variable that contains the hashes of the tokens.
const TokenSHA256 = "LINKS_TOKEN_SHA256"

// A Setting is one environment variable.
type Setting struct {
	Env     string // name of the variable, such as LINKS_LIST_SHARDS
	Default string // empty if the setting is unset by default
	Help    string // one line, for README and the server's usage text
	IsBool  bool

	storeKind string // kind of store that the setting applies to; empty for all kinds
	// set parses value into c. The error completes a message that begins with Env.
	set func(c *Config, value string) error
}

// Flag returns the name of the server's flag for the setting, such as list-shards
// for LINKS_LIST_SHARDS.
func (s Setting) Flag() string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s.Env, "LINKS_")), "_", "-")
}

// Settings returns the settings of the program.
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

// Read parses the values that lookup returns for the settings. If a value is empty,
// the default applies. The error lists every problem on a line of its own, beginning
// with the name of the variable.
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
			problems = append(problems, fmt.Errorf("%s applies only to %s stores; remove it (LINKS_STORE is %s:%s)",
				s.Env, s.storeKind, c.Store.Kind, c.Store.Name))
		}
	}
	if c.Private && len(c.Tokens) == 0 && !failed[TokenSHA256] {
		problems = append(problems, fmt.Errorf("LINKS_PRIVATE requires a token; set %s too", TokenSHA256))
	}
	return c, errors.Join(problems...)
}
