package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/codes"
	"cognate/store"
	"cognate/throttle"
	"cognate/trigger"
)

// What answers to codes are told (docs/behaviour.md §4.2).
var (
	errCodeMismatch = api.CodeMismatchException("Invalid verification code provided, please try again.")
	errCodeExpired  = api.ExpiredCodeException("Invalid code provided, please request a code again.")
	// Assumed: the text after too many wrong codes.
	errCodeExhausted = api.TooManyFailedAttemptsException("Too many wrong codes, please request a code again.")
)

func errCantConfirm(user *cognate.User) error {
	return api.NotAuthorizedException("User cannot be confirmed. Current status is " + string(user.Status))
}

// errAliasConfirmed is what ConfirmSignUp alone says of an alias that is another's.
func errAliasConfirmed(attribute string) error {
	return api.AliasExistsException("An account with the " + attribute + " already exists.")
}

// Confirmation is an answer to a sign-up's code. The client's secret hash has been checked.
type Confirmation struct {
	Pool     *cognate.UserPool
	Client   *cognate.AppClient
	Username string
	Code     string
	// TakeAliases lets the verified contact become this user's alias although it is another's.
	TakeAliases bool
	Metadata    map[string]string // ClientMetadata of the request, for the pool's functions
}

// ConfirmSignUp makes an UNCONFIRMED user CONFIRMED by the code, and the contact that it was sent to verified. Of two
// racing confirmations one succeeds. It returns the user as confirmed. Where the client hides users, a name that is
// nobody's is answered as if its code was wrong, and counted likewise.
//
// Errors: UserNotFoundException, NotAuthorizedException, CodeMismatchException, ExpiredCodeException,
// TooManyFailedAttemptsException, LimitExceededException, AliasExistsException; those of the trigger PostConfirmation, in
// spite of which the user is confirmed. Source: docs/behaviour.md §2.8, §4.2.
func (u *Service) ConfirmSignUp(ctx context.Context, c *Confirmation) (*cognate.User, error) {
	who, err := u.seek(ctx, c.Pool, c.Username)
	if err != nil {
		return nil, err
	}
	var user *store.LockedUser
	err = u.Store.Write(ctx, func(tx *store.Tx) error {
		err := u.Limits.Take(ctx, tx, throttle.ConfirmSignUp, c.Pool.ID, who.subject, u.Now())
		if err != nil {
			return err
		}
		user, err = u.prove(ctx, tx, c, who)
		if err != nil {
			return err
		}
		user.Status = api.UserStatusTypeConfirmed
		user.Stamp++
		return u.save(ctx, tx, c.Pool, user, c.TakeAliases)
	})
	switch err = audit.Changed(ctx, audit.UserConfirmed, err); {
	case errors.Is(err, store.ErrAliasTaken):
		return nil, u.refuseAlias(ctx, c.Pool, user.User, errAliasConfirmed)
	case err != nil:
		return nil, err
	}
	o := &triggerContext{pool: c.Pool, user: user.User, client: c.Client, metadata: c.Metadata}
	return user.User, u.postConfirmation(ctx, o, trigger.PostConfirmationConfirmSignUp)
}

// prove locks the user, spends the code and marks its contact as verified.
func (u *Service) prove(ctx context.Context, tx *store.Tx, c *Confirmation, who somebody) (*store.LockedUser, error) {
	user, err := LockUser(ctx, tx, c.Pool.ID, who.sub, api.ErrUserDoesNotExist)
	if errors.Is(err, api.ErrUserDoesNotExist) && !c.Client.HidesUsers() {
		return nil, errUnknownUser
	}
	if err == nil {
		err = confirmable(c.Pool, c.Client, user.User)
	}
	if err != nil && !errors.Is(err, api.ErrUserDoesNotExist) {
		return nil, err
	}
	// For nobody, too: it finds no code, in about the time that it takes to find one.
	proof, err := codes.Consume(ctx, tx, codes.Answer{PoolID: c.Pool.ID, Sub: who.sub, Purpose: codes.SignUp, Code: c.Code}, u.Now())
	if err != nil {
		return nil, refuseCode(c.Client, err)
	}
	if user.Attributes[proof.Attribute] != proof.Destination { // changed since by an administrator
		return nil, refuseCode(c.Client, codes.ErrNone)
	}
	user.Attributes[proof.Attribute+verifiedSuffix] = "true"
	return user, nil
}

// confirmable refuses a user whom no code can confirm, in the terms that the client lets strangers see.
func confirmable(pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User) error {
	switch {
	case !user.Enabled && client.HidesUsers():
		return store.CommitWith(errCodeMismatch)
	case !user.Enabled:
		return api.ErrUserDisabled
	case user.Status == api.UserStatusTypeUnconfirmed:
		return nil
	case tellsStatus(pool, client):
		return errCantConfirm(user)
	default:
		return store.CommitWith(errCodeMismatch)
	}
}

// refuseCode says what became of a code. A client that hides users gets one answer for every wrong code, with or without
// a user and whatever state that user's code is in; only who knows the right one learns that it is too late for it.
func refuseCode(client *cognate.AppClient, err error) error {
	hides := client.HidesUsers()
	switch {
	case errors.Is(err, codes.ErrLate):
		return store.CommitWith(errCodeExpired)
	case errors.Is(err, codes.ErrMismatch), hides && (errors.Is(err, codes.ErrNone) || errors.Is(err, codes.ErrExhausted)):
		return store.CommitWith(errCodeMismatch)
	case errors.Is(err, codes.ErrNone):
		return store.CommitWith(errCodeExpired)
	case errors.Is(err, codes.ErrExhausted):
		return store.CommitWith(errCodeExhausted)
	default:
		return err
	}
}

// AdminConfirmSignUp makes an UNCONFIRMED user CONFIRMED without a code, and verifies nothing.
// Errors: api.ErrUserDoesNotExist, NotAuthorizedException (docs/behaviour.md §4.2); those of the trigger PostConfirmation, in
// spite of which the user is confirmed.
func (u *Service) AdminConfirmSignUp(ctx context.Context, pool *cognate.UserPool, sub string, metadata map[string]string) error {
	user, err := u.change(ctx, pool, sub, func(tx *store.Tx, user *cognate.User) error {
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
	o := &triggerContext{pool: pool, user: user, metadata: metadata}
	return u.postConfirmation(ctx, o, trigger.PostConfirmationConfirmSignUp)
}
