package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"links/internal/metrics"
)

// serveMetrics makes the metrics and serves them on an address of their own until it is told to stop.
func serveMetrics(addr string, log *slog.Logger) (counted *metrics.Metrics, stop func(), err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("LINKS_METRICS_ADDR: %w", err)
	}
	counted = metrics.New()
	server := &http.Server{
		Handler:           counted.Handler(log),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() { _ = server.Serve(listener) }()
	log.Info("serving metrics", "addr", listener.Addr().String())
	return counted, func() { _ = server.Close() }, nil
}
