package notify

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"cognate"
	"cognate/api"
	"cognate/logdelivery"
)

// Failures delivers a record of each message that could not be delivered, if the pool has a destination for such records
// (userNotification). Nil delivers none.
type Failures struct {
	Logs *logdelivery.Queue
	Now  func() time.Time
	Log  *slog.Logger
}

// Report delivers the record of a message to a user. reason is an error without secrets: see Message.Redact.
// Source: docs/behaviour.md §5.10. Assumed: the text in the member details of a record of userNotification.
func (f *Failures) Report(ctx context.Context, pool *cognate.UserPool, medium api.DeliveryMediumType, sub string, reason error) {
	c := pool.LogConfigurationOf(api.EventSourceNameUserNotification)
	if f == nil || c == nil {
		return
	}
	record, err := logdelivery.Notification(pool, c, f.Now(), "The "+string(medium)+" message to the user "+sub+" was not delivered: "+reason.Error())
	if err != nil {
		f.Log.ErrorContext(ctx, "a log record was not made", "pool", pool.ID, "error", err)
		return
	}
	f.Logs.Add(record)
}

// Redact removes the destination and the code of the message from an error, because mail servers and functions often quote them.
func (m *Message) Redact(err error) error {
	text := err.Error()
	for _, secret := range []string{m.Destination, m.Code} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "(hidden)")
		}
	}
	return errors.New(text)
}
