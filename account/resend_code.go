package account

import (
	"context"
	"errors"

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
	// OnPage says that a page sends the request.
	OnPage bool
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
	requested, err := u.renewCode(ctx, r, sub)
	if err != nil {
		return nil, err
	}
	return u.sendRequested(ctx, r.Pool, sub, requested)
}

// renewCode counts the request and stores a new code. It returns the message.
func (u *Service) renewCode(ctx context.Context, r *Request, sub subject.Subject) (*requestedCode, error) {
	link, err := u.Links.Confirmation(ctx, r.Pool, r.Client)
	if err != nil {
		return nil, err
	}
	var requested *requestedCode
	code := codes.New()
	err = u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := u.Limits.Take(ctx, tx, throttle.ResendConfirmationCode, r.Pool.ID, sub.ThrottleKey(), u.Now()); err != nil {
			return err
		}
		user, err := LockUser(ctx, tx, r.Pool.ID, sub.Sub(), errUnknownUser)
		if err == nil {
			err = requireUnconfirmed(r.Pool, user.User)
		}
		if errors.Is(err, errAlreadyConfirmed) && showsStatus(r.Pool, sub, r.OnPage) {
			return err
		}
		if err == nil {
			requested, err = u.saveRenewedCode(ctx, tx, r.triggerContext(user.User), code, link)
		}
		if err == nil {
			return u.record(ctx, tx, &r.ClientRequest, sub, api.EventTypeResendCode, api.EventResponseTypePass)
		}
		if !sub.Hides(err) {
			return err
		}
		if err := u.record(ctx, tx, &r.ClientRequest, sub, api.EventTypeResendCode, api.EventResponseTypeFail); err != nil {
			return err
		}
		requested, err = u.withhold(ctx, tx, withheldCode{
			pool: r.Pool, subject: sub, kind: notify.KindResendCode, purpose: codes.SignUp, contact: shownVerificationContact(r.Pool, sub), link: link,
		})
		return err
	})
	return requested, err
}

// saveRenewedCode stores a new code for an unconfirmed user. Errors: those of the message; TooManyRequestsException.
func (u *Service) saveRenewedCode(ctx context.Context, tx *store.Tx, c *triggerContext, code string, link notify.Link) (*requestedCode, error) {
	message, issue, err := u.verification(c.Pool, c.user, notify.KindResendCode, code, link)
	if err != nil {
		u.Log.ErrorContext(ctx, "a message was not written", "pool", c.Pool.ID, "error", err)
		return nil, err
	}
	if err := codes.Save(ctx, tx, u.Limits, issue, code, u.Now()); err != nil {
		return nil, err
	}
	return &requestedCode{message: *message, notification: c.notification(*message)}, nil
}

// requireUnconfirmed refuses a user who cannot get a new code.
func requireUnconfirmed(pool *cognate.UserPool, user *cognate.User) error {
	switch {
	case !user.Enabled:
		return api.ErrUserDisabled
	case user.Status != api.UserStatusTypeUnconfirmed:
		return errAlreadyConfirmed
	case contactToVerify(pool, user) == "":
		return errNothingToVerify
	default:
		return nil
	}
}

// shownVerificationContact returns the attribute whose value the client sees if no code is sent: the user's contact that the
// pool verifies, or another one, or the decoy's.
func shownVerificationContact(pool *cognate.UserPool, sub subject.Subject) string {
	if user := sub.User(); user != nil {
		if contact := contactToVerify(pool, user); contact != "" {
			return contact
		}
	}
	return notify.AttributeOf(sub.DecoyVerificationMedium())
}
