package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
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
	requestTimeout = 10 * time.Second // for the store to answer a request
	drainTimeout   = 10 * time.Second // for requests under way at the end
)

// run serves until ctx is done, then answers what is under way, closes the store and returns nil. What was asked for is
// written to stdout, what is told of serving to stderr.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	o, err := readOptions(args, getenv)
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
	case o.backup != "" && o.Store.Kind != config.Bolt:
		return errors.New("-backup copies the embedded store; a DynamoDB table has point-in-time recovery")
	case o.backup != "":
		return backup(ctx, o.Store.Name, o.backup, stdout, stderr)
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: o.Log}))

	// Listening comes first, so that a second server on one address fails before it touches the store.
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("LINKS_ADDR: %w", err)
	}
	defer listener.Close()
	var m *metrics.Metrics // nil if no listen address for metrics is configured
	if o.MetricsAddr != "" {
		var stop func()
		if m, stop, err = serveMetrics(o.MetricsAddr, log); err != nil {
			return err
		}
		defer stop()
	}
	s, err := openStore(ctx, o.Config, m, log)
	if err != nil && ctx.Err() != nil { // a signal, while the store was waited for
		log.Info("stopped")
		return nil
	}
	if err != nil {
		return fmt.Errorf("LINKS_STORE: %w", err)
	}
	stopBackups := func() {}
	if embedded, ok := s.(*boltstore.Store); ok {
		stopBackups = serveBackups(o.Store.Name, embedded, log)
	}
	served := serve(ctx, o.Config, listener, s, m, log, stderr)
	stopBackups()
	return errors.Join(served, s.Close())
}

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
		return nil, fmt.Errorf("the configuration of the AWS SDK: %w", err)
	}
	dynamo := dynamostore.Config{AWS: aws, Table: c.Store.Name, ListShards: c.ListShards, CreateTable: c.CreateTable, Log: log}
	if m != nil {
		dynamo.Middleware = m.DynamoDBMiddleware()
	}
	s, err := dynamostore.Open(ctx, dynamo)
	if err != nil {
		return nil, err
	}
	go func() { // beside the start, which does not depend on the store
		warm, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		s.Connect(warm)
	}()
	return s, nil
}

// serve answers on the listener until ctx is done, and then what is under way. The metrics may be nil.
func serve(
	ctx context.Context, c config.Config, listener net.Listener, s store.Store, m *metrics.Metrics, log *slog.Logger, stderr io.Writer,
) error {
	handlerConfig := apiConfig(c, listener.Addr())
	handlerConfig.Store, handlerConfig.Log = s, log
	if m != nil {
		handlerConfig.Store, handlerConfig.OnResponse = m.WrapStore(s), m.ObserveRequest
	}
	handler, err := api.New(handlerConfig)
	if err != nil {
		return err
	}
	if m != nil {
		handler = m.CountInFlight(handler)
	}
	requests, cutRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer cutRequests()
	server := newServer(handler, log)
	server.BaseContext = func(net.Listener) context.Context { return requests }
	announce(c, listener.Addr(), log, stderr)

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
		log.Warn("cutting off requests that did not end in time")
		cutRequests()
		return server.Close()
	}
	log.Info("stopped")
	return nil
}

// writeBuffer is how many bytes of a connection's responses the operating system
// buffers. With the default of several megabytes, a slow client seems to make no
// progress for a minute, and unread responses take memory that no limit counts.
const writeBuffer = 256 << 10

// newServer closes connections of clients that are slow or send too much. The
// handler extends the times for large bodies that make progress.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			if tcp, ok := connection.(*net.TCPConn); ok {
				_ = tcp.SetWriteBuffer(writeBuffer) // an error only leaves the default
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

// announce logs where the server listens and who may do what; on a terminal it also shows how to try it.
func announce(c config.Config, addr net.Addr, log *slog.Logger, stderr io.Writer) {
	mode := modeOf(c, addr)
	log.Info("listening", "addr", addr.String(), "mode", mode, "store", c.Store.Kind+":"+c.Store.Name, "version", version())
	if mode == "open" {
		log.Warn("no token is configured: anyone who reaches this address can list and store links; set LINKS_TOKEN_SHA256", "addr", addr.String())
	}
	if file, ok := stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprintf(stderr, "\nLinks is at %[1]s — try\n\n  curl -d '{\"link\": \"https://www.google.com\"}' %[1]s/link\n\n", urlFor(addr))
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
	// Every listen address can be dialed as it is, even 0.0.0.0. As part of a URL,
	// the zone of an IPv6 address would have to be escaped.
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
