package server

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cognate"
	"cognate/ratelimit"
)

// metrics are the metrics of one server. Each server has its own registry, so tests can run several servers.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	triggers *prometheus.HistogramVec
	panics   atomic.Int64
	messages *prometheus.CounterVec // nil without an outbox
	// connections counts the connections of clients.
	connections prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cognate_requests_total", Help: "API requests by operation and outcome (ok or the error's code).",
		}, []string{"operation", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cognate_request_seconds", Help: "Time from the request's first byte to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 14),
		}, []string{"operation"}),
	}
	m.triggers = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "cognate_trigger_seconds", Help: "Time that functions of triggers took, by outcome (ok, refused, timeout or failed).",
		Buckets: prometheus.ExponentialBuckets(0.001, 2, 15),
	}, []string{"trigger", "outcome"})
	m.connections = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "cognate_connections_total", Help: "Connections of clients that the server has accepted.",
	})
	panics := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "cognate_panics_total", Help: "Requests that ended in a bug of the server.",
	}, func() float64 { return float64(m.panics.Load()) })
	m.registry.MustRegister(m.requests, m.seconds, m.triggers, m.connections, panics, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watchReserve adds the number of signing keys that are ready for new pools.
func (m *metrics) watchReserve(ready func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "cognate_signing_keys_ready", Help: "Signing keys made ahead of the pools that will need them.",
	}, func() float64 { return float64(ready()) }))
}

// watchProxies adds the number of requests with malformed headers of trusted proxies.
func (m *metrics) watchProxies(p *proxies) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "cognate_forwarded_malformed_total",
		Help: "Requests from trusted proxies whose X-Forwarded-For or Forwarded header was ignored, because it names no address or contradicts the other header.",
	}, func() float64 { return float64(p.malformed.Load()) }))
}

// watchLimits adds the requests over a limit, and the number of servers that share the limits.
func (m *metrics) watchLimits(l *limits, servers *ratelimit.Servers) {
	m.registry.MustRegister(l.limited, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "cognate_servers", Help: "Servers on the database, which share the limits on requests.",
	}, func() float64 { return float64(servers.Count()) }))
}

// watchCertificates adds the ends of the certificates from a certificate authority.
func (m *metrics) watchCertificates(ends func() map[string]time.Time) {
	m.registry.MustRegister(certificateEnds{ends, prometheus.NewDesc(
		"cognate_certificate_expiry_seconds", "End of the certificate in use for a host name, as Unix time.", []string{"name"}, nil,
	)})
}

// certificateEnds collects one value for each name.
type certificateEnds struct {
	ends        func() map[string]time.Time
	description *prometheus.Desc
}

func (c certificateEnds) Describe(out chan<- *prometheus.Desc) { out <- c.description }

func (c certificateEnds) Collect(out chan<- prometheus.Metric) {
	for name, end := range c.ends() {
		out <- prometheus.MustNewConstMetric(c.description, prometheus.GaugeValue, float64(end.Unix()), name)
	}
}

// watchStore adds the transactions that were repeated.
func (m *metrics) watchStore(retries func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "cognate_database_retries_total", Help: "Transactions that were repeated because they conflicted with others.",
	}, func() float64 { return float64(retries()) }))
}

func (m *metrics) count(operation, outcome string, took time.Duration) {
	if operation == "" {
		operation = "unknown"
	}
	m.requests.WithLabelValues(operation, outcome).Inc()
	m.seconds.WithLabelValues(operation).Observe(took.Seconds())
}

func (m *metrics) countTrigger(t cognate.Trigger, outcome string, took time.Duration) {
	m.triggers.WithLabelValues(string(t), outcome).Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
