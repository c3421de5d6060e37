package notify

import (
	"context"
	"log/slog"
	"maps"
	"sync"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/trigger"
)

// Notification is a message with the data that the triggers of its pool need.
type Notification struct {
	cognate.ClientRequest
	Message
	User *cognate.User // as stored when the message was written
	// facts are what the event of a custom sender says besides the attributes of the user; nil for messages with a code.
	facts map[string]string
}

// Service sends messages. If the pool has a trigger CustomEmailSender or CustomSMSSender, that function sends them;
// otherwise the sender does, with the texts of the trigger CustomMessage if it returns any.
type Service struct {
	Sender   Sender
	Triggers *trigger.Service
	Failures *Failures
	Log      *slog.Logger
	// Sent, if not nil, is called for each message that the sender or the function of a custom sender has accepted.
	Sent func(ctx context.Context, m Message)
	// background counts the messages of SendInBackground that are not sent yet.
	background sync.WaitGroup
}

// Send sends the message. Errors: those of the sender; those of the triggers, as *api.Error.
func (s *Service) Send(ctx context.Context, n *Notification) error {
	err := s.send(ctx, n)
	if err == nil && s.Sent != nil {
		s.Sent(ctx, n.Message)
	}
	if err != nil {
		s.Failures.Report(ctx, n.Pool, n.Medium, n.Sub, n.Redact(err))
	}
	return err
}

func (s *Service) send(ctx context.Context, n *Notification) error {
	if !hasSendTrigger(n.Pool) {
		return s.Sender.Send(ctx, n.Message)
	}
	call := n.call()
	sent, err := s.Triggers.SendCustom(ctx, call, string(n.Kind), n.Medium, n.encryptedCode())
	if err != nil || sent {
		return err
	}
	if n.facts != nil { // CustomMessage has no trigger source for it
		return s.Sender.Send(ctx, n.Message)
	}
	texts, err := s.Triggers.CustomMessage(ctx, call, string(n.Kind))
	if err != nil {
		return err
	}
	return s.Sender.Send(ctx, n.withTexts(texts))
}

// SendInBackground sends the message for a caller who must not learn whether the user exists. Errors are only logged, and
// the caller does not wait for functions. The message is sent even if the caller disconnects.
func (s *Service) SendInBackground(ctx context.Context, n *Notification) {
	ctx = context.WithoutCancel(ctx)
	send := func() {
		if err := s.Send(ctx, n); err != nil {
			s.Log.ErrorContext(ctx, "a message was not sent", "message", n.Message, "error", err)
		}
	}
	if hasSendTrigger(n.Pool) {
		ctx = audit.Detach(ctx) // the request ends before
		s.background.Go(send)
		return
	}
	send()
}

// SendNotice sends a message without a code, which no trigger of the service knows. A pool whose function sends its messages sends
// none. Errors are only logged.
func (s *Service) SendNotice(ctx context.Context, pool *cognate.UserPool, m Message) {
	custom := cognate.TriggerCustomEmailSender
	if m.Medium == api.DeliveryMediumTypeSms {
		custom = cognate.TriggerCustomSMSSender
	}
	if pool.HasTrigger(custom) {
		s.Log.WarnContext(ctx, "a message was not sent: the pool's function has no trigger for it", "message", m)
		return
	}
	if err := s.Sender.Send(context.WithoutCancel(ctx), m); err != nil {
		s.Log.ErrorContext(ctx, "a message was not sent", "message", m, "error", err)
	}
}

// Wait returns when all messages of SendInBackground are sent. Do not send others at the same time.
func (s *Service) Wait() { s.background.Wait() }

// SendDecoy takes the time that SendInBackground takes before it returns, and sends no message. See DecoySender.
func (s *Service) SendDecoy(ctx context.Context, pool *cognate.UserPool, m Message) {
	if !hasSendTrigger(pool) {
		_ = SendDecoy(context.WithoutCancel(ctx), s.Sender, m) // the caller of SendInBackground sees no failure either
	}
}

// call returns the data for the functions. The user in it has the contact that the message goes to: a custom sender has no
// other destination, and an unverified new contact is not stored in the user yet.
func (n *Notification) call() trigger.Call {
	user := *n.User
	user.Attributes = make(map[string]string)
	maps.Copy(user.Attributes, n.User.Attributes)
	maps.Copy(user.Attributes, n.facts)
	user.Attributes[AttributeOf(n.Medium)] = n.Destination
	return trigger.Call{ClientRequest: n.ClientRequest, User: &user, HasLink: n.Link != ""}
}

// encryptedCode returns the code that a custom sender gets encrypted. It is empty for a message that gives the sender facts.
func (n *Notification) encryptedCode() string {
	if n.facts != nil {
		return ""
	}
	return n.Code
}

// withTexts returns the message with other texts.
func (m *Message) withTexts(t trigger.Texts) Message {
	out := *m
	body := t.Email
	if m.Medium == api.DeliveryMediumTypeSms {
		body = t.SMS
	}
	if body != "" {
		out.Body = fillLink(fillBody(m.Medium, m.Username, m.Code).Replace(body), m.Link)
	}
	if t.Subject != "" && m.Medium == api.DeliveryMediumTypeEmail {
		out.Subject = oneLine(fill(m.Username, m.Code).Replace(t.Subject))
	}
	return out
}

// hasSendTrigger reports whether the pool has a trigger that is called before a message is sent, which takes time.
func hasSendTrigger(pool *cognate.UserPool) bool {
	return pool.HasTrigger(cognate.TriggerCustomMessage) || pool.HasTrigger(cognate.TriggerCustomEmailSender) ||
		pool.HasTrigger(cognate.TriggerCustomSMSSender)
}
