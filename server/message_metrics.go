package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cognate/api"
	"cognate/notify/outbox"
)

// countMessage counts an attempt to deliver a message.
func (m *metrics) countMessage(medium api.DeliveryMediumType, outcome outbox.Outcome) {
	m.messages.WithLabelValues(string(medium), string(outcome)).Inc()
}

func newMessageCounter() *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cognate_messages_total",
		Help: "Attempts to deliver a message, by medium and outcome (delivered, postponed, expired, refused; the last two drop it).",
	}, []string{"medium", "outcome"})
	for _, medium := range []api.DeliveryMediumType{api.DeliveryMediumTypeEmail, api.DeliveryMediumTypeSms} {
		for _, outcome := range outbox.Outcomes() {
			c.WithLabelValues(string(medium), string(outcome)) // from the start, so that the first drop is a change from 0
		}
	}
	return c
}

// watchOutbox adds the metrics of the outbox: counts of attempts, and how many messages wait.
func (m *metrics) watchOutbox(waiting func(context.Context) (map[string]int, error)) {
	m.messages = newMessageCounter()
	m.registry.MustRegister(m.messages, &waitingMessages{waiting, prometheus.NewDesc(
		"cognate_messages_waiting", "Messages that wait to be delivered, by medium, on all servers of the database together.",
		[]string{"medium"}, nil,
	)})
}

// waitingMessages is a gauge that reads its value from the database each time the metrics are collected.
type waitingMessages struct {
	count func(context.Context) (map[string]int, error)
	desc  *prometheus.Desc
}

// Describe sends the description of the gauge.
func (w *waitingMessages) Describe(out chan<- *prometheus.Desc) { out <- w.desc }

// Collect counts the waiting messages. If the database does not answer, the metrics do not contain the gauge; /readyz
// reports such a database.
func (w *waitingMessages) Collect(out chan<- prometheus.Metric) {
	const timeout = 5 * time.Second
	ctx, stop := context.WithTimeout(context.Background(), timeout)
	defer stop()
	waiting, err := w.count(ctx)
	if err != nil {
		return
	}
	for _, medium := range []api.DeliveryMediumType{api.DeliveryMediumTypeEmail, api.DeliveryMediumTypeSms} {
		out <- prometheus.MustNewConstMetric(w.desc, prometheus.GaugeValue, float64(waiting[string(medium)]), string(medium))
	}
}
