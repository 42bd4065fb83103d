package server

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"links/internal/api"
	"links/internal/config"
	"links/internal/token"
)

// options contains the settings and the mode of the command line.
type options struct {
	config.Config
	version     bool     // print the version and exit
	healthcheck bool     // check the readiness of a running server and exit
	backup      string   // copy the embedded store to this file and exit
	check       string   // verify this file of the embedded store and exit
	newToken    string   // create a token of this name and exit
	tokenSHA256 string   // LINKS_TOKEN_SHA256, to which newToken adds a hash
	unknown     []string // descriptions of variables that are not settings
}

// readOptions reads the settings. A flag overrides its environment variable, and
// the variable overrides the default. The error is flag.ErrHelp if help was
// requested, and otherwise contains all problems. environ lists the variables as
// os.Environ does.
func readOptions(args []string, getenv func(string) string, environ []string) (options, error) {
	var o options
	settings := config.Settings(config.Server)
	given := map[string]string{}
	fs := flag.NewFlagSet("server", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // the caller reports the error
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
	fs.Func("backup", "", fileName(&o.backup))
	fs.Func("check", "", fileName(&o.check))
	fs.Func("new-token", "", func(name string) error { o.newToken = name; return token.CheckName(name) })
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, err
	} else if err != nil {
		return o, fmt.Errorf("%w; %s-help lists the flags", err, didYouMean(err, fs))
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; -help lists the flags", fs.Arg(0))
	}
	var modes []string
	fs.Visit(func(f *flag.Flag) {
		if slices.Contains(modeFlags, f.Name) {
			modes = append(modes, "-"+f.Name)
		}
	})
	if len(modes) > 1 {
		return o, fmt.Errorf("%s cannot be combined; use one of them", strings.Join(modes, " and "))
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
	// Other settings may be invalid until the token exists, such as LINKS_PRIVATE.
	if o.newToken != "" {
		o.tokenSHA256 = lookup(config.TokenSHA256)
		return o, nil
	}
	var err error
	o.Config, err = config.Read(settings, lookup)
	o.unknown = config.Unknown(config.Server, environ)
	if err != nil {
		for _, problem := range o.unknown { // may be the cause
			err = fmt.Errorf("%w\n%s", err, problem)
		}
	}
	return o, err
}

// modeFlags are the flags that select another mode than serving.
var modeFlags = []string{"version", "healthcheck", "backup", "check", "new-token"}

// fileName returns a function for flag.Func that sets name. An empty value, such as
// that of an unset variable of a shell, is an error, because it would select no mode.
func fileName(name *string) func(string) error {
	return func(value string) error {
		if *name = value; value == "" {
			return errors.New("expected the name of a file")
		}
		return nil
	}
}

// didYouMean returns a question that names the flag that an unknown flag probably
// stands for. If err is another error or if no flag is similar, it returns "".
func didYouMean(err error, fs *flag.FlagSet) string {
	name, isUnknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !isUnknown {
		return ""
	}
	var flags []string
	fs.VisitAll(func(f *flag.Flag) { flags = append(flags, f.Name) })
	nearest := config.Nearest(name, flags)
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("did you mean -%s? ", nearest)
}

// isLocal reports whether a server that listens on addr is in local mode.
func isLocal(c config.Config, addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return c.Local && len(c.Tokens) == 0 && len(c.TrustedProxies) == 0 && ok && tcp.IP.IsLoopback()
}

// modeOf returns the name of the access mode, for the log.
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

// apiConfig returns the configuration of the handler of a server that listens on
// addr, without Store and Log.
func apiConfig(c config.Config, addr net.Addr) api.Config {
	a := api.Config{
		Tokens:         c.Tokens,
		Private:        c.Private,
		Local:          isLocal(c, addr),
		CORSOrigin:     c.CORSOrigin,
		TrustedProxies: c.TrustedProxies,
		Timeout:        requestTimeout,
	}
	if c.Rate > 0 {
		a.Allow = newRateLimit(c.Rate)
	}
	return a
}

// writeNewToken creates a token. The first line that it writes to stdout is the
// token, which is not stored. The second line is the setting that contains its
// hash.
func writeNewToken(stdout, stderr io.Writer, name, present string) error {
	secret, setting, err := token.New(name, present)
	if errors.Is(err, token.ErrNameExists) {
		return fmt.Errorf("-new-token %s: %w", name, err)
	}
	if err != nil {
		return fmt.Errorf("%s %w", config.TokenSHA256, err)
	}
	if _, err := fmt.Fprintf(stdout, "%s\n%s=%s\n", secret, config.TokenSHA256, setting); err != nil {
		return err
	}
	fmt.Fprintln(stderr, "\nThe first line is the token. Save it now: it is not stored and cannot be shown again.\n"+
		"The second line is the setting for the service; it contains only a hash.")
	return nil
}

func writeHelp(out io.Writer) error {
	var help strings.Builder
	help.WriteString("server runs Links: POST /link stores a link, GET /link lists all links.\n\n" +
		"Each setting is a flag and an environment variable; the flag has priority.\n\n")
	for _, s := range config.Settings(config.Server) {
		fmt.Fprintf(&help, "  -%s, %s (%s)\n      %s\n", s.Flag(), s.Env, cmp.Or(s.Default, "unset"), s.Help)
	}
	help.WriteString(`
Other modes, each of which exits when it is done:

  -new-token NAME
      print a new random token, and LINKS_TOKEN_SHA256 with its hash added to the present ones
  -backup FILE
      write a compact copy of the embedded store to FILE; a server may have the store open
  -check FILE
      verify FILE, an embedded store or a copy of one, and print a summary or the error
  -version
      print the version
  -healthcheck
      check the server that listens on -addr; exit with 0 if it is ready, 1 if not

The AWS SDK reads the region, credentials and endpoint of DynamoDB from its own variables,
such as AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL_DYNAMODB.
`)
	_, err := io.WriteString(out, help.String())
	return err
}
