package notify

import (
	"context"
	"log/slog"
	"sync"

	"cognate"
	"cognate/api"
)

// Notification is a message with what the functions of its pool are told of it.
type Notification struct {
	Message
	Pool *cognate.UserPool
	User *cognate.User // as stored when the message was written
	// ClientID is the app client whose user caused the message, or what stands for none.
	ClientID       string
	ClientMetadata map[string]string
}

// Texts take the place of a pool's own. An empty one leaves it.
type Texts struct {
	SMS, Email, Subject string
}

// Functions are those of a pool that have a say in messages: the triggers CustomMessage, CustomEmailSender and
// CustomSMSSender. Where the pool has no such trigger its method does nothing.
type Functions interface {
	CustomMessage(ctx context.Context, l *Notification) (Texts, error)
	// SendCustom hands the letter's code to the function that sends the pool's messages, and reports whether there is one.
	SendCustom(ctx context.Context, l *Notification) (taken bool, err error)
}

// Service brings letters on their way: to the pool's own function if there is one, or with its own texts to the sender.
type Service struct {
	Sender    Sender
	Functions Functions
	Log       *slog.Logger
	// background is the letters of SendUnseen that are on their way.
	background sync.WaitGroup
}

// Send brings l on its way. Errors: of the sender; those of the triggers, as *api.Error.
func (c *Service) Send(ctx context.Context, l *Notification) error {
	taken, err := c.Functions.SendCustom(ctx, l)
	if err != nil || taken {
		return err
	}
	texts, err := c.Functions.CustomMessage(ctx, l)
	if err != nil {
		return err
	}
	return c.Sender.Send(ctx, l.rewritten(texts))
}

// SendInBackground brings l on its way for a caller who must not learn whether anybody was written to: neither by an error, which
// is only logged, nor by the time that a function takes. It goes out even if the caller leaves.
func (c *Service) SendInBackground(ctx context.Context, l *Notification) {
	ctx = context.WithoutCancel(ctx)
	send := func() {
		if err := c.Send(ctx, l); err != nil {
			c.Log.ErrorContext(ctx, "send message", "message", l.Message, "error", err)
		}
	}
	if asksFunctions(l.Pool) {
		c.background.Go(send)
		return
	}
	send()
}

// Wait returns when nothing of SendUnseen is on its way any more. Nothing may be sent meanwhile.
func (c *Service) Wait() { c.background.Wait() }

// SendDecoy spends the time that SendUnseen takes before it returns, on nobody; see Pretender.
func (c *Service) SendDecoy(ctx context.Context, pool *cognate.UserPool, m Message) {
	if !asksFunctions(pool) {
		_ = SendDecoy(context.WithoutCancel(ctx), c.Sender, m) // the failure of a real message would not show either
	}
}

// rewritten returns the message with other texts.
func (m *Message) rewritten(t Texts) Message {
	out := *m
	body := t.Email
	if m.Medium == api.DeliveryMediumTypeSms {
		body = t.SMS
	}
	if body != "" {
		out.Body = fillBody(m.Medium, m.Username, m.Code).Replace(body)
	}
	if t.Subject != "" && m.Medium == api.DeliveryMediumTypeEmail {
		out.Subject = oneLine(fill(m.Username, m.Code).Replace(t.Subject))
	}
	return out
}

// asksFunctions reports whether a function has to be asked before a message of the pool is on its way, which takes a time
// of its own.
func asksFunctions(pool *cognate.UserPool) bool {
	return pool.HasTrigger(cognate.TriggerCustomMessage) || pool.HasTrigger(cognate.TriggerCustomEmailSender) ||
		pool.HasTrigger(cognate.TriggerCustomSMSSender)
}
