package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
	"cognate/throttle"
)

var (
	errVerifiesNothing  = api.NotAuthorizedException("Cannot resend codes. Auto verification not turned on.")
	errAlreadyConfirmed = api.InvalidParameterException("User is already confirmed.")
	// Assumed: the type and text of ResendConfirmationCode if the user has no attribute to verify.
	errNothingToVerify = api.InvalidParameterException("Cannot resend codes. The user has no attribute that the user pool verifies.")
)

// Request is what somebody asks of a name, before anything is proven. The client's secret hash has been checked.
type Request struct {
	Pool     *cognate.UserPool
	Client   *cognate.AppClient
	Username string
	Metadata map[string]string // ClientMetadata of the request, for the pool's functions
}

func (r *Request) triggerContext(user *cognate.User) *triggerContext {
	return &triggerContext{pool: r.Pool, user: user, client: r.Client, metadata: r.Metadata}
}

// ResendCode sends an UNCONFIRMED user a new code, in place of the one before. Where the client hides users it answers
// for others, too, as if it had, and does not show what keeps a message from going out: only people who exist get any.
//
// Errors: UserNotFoundException, NotAuthorizedException, InvalidParameterException, LimitExceededException,
// CodeDeliveryFailureException, those of the trigger CustomMessage. Source: docs/behaviour.md §2.8, §4.2; the refusal of a pool that
// verifies nothing was recorded.
func (u *Service) ResendCode(ctx context.Context, r *Request) (*api.CodeDeliveryDetailsType, error) {
	if len(r.Pool.AutoVerified) == 0 {
		return nil, errVerifiesNothing
	}
	who, err := u.seek(ctx, r.Pool, r.Username)
	if err != nil {
		return nil, err
	}
	notification, err := u.renewCode(ctx, r, who)
	if err != nil {
		return nil, err
	}
	if notification == nil {
		return u.sendDecoy(ctx, r.Pool, notify.DecoyDetails(r.Pool, u.Passwords.DecoyKey, r.Username)), nil
	}
	return u.sendAsSeenBy(ctx, r.Client, notification)
}

// sendAsSeenBy sends what somebody asked for without having proven anything, and shows what the client may see of it.
func (u *Service) sendAsSeenBy(ctx context.Context, client *cognate.AppClient, l *notify.Notification) (*api.CodeDeliveryDetailsType, error) {
	if client.HidesUsers() {
		u.Notify.SendInBackground(ctx, l)
	} else if err := u.deliver(ctx, l); err != nil {
		return nil, err
	}
	return l.Details(), nil
}

// renewCode counts the request and keeps a new code. It returns the message to send; none where the client must not learn
// that nobody is to have one.
func (u *Service) renewCode(ctx context.Context, r *Request, who somebody) (*notify.Notification, error) {
	var notification *notify.Notification
	code := codes.New()
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		notification = nil
		if err := u.Limits.Take(ctx, tx, throttle.ResendConfirmationCode, r.Pool.ID, who.subject, u.Now()); err != nil {
			return err
		}
		user, err := unconfirmed(ctx, tx, r.Pool, r.Client, who)
		if err != nil || user == nil {
			return err
		}
		written, order, err := u.verification(r.Pool, user, notify.KindResendCode, code)
		if err == nil {
			err = codes.Save(ctx, tx, u.Limits, order, code, u.Now())
		}
		if _, refused := errors.AsType[*api.Error](err); refused && r.Client.HidesUsers() {
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

// unconfirmed returns the user to whom a new code may go; nil where the client must not learn that there is none.
func unconfirmed(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, client *cognate.AppClient, who somebody) (*cognate.User, error) {
	user, err := LockUser(ctx, tx, pool.ID, who.sub, api.ErrUserDoesNotExist)
	hides := client.HidesUsers()
	switch {
	case errors.Is(err, api.ErrUserDoesNotExist) && hides:
		return nil, nil
	case errors.Is(err, api.ErrUserDoesNotExist):
		return nil, errUnknownUser
	case err != nil:
		return nil, err
	}
	var refusal error
	switch {
	case !user.Enabled:
		refusal = api.ErrUserDisabled
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
