package account

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
)

var (
	errVerifiesNothing  = api.NotAuthorizedException("Cannot resend codes. Auto verification not turned on.")
	errAlreadyConfirmed = api.InvalidParameterException("User is already confirmed.")
	// Assumed: the type and text of ResendConfirmationCode if the user has no attribute to verify.
	errNothingToVerify = api.InvalidParameterException("Cannot resend codes. The user has no attribute that the user pool verifies.")
)

// Request is a request of a client that is not authenticated, about the user of a typed name. The client's secret hash has
// been checked.
type Request struct {
	cognate.ClientRequest
	Username string
}

func (r *Request) triggerContext(user *cognate.User) *triggerContext {
	return &triggerContext{r.ClientRequest, user}
}

// ResendCode sends an UNCONFIRMED user a new code, which replaces the previous one. A client that hides users gets the same
// answer for every name, and does not see why no message is sent.
//
// Errors: UserNotFoundException, NotAuthorizedException, InvalidParameterException, LimitExceededException,
// CodeDeliveryFailureException, those of the trigger CustomMessage. Source: docs/behaviour.md §2.8, §4.2; the error for a pool
// that verifies nothing is from a recorded answer of the service.
func (u *Service) ResendCode(ctx context.Context, r *Request) (*api.CodeDeliveryDetailsType, error) {
	if len(r.Pool.AutoVerified) == 0 {
		return nil, errVerifiesNothing
	}
	sub, err := u.Subjects.Find(ctx, r.Pool, r.Client, r.Username)
	if err != nil {
		return nil, err
	}
	notification, err := u.renewCode(ctx, r, sub)
	if err != nil {
		return nil, err
	}
	if notification == nil {
		return u.sendDecoy(ctx, r.Pool, sub, sub.DecoyVerificationMedium()), nil
	}
	return u.sendShown(ctx, sub, notification)
}

// sendShown sends a message for a client that is not authenticated, and returns the details that the client may see.
func (u *Service) sendShown(ctx context.Context, sub subject.Subject, n *notify.Notification) (*api.CodeDeliveryDetailsType, error) {
	if !sub.ShowsExistence() {
		u.Notify.SendInBackground(ctx, n)
	} else if err := u.deliver(ctx, n); err != nil {
		return nil, err
	}
	return n.Details(), nil
}

// renewCode counts the request and stores a new code. It returns the message to send; nil if there is none and the client
// must not learn that.
func (u *Service) renewCode(ctx context.Context, r *Request, sub subject.Subject) (*notify.Notification, error) {
	var notification *notify.Notification
	code := codes.New()
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		notification = nil
		if err := u.Limits.Take(ctx, tx, throttle.ResendConfirmationCode, r.Pool.ID, sub.ThrottleKey(), u.Now()); err != nil {
			return err
		}
		user, err := unconfirmed(ctx, tx, r.Pool, sub)
		if err != nil || user == nil {
			return err
		}
		written, issue, err := u.verification(r.Pool, user, notify.KindResendCode, code)
		if err == nil {
			err = codes.Save(ctx, tx, u.Limits, issue, code, u.Now())
		}
		if sub.Hides(err) {
			u.Log.ErrorContext(ctx, "write message", "pool", r.Pool.ID, "error", err)
			return nil
		}
		if err == nil {
			notification = r.triggerContext(user).notification(*written)
		}
		return err
	})
	return notification, err
}

// unconfirmed returns the user that may get a new code; nil if there is none and the client must not learn that.
func unconfirmed(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, sub subject.Subject) (*cognate.User, error) {
	user, err := LockUser(ctx, tx, pool.ID, sub.Sub(), errUnknownUser)
	switch {
	case err != nil:
	case !user.Enabled:
		err = api.ErrUserDisabled
	case user.Status != api.UserStatusTypeUnconfirmed && showsStatus(pool, sub):
		return nil, errAlreadyConfirmed
	case user.Status != api.UserStatusTypeUnconfirmed:
		err = errAlreadyConfirmed
	case contactToVerify(pool, user.User) == "":
		err = errNothingToVerify
	default:
		return user.User, nil
	}
	if sub.Hides(err) {
		return nil, nil
	}
	return nil, err
}
