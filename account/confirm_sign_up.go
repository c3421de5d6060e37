package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/codes"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
	"cognate/trigger"
)

// The errors of confirmation codes (docs/behaviour.md §4.2).
var (
	errCodeMismatch = api.CodeMismatchException("Invalid verification code provided, please try again.")
	errCodeExpired  = api.ExpiredCodeException("Invalid code provided, please request a code again.")
	// Assumed: the text after too many wrong codes.
	errCodeExhausted = api.TooManyFailedAttemptsException("Too many wrong codes, please request a code again.")
)

func errCantConfirm(user *cognate.User) error {
	return api.NotAuthorizedException("User cannot be confirmed. Current status is " + string(user.Status))
}

// IsAlreadyConfirmed reports whether err is the error of ConfirmSignUp for a user who is confirmed already.
func IsAlreadyConfirmed(err error) bool {
	return errors.Is(err, errCantConfirm(&cognate.User{Status: api.UserStatusTypeConfirmed}))
}

// errAliasConfirmed is the error of ConfirmSignUp for an alias of another user.
func errAliasConfirmed(attribute string) error {
	return api.AliasExistsException("An account with the " + attribute + " already exists.")
}

// Confirmation is a request to confirm a sign-up with its code. The client's secret hash has been checked.
type Confirmation struct {
	cognate.ClientRequest
	Username string
	Code     string
	// TakeAliases makes the verified contact an alias of this user even if it is an alias of another user.
	TakeAliases bool
	// OnPage says that a page sends the request.
	OnPage bool
}

// ConfirmSignUp checks the code, makes the UNCONFIRMED user CONFIRMED, and marks the contact that got the code as verified.
// It returns the user as confirmed. Of two concurrent confirmations one succeeds. If the client hides users, an unknown
// name gets the same error as a wrong code, and is counted in the same way.
//
// Errors: UserNotFoundException, NotAuthorizedException, CodeMismatchException, ExpiredCodeException,
// TooManyFailedAttemptsException, LimitExceededException, AliasExistsException; those of the trigger PostConfirmation, after
// which the user is confirmed all the same. Source: docs/behaviour.md §2.8, §4.2.
func (u *Service) ConfirmSignUp(ctx context.Context, c *Confirmation) (*cognate.User, error) {
	sub, err := u.Subjects.Find(ctx, c.Pool, c.Client, c.Username)
	if err != nil {
		return nil, err
	}
	var user *store.LockedUser
	err = u.Store.Write(ctx, func(tx *store.Tx) error {
		err := u.Limits.Take(ctx, tx, throttle.ConfirmSignUp, c.Pool.ID, sub.ThrottleKey(), u.Now())
		if err != nil {
			return err
		}
		user, err = u.consumeSignUpCode(ctx, tx, c, sub)
		if err != nil {
			return err
		}
		user.Status = api.UserStatusTypeConfirmed
		user.Stamp++
		if !c.TakeAliases {
			return u.save(ctx, tx, c.Pool, user)
		}
		user.Modified = u.Now()
		return tx.SaveUserTakingAliases(ctx, c.Pool, user)
	})
	switch err = audit.Changed(ctx, audit.UserConfirmed, err); {
	case errors.Is(err, store.ErrAliasTaken):
		return nil, u.refuseAlias(ctx, c.Pool, user.User, errAliasConfirmed)
	case err != nil:
		return nil, err
	}
	tc := &triggerContext{c.ClientRequest, user.User}
	return user.User, u.postConfirmation(ctx, tc, trigger.PostConfirmationConfirmSignUp)
}

// consumeSignUpCode locks the user, consumes the code and marks its contact as verified.
func (u *Service) consumeSignUpCode(ctx context.Context, tx *store.Tx, c *Confirmation, sub subject.Subject) (*store.LockedUser, error) {
	user, refusal := LockUser(ctx, tx, c.Pool.ID, sub.Sub(), errUnknownUser)
	if refusal == nil {
		refusal = requireConfirmable(user.User)
	}
	isConfirmed := refusal != nil && user != nil && user.Enabled
	if refusal != nil && (!sub.Hides(refusal) || isConfirmed && showsStatus(c.Pool, sub, c.OnPage)) {
		return nil, refusal
	}
	answer := codes.Answer{PoolID: c.Pool.ID, Sub: sub.Sub(), Recipient: sub.Recipient(), Purpose: codes.SignUp, Code: c.Code}
	if refusal != nil {
		answer.Code = "" // counts like a wrong code, in the same time, and consumes no code
	}
	proof, err := codes.Consume(ctx, tx, u.Limits, answer, u.Now())
	if err != nil {
		return nil, refuseCode(sub, err)
	}
	if refusal != nil || user.Attributes[proof.Attribute] != proof.Destination { // an administrator changed the contact
		return nil, refuseCode(sub, codes.ErrNone)
	}
	user.SetVerified(proof.Attribute, true)
	return user, nil
}

// requireConfirmable refuses a user whom a code cannot confirm. Errors: api.ErrUserDisabled; errCantConfirm.
func requireConfirmable(user *cognate.User) error {
	switch {
	case !user.Enabled:
		return api.ErrUserDisabled
	case user.Status != api.UserStatusTypeUnconfirmed:
		return errCantConfirm(user)
	default:
		return nil
	}
}

// refuseCode turns an error of package codes into an API error. A client that hides users gets the same error for every
// wrong code, for users and decoys, in every state of the user's code. Only the right code shows that it has expired.
func refuseCode(sub subject.Subject, err error) error {
	var shown error
	switch {
	case errors.Is(err, codes.ErrLate):
		return store.CommitWith(errCodeExpired)
	case errors.Is(err, codes.ErrMismatch):
		return store.CommitWith(errCodeMismatch)
	case errors.Is(err, codes.ErrNone):
		shown = errCodeExpired
	case errors.Is(err, codes.ErrExhausted):
		shown = errCodeExhausted
	default:
		return err
	}
	if sub.Hides(shown) {
		shown = errCodeMismatch
	}
	return store.CommitWith(shown)
}

// AdminConfirmSignUp makes an UNCONFIRMED user CONFIRMED without a code. It does not mark any contact as verified.
// Errors: api.ErrUserDoesNotExist, NotAuthorizedException (docs/behaviour.md §4.2); those of the trigger PostConfirmation,
// after which the user is confirmed all the same.
func (u *Service) AdminConfirmSignUp(ctx context.Context, pool *cognate.UserPool, sub string, metadata map[string]string) error {
	user, err := u.change(ctx, pool, sub, func(tx *store.Tx, locked *store.LockedUser) error {
		user := locked.User
		if user.Status != api.UserStatusTypeUnconfirmed {
			return errCantConfirm(user)
		}
		user.Status = api.UserStatusTypeConfirmed
		user.Stamp++
		return codes.Drop(ctx, tx, pool.ID, sub, codes.SignUp)
	})
	if err := audit.Changed(ctx, audit.UserConfirmed, err); err != nil {
		return err
	}
	tc := &triggerContext{cognate.ClientRequest{Pool: pool, Metadata: metadata}, user}
	return u.postConfirmation(ctx, tc, trigger.PostConfirmationConfirmSignUp)
}
