package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"cognate/logdelivery"
)

// watchLogs adds the metrics of the delivery of logs: counts of records, and how many wait.
func (m *metrics) watchLogs(q *logdelivery.Queue) {
	records := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cognate_log_records_total",
		Help: "Log records of user pools, by sink and outcome (delivered, dropped, retried; a record can be retried several times).",
	}, []string{"sink", "outcome"})
	for _, sink := range q.Sinks() {
		for _, outcome := range logdelivery.Outcomes() {
			records.WithLabelValues(sink, string(outcome)) // from the start, so that the first drop is a change from 0
		}
	}
	q.Observe(func(sink string, o logdelivery.Outcome, n int) {
		records.WithLabelValues(sink, string(o)).Add(float64(n))
	})
	m.registry.MustRegister(records, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "cognate_log_records_waiting", Help: "Log records of user pools that wait on this server to be delivered.",
	}, func() float64 { return float64(q.Waiting()) }))
}
