// Package config reads the settings of both programs: their names, defaults and meanings stand here once.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// Config is what the settings say.
type Config struct {
	Store       Store
	Addr        string     // where the server listens, host:port
	CreateTable bool       // create the DynamoDB table when it is missing
	ListShards  int        // keys of the DynamoDB list's index, 1 to 64
	TokenSHA256 string     // empty: no token
	Private     bool       // reading needs the token too
	CORSOrigin  string     // "*" or one origin
	Rate        int        // requests per second and client address, 0: any number
	Log         slog.Level // the least level that is logged
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

// A Setting is one variable of the environment.
type Setting struct {
	Env     string // such as LINKS_LIST_SHARDS
	Default string // "" means unset
	Help    string
	IsBool  bool
	set     func(c *Config, value string) error
}

// Flag is the name of the server's flag for the setting: list-shards for LINKS_LIST_SHARDS.
func (s Setting) Flag() string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s.Env, "LINKS_")), "_", "-")
}

// Settings are those that the program takes.
func Settings(p Program) []Setting {
	store := Setting{Env: "LINKS_STORE", Default: "bolt:links.db", set: setStore,
		Help: "where links are kept: bolt:PATH, one embedded file, or dynamodb:TABLE"}
	if p == Lambda {
		store.Default = "dynamodb:linkTable"
	}
	settings := []Setting{
		store,
		{Env: "LINKS_CREATE_TABLE", Default: "false", IsBool: true,
			Help: "create the DynamoDB table when it is missing (local work)",
			set:  func(c *Config, v string) (err error) { c.CreateTable, err = parseBool(v); return err }},
		{Env: "LINKS_LIST_SHARDS", Default: "1", set: setListShards,
			Help: "DynamoDB: keys of the list's index, 1 to 64; each takes 1,000 writes a second; may only ever grow"},
		{Env: "LINKS_TOKEN_SHA256",
			Help: "SHA-256 of the token, in hexadecimal; with it POST and DELETE need the header Authorization: Bearer TOKEN, without it DELETE is off",
			set:  func(c *Config, v string) error { c.TokenSHA256 = v; return nil }},
		{Env: "LINKS_PRIVATE", Default: "false", IsBool: true,
			Help: "GET needs the token too",
			set:  func(c *Config, v string) (err error) { c.Private, err = parseBool(v); return err }},
		{Env: "LINKS_CORS_ORIGIN", Default: "*",
			Help: "the one origin whose web pages may read answers, such as https://links.example.com, or * for any",
			set:  func(c *Config, v string) error { c.CORSOrigin = v; return nil }},
		{Env: "LINKS_LOG", Default: "info", set: setLog,
			Help: "least level that is logged, as JSON lines: debug, info, warn or error"},
	}
	if p == Server {
		addr := Setting{Env: "LINKS_ADDR", Default: "127.0.0.1:8080",
			Help: "host:port to listen on",
			set:  func(c *Config, v string) error { c.Addr = v; return nil }}
		rate := Setting{Env: "LINKS_RATE", Default: "off", set: setRate,
			Help: "requests per second that each client address may make, or off"}
		settings = append(slices.Insert(settings, 1, addr), rate)
	}
	return settings
}

// Read makes the Config of the values that lookup gives for each setting; "" means the default. An error tells every
// problem, one a line, each with the name of its variable.
func Read(settings []Setting, lookup func(Setting) string) (Config, error) {
	var c Config
	var problems []error
	for _, s := range settings {
		value := lookup(s)
		if value == "" {
			value = s.Default
		}
		if err := s.set(&c, value); err != nil {
			problems = append(problems, fmt.Errorf("%s must be %w, not %q", s.Env, err, value))
		}
	}
	return c, errors.Join(problems...)
}

// The errors of the functions below say what would be right.

func setStore(c *Config, value string) error {
	kind, name, _ := strings.Cut(value, ":")
	if kind != Bolt && kind != DynamoDB || name == "" {
		return errors.New("bolt:PATH or dynamodb:TABLE")
	}
	c.Store = Store{kind, name}
	return nil
}

func setListShards(c *Config, value string) (err error) {
	if c.ListShards, err = strconv.Atoi(value); err != nil || c.ListShards < 1 || c.ListShards > 64 {
		return errors.New("a whole number from 1 to 64")
	}
	return nil
}

func setRate(c *Config, value string) (err error) {
	if value == "off" {
		return nil
	}
	if c.Rate, err = strconv.Atoi(value); err != nil || c.Rate < 1 {
		return errors.New("a whole number of requests per second from 1 on, or off")
	}
	return nil
}

func setLog(c *Config, value string) error {
	switch value {
	case "debug", "info", "warn", "error":
		return c.Log.UnmarshalText([]byte(value))
	}
	return errors.New("debug, info, warn or error")
}

func parseBool(value string) (bool, error) {
	b, err := strconv.ParseBool(value)
	if err != nil {
		return false, errors.New("true or false")
	}
	return b, nil
}
