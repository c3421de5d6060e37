package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/trigger"
)

// triggerContext is what the events of a pool's triggers contain about a message or a change: the request and the user.
type triggerContext struct {
	cognate.ClientRequest
	user *cognate.User
}

func (c *triggerContext) notification(m notify.Message) *notify.Notification {
	return &notify.Notification{ClientRequest: c.ClientRequest, Message: m, User: c.user}
}

// postConfirmation calls the trigger PostConfirmation after a change is committed, even if the client has closed the
// connection. An error of the function is returned, but the change stays (docs/behaviour.md §6.4).
func (u *Service) postConfirmation(ctx context.Context, c *triggerContext, source string) error {
	return u.Triggers.PostConfirmation(context.WithoutCancel(ctx), trigger.Call{ClientRequest: c.ClientRequest, User: c.user}, source)
}

// deliver sends a message after its transaction is committed, even if the client has closed the connection. After an error
// the stored code stays, and can be sent again. Errors: CodeDeliveryFailureException, those of the pool's functions.
// Assumed: the text of CodeDeliveryFailureException. If CustomMessage fails or the message cannot be sent, the stored changes
// stay (docs/behaviour.md §4.6).
func (u *Service) deliver(ctx context.Context, n *notify.Notification) error {
	ctx = context.WithoutCancel(ctx)
	err := u.Notify.Send(ctx, n)
	if err == nil {
		return nil
	}
	u.Log.ErrorContext(ctx, "a message was not sent", "message", n.Message, "error", err)
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		return refusal
	}
	return api.CodeDeliveryFailureException("The message could not be delivered.")
}

// deliverAll sends all messages. It returns the last error.
func (u *Service) deliverAll(ctx context.Context, c *triggerContext, messages []notify.Message) error {
	var failed error
	for _, m := range messages {
		if err := u.deliver(ctx, c.notification(m)); err != nil {
			failed = err
		}
	}
	return failed
}

// errUndelivered matches a failed delivery. The operations of administrators on users do not declare this error.
var errUndelivered = &api.Error{Code: api.CodeCodeDeliveryFailureException}

// adminError returns the error that an administrator gets after a message could not be sent: nil for a failed delivery.
func adminError(err error) error {
	if errors.Is(err, errUndelivered) {
		return nil // deliver has logged it; the administrator can send the message again
	}
	return err
}
