package notify

import (
	"context"
	"log/slog"
	"maps"
	"sync"

	"cognate"
	"cognate/api"
	"cognate/trigger"
)

// Notification is a message with what the triggers of its pool need to know.
type Notification struct {
	cognate.ClientRequest
	Message
	User *cognate.User // as stored when the message was written
}

// Service sends messages: to the pool's trigger CustomEmailSender or CustomSMSSender if the pool has one, else to the sender,
// with the texts of the trigger CustomMessage if it wrote any.
type Service struct {
	Sender   Sender
	Triggers *trigger.Service
	Log      *slog.Logger
	// background counts the messages of SendInBackground that are not sent yet.
	background sync.WaitGroup
}

// Send sends the message. Errors: of the sender; those of the triggers, as *api.Error.
func (c *Service) Send(ctx context.Context, l *Notification) error {
	if !asksFunctions(l.Pool) {
		return c.Sender.Send(ctx, l.Message)
	}
	call := l.call()
	taken, err := c.Triggers.SendCustom(ctx, call, string(l.Kind), l.Medium, l.Code)
	if err != nil || taken {
		return err
	}
	texts, err := c.Triggers.CustomMessage(ctx, call, string(l.Kind))
	if err != nil {
		return err
	}
	return c.Sender.Send(ctx, l.rewritten(texts))
}

// SendInBackground sends the message for a caller who must not learn whether a user exists: neither by an error, which is
// only logged, nor by the time that a function takes. The message is sent even if the caller disconnects.
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

// Wait returns when all messages of SendInBackground are sent. Do not send others meanwhile.
func (c *Service) Wait() { c.background.Wait() }

// SendDecoy takes the time that SendInBackground takes before it returns, and sends no message; see DecoySender.
func (c *Service) SendDecoy(ctx context.Context, pool *cognate.UserPool, m Message) {
	if !asksFunctions(pool) {
		_ = SendDecoy(context.WithoutCancel(ctx), c.Sender, m) // the failure of a real message would not show either
	}
}

// call returns what the functions see. The user in it has the contact that the message goes to: a custom sender has no other
// destination, and the contact of an unverified change is not the user's yet.
func (l *Notification) call() trigger.Call {
	user := *l.User
	user.Attributes = make(map[string]string)
	maps.Copy(user.Attributes, l.User.Attributes)
	contact := cognate.AttributeEmail
	if l.Medium == api.DeliveryMediumTypeSms {
		contact = cognate.AttributePhone
	}
	user.Attributes[contact] = l.Destination
	return trigger.Call{ClientRequest: l.ClientRequest, User: &user}
}

// rewritten returns the message with other texts.
func (m *Message) rewritten(t trigger.Texts) Message {
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

// asksFunctions reports whether the pool has a trigger that is called before a message is sent, which takes time.
func asksFunctions(pool *cognate.UserPool) bool {
	return pool.HasTrigger(cognate.TriggerCustomMessage) || pool.HasTrigger(cognate.TriggerCustomEmailSender) ||
		pool.HasTrigger(cognate.TriggerCustomSMSSender)
}
