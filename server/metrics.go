package server

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cognate"
	"cognate/background"
	"cognate/notify/outbox"
	"cognate/ratelimit"
	"cognate/signin"
	"cognate/throttle"
)

// Metric describes a metric, for docs/metrics.md.
type Metric struct {
	Name   string
	Type   string // counter, gauge or histogram
	Labels []string
	Help   string
}

// metrics are the metrics of one server. Each server has its own registry, so tests can run several servers.
type metrics struct {
	registry *prometheus.Registry
	// described has each metric of the server, in the order in which they were added.
	described []Metric

	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	triggers *prometheus.HistogramVec
	starts   *prometheus.CounterVec
	answers  *prometheus.CounterVec
	lockouts prometheus.Counter
	limited  *prometheus.CounterVec
	tasks    *prometheus.HistogramVec
	taskEnds *prometheus.GaugeVec
	panics   atomic.Int64
	internal prometheus.Counter
	messages *prometheus.CounterVec
	// connections counts the connections of clients.
	connections prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.requests = m.counters("cognate_requests_total", "Requests by operation and outcome: ok, the code of the error, or at domains of pools the status. The operation of a request at a domain is its path.",
		"operation", "outcome")
	m.seconds = m.histograms("cognate_request_seconds", "Time from the first byte of a request to its answer.",
		prometheus.ExponentialBuckets(0.00025, 2, 14), "operation")
	m.starts = m.counters("cognate_sign_in_starts_total", "Requests that start a sign-in or exchange something for tokens. The flow is an AuthFlow of InitiateAuth or the grant type of an OAuth endpoint; the outcome is finished, challenged, refused or failed (an error of the server).",
		"flow", "outcome")
	m.answers = m.counters("cognate_sign_in_answers_total", "Answers to challenges. The factor is the ChallengeName; the outcome is as in cognate_sign_in_starts_total.",
		"factor", "outcome")
	for _, result := range signin.Results() {
		for _, flow := range signin.Flows() {
			m.starts.WithLabelValues(flow, string(result)) // from the start, so that the first failure is a change from 0
		}
	}
	m.lockouts = m.counter("cognate_lockouts_total", "Failed passwords and codes that have locked a user, or a name without a user, for some time.")
	m.limited = m.counters("cognate_limited_total", "Requests that a limit rejected, by the name of the limit.", "limit")
	for _, name := range []string{
		limitAddress, limitSignUps, limitPool, limitCategory, limitResource, limitUser, limitConnections, throttle.LimitWrong, throttle.LimitNames,
	} {
		m.limited.WithLabelValues(name)
	}
	m.triggers = m.histograms("cognate_trigger_seconds", "Time that functions of triggers took. The outcome is ok, refused, timeout or failed.",
		prometheus.ExponentialBuckets(0.001, 2, 15), "trigger", "outcome")
	m.tasks = m.histograms("cognate_task_seconds", "Time that runs of periodic tasks on this server took. The outcome is ok or failed.",
		prometheus.ExponentialBuckets(0.001, 4, 10), "task", "outcome")
	m.taskEnds = m.gauges("cognate_task_last_success_timestamp_seconds", "When a periodic task last succeeded on this server, in Unix seconds. Of several servers, one runs a task in each period.", "task")
	m.messages = m.counters("cognate_messages_total",
		"Attempts to deliver a message, by medium and outcome (delivered, postponed, expired, refused; expired and refused drop it). The medium BACKCHANNEL_LOGOUT is for logouts that are sent to applications.",
		"medium", "outcome")
	for _, medium := range media {
		for _, outcome := range outbox.Outcomes() {
			m.messages.WithLabelValues(medium, string(outcome))
		}
	}
	m.internal = m.counter("cognate_internal_errors_total", "Requests that failed because of an error of the server or of its database. The log has each error.")
	m.connections = m.counter("cognate_connections_total", "Connections of clients that the server has accepted.")
	m.counterFunc("cognate_panics_total", "Requests that failed because of a bug of the server (a panic).", func() float64 { return float64(m.panics.Load()) })
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// The types of metrics.
const (
	typeCounter   = "counter"
	typeGauge     = "gauge"
	typeHistogram = "histogram"
)

// add registers a metric and describes it.
func (m *metrics) add(c prometheus.Collector, kind, name, help string, labels ...string) {
	m.registry.MustRegister(c)
	m.described = append(m.described, Metric{name, kind, labels, help})
}

func (m *metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	m.add(c, typeCounter, name, help)
	return c
}

func (m *metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.add(c, typeCounter, name, help, labels...)
	return c
}

func (m *metrics) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.add(g, typeGauge, name, help, labels...)
	return g
}

func (m *metrics) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	m.add(h, typeHistogram, name, help, labels...)
	return h
}

func (m *metrics) counterFunc(name, help string, value func() float64) {
	m.add(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value), typeCounter, name, help)
}

func (m *metrics) gaugeFunc(name, help string, value func() float64) {
	m.add(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value), typeGauge, name, help)
}

// sampled is a metric whose values are read each time the metrics are collected.
type sampled struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	// read calls emit for each value. After an error, the metrics do not contain the values.
	read func(ctx context.Context, emit func(value float64, labels ...string)) error
}

// Describe sends the description of the metric.
func (s *sampled) Describe(out chan<- *prometheus.Desc) { out <- s.desc }

// Collect reads the values. If they are in the database and it does not answer, the metrics do not contain them; /readyz reports such
// a database.
func (s *sampled) Collect(out chan<- prometheus.Metric) {
	const timeout = 5 * time.Second
	ctx, stop := context.WithTimeout(context.Background(), timeout)
	defer stop()
	var all []prometheus.Metric
	err := s.read(ctx, func(value float64, labels ...string) {
		all = append(all, prometheus.MustNewConstMetric(s.desc, s.kind, value, labels...))
	})
	if err != nil {
		return
	}
	for _, metric := range all {
		out <- metric
	}
}

// sample adds a gauge or a counter whose values are read when the metrics are collected.
func (m *metrics) sample(kind, name, help string, labels []string, read func(ctx context.Context, emit func(value float64, labels ...string)) error) {
	value := prometheus.GaugeValue
	if kind == typeCounter {
		value = prometheus.CounterValue
	}
	m.add(&sampled{prometheus.NewDesc(name, help, labels, nil), value, read}, kind, name, help, labels...)
}

// watchReserve adds the number of signing keys that are ready for new pools.
func (m *metrics) watchReserve(ready func() int) {
	m.gaugeFunc("cognate_signing_keys_ready", "Signing keys made ahead of the pools that will need them.", func() float64 { return float64(ready()) })
}

// watchProxies adds the number of requests with malformed headers of trusted proxies.
func (m *metrics) watchProxies(p *proxies) {
	m.counterFunc("cognate_forwarded_malformed_total",
		"Requests from trusted proxies whose X-Forwarded-For or Forwarded header was ignored, because it names no address or contradicts the other header.",
		func() float64 { return float64(p.malformed.Load()) })
}

// watchServers adds the number of servers that share the limits.
func (m *metrics) watchServers(servers *ratelimit.Servers) {
	m.gaugeFunc("cognate_servers", "Servers on the database, which share the limits on requests.", func() float64 { return float64(servers.Count()) })
}

// count counts a request. isInternal says that it failed because of an error of the server.
func (m *metrics) count(operation, outcome string, isInternal bool, took time.Duration) {
	if isInternal {
		m.internal.Inc()
	}
	if operation == "" {
		operation = "unknown"
	}
	m.requests.WithLabelValues(operation, outcome).Inc()
	m.seconds.WithLabelValues(operation).Observe(took.Seconds())
}

func (m *metrics) countTrigger(t cognate.Trigger, outcome string, took time.Duration) {
	m.triggers.WithLabelValues(string(t), outcome).Observe(took.Seconds())
}

// addTasks adds the periodic tasks with a count of 0.
func (m *metrics) addTasks(tasks []background.Task) {
	for _, task := range tasks {
		m.tasks.WithLabelValues(task.Name, "ok")
		m.tasks.WithLabelValues(task.Name, "failed")
	}
}

// countTask counts a run of a periodic task.
func (m *metrics) countTask(task string, err error, took time.Duration) {
	if err != nil {
		m.tasks.WithLabelValues(task, "failed").Observe(took.Seconds())
		return
	}
	m.tasks.WithLabelValues(task, "ok").Observe(took.Seconds())
	m.taskEnds.WithLabelValues(task).SetToCurrentTime()
}

// Started counts the start of a sign-in.
func (m *metrics) Started(flow string, r signin.Result) {
	m.starts.WithLabelValues(flow, string(r)).Inc()
}

// Answered counts an answer to a challenge.
func (m *metrics) Answered(challenge string, r signin.Result) {
	m.answers.WithLabelValues(challenge, string(r)).Inc()
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// DescribeMetrics returns the metrics of the server, in the order of their names.
func (s *Server) DescribeMetrics() []Metric {
	all := slices.Clone(s.metrics.described)
	slices.SortFunc(all, func(a, b Metric) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}
