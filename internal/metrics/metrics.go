// Package metrics counts what the server does, for Prometheus to read. Every label has a value of a small, fixed set: no
// client can add one.
package metrics

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes is how many scrapes may be under way at a time; one more is answered 503.
const maxScrapes = 4

// methods are the ones that the metrics tell apart; any other counts as "other".
var methods = []string{"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"}

// Metrics are those of one server. New makes them.
type Metrics struct {
	registry *prometheus.Registry

	requests   *prometheus.CounterVec   // route, method, status
	durations  *prometheus.HistogramVec // route, method
	underWay   prometheus.Gauge
	storeCalls *prometheus.CounterVec   // call, outcome
	storeTimes *prometheus.HistogramVec // call
}

// New makes the metrics of the process, of the requests and of the store's calls.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "links_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "links_request_duration_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: buckets,
		}, []string{"route", "method"}),
		underWay: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "links_requests_in_flight", Help: "Requests that are being answered.",
		}),
		storeCalls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "links_store_calls_total", Help: "Calls of the store by how they ended.",
		}, []string{"call", "outcome"}),
		storeTimes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "links_store_call_duration_seconds", Help: "Time of a store's call; of list, with what its caller does with the links.",
			Buckets: buckets,
		}, []string{"call"}),
	}
	m.registry.MustRegister(m.requests, m.durations, m.underWay, m.storeCalls, m.storeTimes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return m
}

// buckets are in seconds: from a read of the embedded file to the deadline of a request.
var buckets = []float64{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10}

// ObserveRequest counts a request and observes its duration. It is for
// api.Config.OnResponse.
func (m *Metrics) ObserveRequest(route, method string, status int, took time.Duration) {
	if !slices.Contains(methods, method) {
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route, method).Observe(took.Seconds())
}

// CountInFlight returns the handler, with the requests counted that it is answering.
func (m *Metrics) CountInFlight(handler http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(m.underWay, handler)
}

// Handler serves the metrics at /metrics. The log gets what goes wrong with reading them.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), MaxRequestsInFlight: maxScrapes,
	}))
	return mux
}
