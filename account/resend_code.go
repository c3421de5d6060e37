package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
)

var (
	errVerifiesNothing  = api.NotAuthorizedException("Cannot resend codes. Auto verification not turned on.")
	errAlreadyConfirmed = api.InvalidParameterException("User is already confirmed.")
	// Assumed: the error and its text.
	errNothingToVerify = api.InvalidParameterException("Cannot resend codes. The user has no attribute that the user pool verifies.")
)

// ResendCode sends an UNCONFIRMED user a new code, in place of the one before. Where the client hides users it answers
// for others, too, as if it had, and does not show what keeps a message from going out: only people who exist get any.
//
// Errors: UserNotFoundException, NotAuthorizedException, InvalidParameterException, LimitExceededException,
// CodeDeliveryFailureException. Source: behaviour §2.8, §4.2; the refusal of a pool that verifies nothing was recorded.
func (u *Users) ResendCode(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, username string) (*api.CodeDeliveryDetailsType, error) {
	if len(pool.AutoVerified) == 0 {
		return nil, errVerifiesNothing
	}
	who, err := u.seek(ctx, pool, username)
	if err != nil {
		return nil, err
	}
	message, err := u.renewCode(ctx, pool, client, who)
	if err != nil {
		return nil, err
	}
	if message == nil {
		return notify.Simulated(pool, u.Passwords.DecoyKey, username), nil
	}
	if err := u.deliver(ctx, *message); err != nil && !client.HidesUsers() {
		return nil, err
	}
	return message.Details(), nil
}

// renewCode counts the request and keeps a new code. It returns the message to send; none where the client must not learn
// that nobody is to have one.
func (u *Users) renewCode(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, who somebody) (*notify.Message, error) {
	var message *notify.Message
	code := codes.New()
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		message = nil
		if err := resendLimit.take(ctx, tx, pool.ID, who.subject, u.Now()); err != nil {
			return err
		}
		user, err := unconfirmed(ctx, tx, pool, client, who)
		if err != nil || user == nil {
			return err
		}
		written, order, err := verification(pool, user, notify.KindResendCode, code)
		if err != nil && client.HidesUsers() {
			u.Log.ErrorContext(ctx, "write message", "pool", pool.ID, "error", err)
			return nil
		}
		if err != nil {
			return err
		}
		message = written
		return codes.Keep(ctx, tx, order, code, u.Now())
	})
	return message, err
}

// unconfirmed returns the user to whom a new code may go; nil where the client must not learn that there is none.
func unconfirmed(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, client *cognate.AppClient, who somebody) (*cognate.User, error) {
	user, err := lock(ctx, tx, pool, who.sub)
	hides := client.HidesUsers()
	switch {
	case errors.Is(err, cognate.ErrUserDoesNotExist) && hides:
		return nil, nil
	case errors.Is(err, cognate.ErrUserDoesNotExist):
		return nil, errUnknownUser
	case err != nil:
		return nil, err
	}
	var refusal error
	switch {
	case !user.Enabled:
		refusal = cognate.ErrUserDisabled
	case user.Status != api.UserStatusTypeUnconfirmed && tellsStatus(pool, client):
		return nil, errAlreadyConfirmed
	case user.Status != api.UserStatusTypeUnconfirmed:
		refusal = errAlreadyConfirmed
	case contactToVerify(pool, user.User) == "":
		refusal = errNothingToVerify
	default:
		return user.User, nil
	}
	if hides {
		return nil, nil
	}
	return nil, refusal
}
