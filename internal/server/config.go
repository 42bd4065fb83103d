package server

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strings"

	"links/internal/api"
	"links/internal/config"
	"links/internal/token"
)

// options is the command line and the environment.
type options struct {
	config.Config
	version     bool   // tell the version and exit
	healthcheck bool   // ask the running server and exit
	backup      string // copy the embedded store to this file and exit
	check       string // read this file of the embedded store whole and exit
	newToken    string // make a token of this name and exit; "": serve
	tokenSHA256 string // LINKS_TOKEN_SHA256, beside whose tokens the new one is to be
}

// readOptions takes a flag before its variable and a variable before the default. flag.ErrHelp means that help was asked
// for. Any other error tells everything that is wrong.
func readOptions(args []string, getenv func(string) string) (options, error) {
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
	fs.BoolVar(&o.version, "version", false, "")
	fs.BoolVar(&o.healthcheck, "healthcheck", false, "")
	fs.StringVar(&o.backup, "backup", "", "")
	fs.StringVar(&o.check, "check", "", "")
	fs.Func("new-token", "", func(name string) error { o.newToken = name; return token.CheckName(name) })
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, err
	} else if err != nil {
		return o, fmt.Errorf("%w; -help lists the flags", err)
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; -help lists the flags", fs.Arg(0))
	}
	lookup := func(env string) string {
		if value, ok := given[env]; ok {
			return value
		}
		return getenv(env)
	}
	if o.version {
		return o, nil
	}
	if o.newToken != "" { // the other settings may not be right yet: LINKS_PRIVATE is not without a token
		o.tokenSHA256 = lookup(config.TokenSHA256)
		return o, nil
	}
	var err error
	o.Config, err = config.Read(settings, lookup)
	return o, err
}

// isLocal reports whether a server that listens on addr is in local mode.
func isLocal(c config.Config, addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return c.Local && len(c.Tokens) == 0 && len(c.TrustedProxies) == 0 && ok && tcp.IP.IsLoopback()
}

// modeOf names who may do what, for the log.
func modeOf(c config.Config, addr net.Addr) string {
	switch {
	case c.Private:
		return "private"
	case len(c.Tokens) > 0:
		return "token"
	case isLocal(c, addr):
		return "local"
	default:
		return "open"
	}
}

// apiConfig returns the handler's part of the configuration of a server that listens on addr.
func apiConfig(c config.Config, addr net.Addr) api.Config {
	a := api.Config{
		Tokens: c.Tokens, Private: c.Private, Local: isLocal(c, addr), CORSOrigin: c.CORSOrigin, TrustedProxies: c.TrustedProxies, Timeout: requestTimeout,
	}
	if c.Rate > 0 {
		a.Allow = newRateLimit(c.Rate)
	}
	return a
}

// writeNewToken makes a token and writes it to stdout, the only place where it ever is, and in a second line the setting
// with which the service takes it.
func writeNewToken(stdout, stderr io.Writer, name, present string) error {
	secret, setting, err := token.New(name, present)
	if err != nil {
		return fmt.Errorf("%s %w", config.TokenSHA256, err)
	}
	if _, err := fmt.Fprintf(stdout, "%s\n%s=%s\n", secret, config.TokenSHA256, setting); err != nil {
		return err
	}
	fmt.Fprintln(stderr, "\nThe first line is the token, for who is to have it: it is shown this once and kept nowhere.\n"+
		"The second is for the configuration of the service; nobody can get the token from it.")
	return nil
}

func writeHelp(out io.Writer) error {
	var help strings.Builder
	help.WriteString("server keeps links: POST /link stores one, GET /link lists them.\n\n" +
		"Every flag is also a variable of the environment; the flag wins.\n\n")
	for _, s := range config.Settings(config.Server) {
		fmt.Fprintf(&help, "  -%s, %s (%s)\n      %s\n", s.Flag(), s.Env, cmp.Or(s.Default, "unset"), s.Help)
	}
	help.WriteString(`
Instead of serving:

  -new-token NAME
      print a new random token, and LINKS_TOKEN_SHA256 with its hash beside those that it has now
  -backup FILE
      write a compact copy of the embedded store that -store names to FILE, while a server has it open or not
  -check FILE
      read FILE, an embedded store or a copy of one, completely and print what it contains, or what is damaged
  -version
      tell what version this is
  -healthcheck
      ask the server that runs at -addr whether it is ready; exit 0 when it is, 1 when not

DynamoDB's region, credentials and endpoint come from the AWS SDK's own variables: AWS_REGION, AWS_PROFILE,
AWS_ENDPOINT_URL_DYNAMODB and the like.
`)
	_, err := io.WriteString(out, help.String())
	return err
}
