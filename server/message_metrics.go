package server

import (
	"context"

	"cognate/api"
	"cognate/notify/outbox"
	"cognate/oauth"
)

// media are the media of messages.
var media = []string{string(api.DeliveryMediumTypeEmail), string(api.DeliveryMediumTypeSms), oauth.MediumLogout}

// countMessage counts an attempt to deliver a message.
func (m *metrics) countMessage(medium api.DeliveryMediumType, outcome outbox.Outcome) {
	m.messages.WithLabelValues(string(medium), string(outcome)).Inc()
}

// countLogout counts an attempt to send a logout to an application.
func (m *metrics) countLogout(o oauth.LogoutOutcome) {
	m.messages.WithLabelValues(oauth.MediumLogout, string(o)).Inc()
}

// watchOutbox adds how many messages wait. Logouts of applications wait in the same table.
func (m *metrics) watchOutbox(waiting func(context.Context) (map[string]int, error)) {
	m.sample(typeGauge, "cognate_messages_waiting",
		"Messages that wait to be delivered, by medium, on all servers of the database together.",
		[]string{"medium"}, func(ctx context.Context, emit func(float64, ...string)) error {
			counts, err := waiting(ctx)
			for _, medium := range media {
				emit(float64(counts[medium]), medium)
			}
			return err
		})
}
