package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"syscall"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"golang.org/x/term"

	"links/internal/api"
	"links/internal/config"
	"links/internal/metrics"
	"links/internal/store"
	"links/internal/store/boltstore"
	"links/internal/store/dynamostore"
)

const (
	requestTimeout = 10 * time.Second // for the store during a request
	drainTimeout   = 10 * time.Second // for requests in flight at shutdown
)

// run runs the mode that args select. Without such a flag it serves until ctx is
// done. Output is written to stdout, log and progress to stderr.
func run(
	ctx context.Context, args []string, getenv func(string) string, environ []string, stdout, stderr io.Writer,
) error {
	o, err := readOptions(args, getenv, environ)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return writeHelp(stdout)
	case err != nil:
		return err
	case o.version:
		_, err := fmt.Fprintln(stdout, "links", version())
		return err
	case o.newToken != "":
		return writeNewToken(stdout, stderr, o.newToken, o.tokenSHA256)
	case o.healthcheck:
		return checkHealth(ctx, o.Addr)
	case o.check != "":
		return check(ctx, o.check, stdout)
	case o.backup != "":
		for _, problem := range o.unknown {
			fmt.Fprintln(stderr, "links: warning:", problem)
		}
		return backup(ctx, o.Store, o.backup, stdout, stderr)
	default:
		return serve(ctx, o, stderr)
	}
}

// newLog returns a logger that writes lines of text to a terminal, and JSON elsewhere.
func newLog(stderr io.Writer, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if isTerminal(stderr) {
		return slog.New(slog.NewTextHandler(stderr, options))
	}
	return slog.New(slog.NewJSONHandler(stderr, options))
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// serve serves until ctx is done. It then waits for requests in flight, closes
// the store and returns nil.
func serve(ctx context.Context, o options, stderr io.Writer) error {
	c := o.Config
	log := newLog(stderr, c.Log)
	for _, problem := range o.unknown {
		log.Warn(problem)
	}

	// Listen first: a second server with the same listen address must fail before
	// it opens the store.
	listener, err := listen("LINKS_ADDR", c.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	var m *metrics.Metrics // nil if no listen address for metrics is configured
	if c.MetricsAddr != "" {
		var stop func()
		if m, stop, err = serveMetrics(c.MetricsAddr, log); err != nil {
			return err
		}
		defer stop()
	}
	s, err := openStore(ctx, c, m, log)
	if err != nil && ctx.Err() != nil { // a signal while the store was opened
		log.Info("stopped")
		return nil
	}
	if err != nil {
		return fmt.Errorf("LINKS_STORE: %w", err)
	}
	stopBackups := func() {}
	if embedded, ok := s.(*boltstore.Store); ok {
		stopBackups = serveBackups(c.Store.Name, embedded, log)
	}
	handler, err := handlerOf(c, listener.Addr(), s, m, log)
	if err == nil {
		announce(c, listener.Addr(), log, stderr)
		err = serveHTTP(ctx, listener, newServer(handler, log), log)
	}
	stopBackups()
	return errors.Join(err, s.Close())
}

// windowsInUse is WSAEADDRINUSE of Windows. No other system has an error of this
// number.
const windowsInUse = syscall.Errno(10048)

// listen listens on addr, which is the value of the setting env.
func listen(env, addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windowsInUse) {
		host, port, _ := net.SplitHostPort(addr) // valid, as config checked
		number, _ := strconv.Atoi(port)
		next := number + 1
		if next > math.MaxUint16 {
			next = number - 1
		}
		other := net.JoinHostPort(host, strconv.Itoa(next))
		return nil, fmt.Errorf("%s is already in use; use another listen address: -%s %s or %s=%s",
			addr, config.Setting{Env: env}.Flag(), other, env, other)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", env, err)
	}
	return listener, nil
}

// openStore opens the store of the configuration. The metrics may be nil.
func openStore(ctx context.Context, c config.Config, m *metrics.Metrics, log *slog.Logger) (store.Store, error) {
	if c.Store.Kind == config.Bolt {
		file := boltstore.Config{Path: c.Store.Name, Log: log}
		if m != nil {
			file.OnCommit = m.CommitObserver(c.Store.Name)
		}
		return boltstore.Open(file)
	}
	aws, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithLogger(dynamostore.SDKLogger(log)))
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	dynamo := dynamostore.Config{
		AWS: aws, Table: c.Store.Name, ListShards: c.ListShards, CreateTable: c.CreateTable, Log: log,
	}
	if m != nil {
		dynamo.Middleware = m.DynamoDBMiddleware()
	}
	s, err := dynamostore.Open(ctx, dynamo)
	if err != nil {
		return nil, err
	}
	go func() { // concurrently: the server starts even if the store is unavailable
		check, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		s.CheckShards(check)
	}()
	return s, nil
}

// handlerOf returns the handler of a server that listens on addr. The metrics
// may be nil.
func handlerOf(
	c config.Config, addr net.Addr, s store.Store, m *metrics.Metrics, log *slog.Logger,
) (http.Handler, error) {
	a := apiConfig(c, addr)
	a.Store, a.Log = s, log
	if m == nil {
		return api.New(a)
	}
	a.Store, a.OnResponse = m.WrapStore(s), m.ObserveRequest
	handler, err := api.New(a)
	if err != nil {
		return nil, err
	}
	return m.CountInFlight(handler), nil
}

// serveHTTP serves until ctx is done, and then waits for requests in flight.
func serveHTTP(ctx context.Context, listener net.Listener, server *http.Server, log *slog.Logger) error {
	requests, cancelRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelRequests()
	server.BaseContext = func(net.Listener) context.Context { return requests }

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("draining", "for", drainTimeout.String())
	drain, cancel := context.WithTimeout(requests, drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		log.Warn("drain timeout exceeded; closing remaining connections")
		cancelRequests()
		return server.Close()
	}
	log.Info("stopped")
	return nil
}

// writeBuffer is the size of the operating system's send buffer of a connection,
// in bytes. With the default of several megabytes, a slow client seems to make no
// progress for a minute, and no limit counts the memory of unread responses.
const writeBuffer = 256 << 10

// newServer returns a server that closes connections of clients that are slow or
// send too much. The handler extends the deadlines while a large body makes
// progress.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			if tcp, ok := connection.(*net.TCPConn); ok {
				_ = tcp.SetWriteBuffer(writeBuffer) // if it fails, the default remains
			}
			return ctx
		},
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// announce logs the listen address, the mode and the store. On a terminal it prints
// them as one line of text instead.
func announce(c config.Config, addr net.Addr, log *slog.Logger, stderr io.Writer) {
	mode := modeOf(c, addr)
	if isTerminal(stderr) {
		kind := "file"
		if c.Store.Kind == config.DynamoDB {
			kind = "table"
		}
		fmt.Fprintf(stderr, "Links is running at %s in %s mode, with the %s %s.\n",
			urlFor(addr), mode, kind, c.Store.Name)
	} else {
		log.Info("listening", "addr", addr.String(), "mode", mode,
			"store", c.Store.Kind+":"+c.Store.Name, "version", version())
	}
	if mode == "open" {
		log.Warn("no token is configured: any client can list and store links; set LINKS_TOKEN_SHA256",
			"addr", addr.String())
	}
	if mode == "local" && c.CORSOrigin == "*" {
		log.Warn("LINKS_CORS_ORIGIN is *: any web site that a user of this machine visits can list and change links; " +
			"configure one origin, or unset it")
	}
}

// checkHealth returns an error unless the server that listens on addr is ready.
func checkHealth(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/readyz", nil)
	if err != nil {
		return err
	}
	// Dial accepts every listen address unchanged, even 0.0.0.0. In a URL, the zone
	// of an IPv6 address would have to be escaped.
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", response.Status)
	}
	return nil
}

// urlFor returns a URL for a browser on the machine that listens on addr.
func urlFor(addr net.Addr) string {
	u := url.URL{Scheme: "http", Host: addr.String()}
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		u.Host = net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return u.String()
}
