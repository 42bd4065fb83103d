package server

import (
	"log/slog"

	"links/internal/metrics"
)

// serveMetrics creates the metrics and serves them on their own listen address
// until the caller calls stop.
func serveMetrics(addr string, log *slog.Logger) (m *metrics.Metrics, stop func(), err error) {
	listener, err := listen("LINKS_METRICS_ADDR", addr)
	if err != nil {
		return nil, nil, err
	}
	m = metrics.New()
	server := newServer(m.Handler(log), log)
	go func() { _ = server.Serve(listener) }()
	log.Info("serving metrics", "addr", listener.Addr().String())
	return m, func() { _ = server.Close() }, nil
}
