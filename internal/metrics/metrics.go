// Package metrics contains the Prometheus metrics of the server. The values of every
// label are a small, fixed set, so clients cannot create new series.
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

// maxScrapes is the limit of concurrent scrapes. The response to another one is 503.
const maxScrapes = 4

// methods are the values of the label method, in addition to "other".
var methods = []string{"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"}

// Metrics contains the metrics of one server. It is safe for concurrent use. Use New
// to create it.
type Metrics struct {
	registry *prometheus.Registry

	requests   *prometheus.CounterVec   // route, method, status
	durations  *prometheus.HistogramVec // route, method
	inFlight   prometheus.Gauge
	storeCalls *prometheus.CounterVec   // call, outcome
	storeTimes *prometheus.HistogramVec // call
}

// New creates the metrics of the process, of requests and of store calls.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "links_requests_total", Help: "Responses sent.",
		}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "links_request_duration_seconds",
			Help:    "Time from the header of a request to the end of its response.",
			Buckets: buckets,
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "links_requests_in_flight", Help: "Requests in flight.",
		}),
		storeCalls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "links_store_calls_total", Help: "Store calls by outcome.",
		}, []string{"call", "outcome"}),
		storeTimes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "links_store_call_duration_seconds",
			Help:    "Duration of store calls. For list it includes the time spent by the consumer.",
			Buckets: buckets,
		}, []string{"call"}),
	}
	m.registry.MustRegister(m.requests, m.durations, m.inFlight, m.storeCalls, m.storeTimes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector())
	return m
}

// buckets are durations in seconds, from a read of the embedded store to the deadline
// of a request.
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

// CountInFlight wraps handler to count its requests in flight.
func (m *Metrics) CountInFlight(handler http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(m.inFlight, handler)
}

// Handler returns a handler that serves the metrics at /metrics. Errors of scrapes go
// to log.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), MaxRequestsInFlight: maxScrapes,
	}))
	return mux
}
