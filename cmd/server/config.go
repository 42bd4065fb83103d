package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"links/internal/api"
	"links/internal/config"
)

// options is the command line and the environment.
type options struct {
	config.Config
	healthcheck bool   // ask the running server and exit
	backup      string // copy the embedded store to this file and exit
	check       string // read this file of the embedded store whole and exit
}

// readOptions takes a flag before its variable and a variable before the default. flag.ErrHelp means that help was asked
// for, and written to out. Any other error tells everything that is wrong.
func readOptions(args []string, getenv func(string) string, out io.Writer) (options, error) {
	var o options
	settings := config.Settings(config.Server)
	given := map[string]string{}
	fs := flag.NewFlagSet("server", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are returned, and told once
	for _, s := range settings {
		record := func(value string) error { given[s.Env] = value; return nil }
		if s.IsBool {
			fs.BoolFunc(s.Flag(), s.Help, record)
		} else {
			fs.Func(s.Flag(), s.Help, record)
		}
	}
	fs.BoolVar(&o.healthcheck, "healthcheck", false, "")
	fs.StringVar(&o.backup, "backup", "", "")
	fs.StringVar(&o.check, "check", "", "")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		writeHelp(out, settings)
		return o, err
	} else if err != nil {
		return o, fmt.Errorf("%w; -help lists the flags", err)
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; -help lists the flags", fs.Arg(0))
	}
	var err error
	o.Config, err = config.Read(settings, func(s config.Setting) string {
		if value, ok := given[s.Env]; ok {
			return value
		}
		return getenv(s.Env)
	})
	return o, errors.Join(err, apiConfig(o.Config).Validate())
}

// apiConfig is the part of the configuration that is the handler's.
func apiConfig(c config.Config) api.Config {
	return api.Config{
		TokenSHA256: c.TokenSHA256, Private: c.Private, CORSOrigin: c.CORSOrigin, Rate: c.Rate, Timeout: requestTimeout,
	}
}

func writeHelp(out io.Writer, settings []config.Setting) {
	fmt.Fprint(out, "server keeps links: POST /link stores one, GET /link lists them.\n\n"+
		"Every flag is also a variable of the environment; the flag wins.\n\n")
	for _, s := range settings {
		fmt.Fprintf(out, "  -%s, %s (%s)\n      %s\n", s.Flag(), s.Env, orUnset(s.Default), s.Help)
	}
	fmt.Fprintf(out, "  -healthcheck\n      %s\n  -backup FILE\n      %s\n  -check FILE\n      %s\n\n%s\n",
		"ask the server that runs at -addr whether it is ready; exit 0 when it is, 1 when not",
		"copy the embedded store that -store names to FILE, while a server has it open or not",
		"read FILE, an embedded store or a copy of one, whole and say what it has",
		strings.TrimSpace(`
DynamoDB's region, credentials and endpoint come from the AWS SDK's own variables: AWS_REGION, AWS_PROFILE,
AWS_ENDPOINT_URL_DYNAMODB and the like.`))
}

func orUnset(value string) string {
	if value == "" {
		return "unset"
	}
	return value
}
