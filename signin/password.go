package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// maxStale bounds how often a sign-in starts over because its user was changed meanwhile.
const maxStale = 3

// startPassword begins a sign-in with the password in the request.
func (e *Engine) startPassword(ctx context.Context, r *Request) (*Outcome, error) {
	username, err := parameter(r.Parameters, "USERNAME")
	if err != nil {
		return nil, err
	}
	password, err := parameter(r.Parameters, "PASSWORD")
	if err != nil {
		return nil, err
	}
	if err := r.Client.RequireSecretHash(username, r.Parameters["SECRET_HASH"]); err != nil {
		return nil, err
	}
	for range maxStale {
		outcome, err := e.tryPassword(ctx, r, username, password)
		if !errors.Is(err, errStale) {
			return outcome, err
		}
	}
	return nil, cognate.ErrIncorrectPassword
}

func (e *Engine) tryPassword(ctx context.Context, r *Request, username, password string) (*Outcome, error) {
	user, err := e.find(ctx, r.Pool, username)
	if err != nil {
		return nil, err
	}
	if !r.Client.HidesUsers() {
		if err := knownState(user); err != nil {
			return nil, err
		}
	}
	right, err := e.Passwords.Check(ctx, r.Pool, user, password)
	if err != nil {
		return nil, err
	}
	return e.settle(ctx, &turn{
		pool: r.Pool, client: r.Client, user: user, login: username,
		prove: e.passwordProof(right),
	})
}

// passwordProof admits a user whose password was right, if the account's state lets anybody in. Under
// PreventUserExistenceErrors this is also the first time that the state shows: only who knows the password may see it.
func (e *Engine) passwordProof(right bool) func(context.Context, *store.Tx, *cognate.User) (*cognate.User, error) {
	return func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
		if !right {
			return nil, wrongGuess{cognate.ErrIncorrectPassword}
		}
		if err := knownState(now); err != nil {
			return nil, err
		}
		if now.Status == api.UserStatusTypeForceChangePassword && !now.TemporaryUntil.IsZero() && !e.Now().Before(now.TemporaryUntil) {
			return nil, cognate.ErrTemporaryExpired
		}
		return now, nil
	}
}

// knownState refuses a user who can't sign in whatever the password; nil is nobody.
func knownState(user *cognate.User) error {
	switch {
	case user == nil:
		return cognate.ErrUserDoesNotExist
	case !user.Enabled:
		return cognate.ErrUserDisabled
	}
	switch user.Status {
	case api.UserStatusTypeConfirmed, api.UserStatusTypeForceChangePassword:
		return nil
	case api.UserStatusTypeUnconfirmed:
		return cognate.ErrUserNotConfirmed
	case api.UserStatusTypeResetRequired:
		return cognate.ErrPasswordMustReset
	default: // a federated user, or a state that has no password sign-in
		return cognate.ErrIncorrectPassword
	}
}
