package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/subject"
	"cognate/trigger"
)

// triggerContext is what a pool's functions are told of a message, or of what has happened to a user.
type triggerContext struct {
	cognate.ClientRequest
	user *cognate.User
}

func (c *triggerContext) notification(m notify.Message) *notify.Notification {
	return &notify.Notification{ClientRequest: c.ClientRequest, Message: m, User: c.user}
}

// postConfirmation tells the pool's function of a change that is committed, even if the caller has gone meanwhile. What the
// function thinks of it reaches the caller, and undoes nothing (docs/behaviour.md §6.4).
func (u *Service) postConfirmation(ctx context.Context, c *triggerContext, source string) error {
	return u.Triggers.PostConfirmation(context.WithoutCancel(ctx), trigger.Call{ClientRequest: c.ClientRequest, User: c.user}, source)
}

// deliver sends a message whose transaction is committed: it goes out even if the caller has gone meanwhile.
// Errors: CodeDeliveryFailureException, those of the pool's functions. What was stored stays: the code can be sent again.
// Assumed: the text of CodeDeliveryFailureException. What was stored stays if CustomMessage fails or the message cannot be sent (docs/behaviour.md §4.6).
func (u *Service) deliver(ctx context.Context, n *notify.Notification) error {
	ctx = context.WithoutCancel(ctx)
	err := u.Notify.Send(ctx, n)
	if err == nil {
		return nil
	}
	u.Log.ErrorContext(ctx, "send message", "message", n.Message, "error", err)
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		return refusal
	}
	return api.CodeDeliveryFailureException("The message could not be delivered.")
}

// sendDecoy sends no message, in the time of one that is sent in the background, and returns the details of a decoy's message.
func (u *Service) sendDecoy(ctx context.Context, pool *cognate.UserPool, sub subject.Subject, medium api.DeliveryMediumType) *api.CodeDeliveryDetailsType {
	decoy := notify.Message{PoolID: pool.ID, Medium: medium, Destination: sub.DecoyContact(medium)}
	u.Notify.SendDecoy(ctx, pool, decoy)
	return decoy.Details()
}

// deliverAll sends all messages and reports the failures together as one.
func (u *Service) deliverAll(ctx context.Context, c *triggerContext, messages []notify.Message) error {
	var failed error
	for _, m := range messages {
		if err := u.deliver(ctx, c.notification(m)); err != nil {
			failed = err
		}
	}
	return failed
}

// errUndelivered matches the one failure of a message that operations of administrators on users declare no error for.
var errUndelivered = &api.Error{Code: api.CodeCodeDeliveryFailureException}

// adminError returns what an administrator learns of a message's failure.
func adminError(err error) error {
	if errors.Is(err, errUndelivered) {
		return nil // logged where it failed; another message can be asked for
	}
	return err
}
