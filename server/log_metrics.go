package server

import "cognate/logdelivery"

// watchLogs adds the metrics of the delivery of logs: counts of records, and how many wait.
func (m *metrics) watchLogs(q *logdelivery.Queue) {
	records := m.counters("cognate_log_records_total",
		"Log records of user pools, by sink and outcome (delivered, dropped, retried; a record can be retried several times).", "sink", "outcome")
	for _, sink := range q.Sinks() {
		for _, outcome := range logdelivery.Outcomes() {
			records.WithLabelValues(sink, string(outcome)) // from the start, so that the first drop is a change from 0
		}
	}
	q.Observe(func(sink string, o logdelivery.Outcome, n int) {
		records.WithLabelValues(sink, string(o)).Add(float64(n))
	})
	m.gaugeFunc("cognate_log_records_waiting", "Log records of user pools that wait on this server to be delivered.",
		func() float64 { return float64(q.Waiting()) })
}
