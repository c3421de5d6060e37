package account

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
	"cognate/subject"
)

// requestedCode is the message of a request for a code by a client that is not authenticated.
type requestedCode struct {
	// message has the destination that the client sees.
	message notify.Message
	// notification sends the message; nil if it is not sent, and the client must not learn that.
	notification *notify.Notification
}

// sendRequested sends the message and returns the details that the client may see. If it sends no message, it takes the same
// time as sending one in the background.
func (u *Service) sendRequested(ctx context.Context, pool *cognate.UserPool, sub subject.Subject, r *requestedCode) (*api.CodeDeliveryDetailsType, error) {
	switch {
	case r.notification == nil:
		u.Notify.SendDecoy(ctx, pool, r.message)
	case !sub.ShowsExistence():
		u.Notify.SendInBackground(ctx, r.notification)
	default:
		if err := u.deliver(ctx, r.notification); err != nil {
			return nil, err
		}
	}
	shown := r.message
	shown.Destination = sub.ShownDestination(shown.Destination)
	return shown.Details(), nil
}

// withheldCode is a code that is not sent: the name is unknown, or the user cannot get it. The client must not learn that.
type withheldCode struct {
	pool    *cognate.UserPool
	subject subject.Subject
	kind    notify.Kind
	purpose codes.Purpose
	contact string // attribute to which the code would go
	link    notify.Link
}

// withhold does the work of saving and writing a code, and returns a message that is not sent. Its destination is the
// user's, if the user has one: it must not change when the state of the user, or a limit, keeps the message back.
func (u *Service) withhold(ctx context.Context, tx *store.Tx, w withheldCode) (*requestedCode, error) {
	profile := w.subject.Profile()
	value := profile.Attributes[w.contact]
	if value == "" {
		value = w.subject.DecoyContact(notify.MediumOf(w.contact))
	}
	to := notify.At(w.pool, profile, w.contact, value)
	message, err := notify.Verification(w.pool, w.kind, to, codes.New(), w.link)
	if err != nil { // no user of the pool gets the message
		message = notify.Message{PoolID: w.pool.ID, Medium: to.Medium, Destination: value}
	}
	issue := codes.Issue{
		PoolID: w.pool.ID, Sub: profile.Sub, Recipient: w.subject.Recipient(), Purpose: w.purpose, Attribute: w.contact,
		Destination: value,
	}
	message.Expires = issue.Expires(u.Now())
	err = codes.SaveDecoy(ctx, tx, u.Limits, issue, u.Now())
	if err != nil && !w.subject.Hides(err) {
		return nil, err
	}
	return &requestedCode{message: message}, nil
}
