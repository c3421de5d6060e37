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
	who, err := e.begin(ctx, r, "PASSWORD")
	if err != nil {
		return nil, err
	}
	return e.signInWithPassword(ctx, r.Call, who, r.Parameters["PASSWORD"])
}

// signInWithPassword begins a sign-in by the person's password.
func (e *Engine) signInWithPassword(ctx context.Context, c Call, who *person, password string) (*Outcome, error) {
	for range maxStale {
		outcome, err := e.tryPassword(ctx, &turn{Call: c, who: who}, password)
		if !errors.Is(err, errStale) {
			return outcome, err
		}
		if who, err = e.seek(ctx, c, who.login); err != nil {
			return nil, err
		}
	}
	return nil, api.ErrIncorrectPassword
}

// tryPassword settles a turn by the person's password.
func (e *Engine) tryPassword(ctx context.Context, t *turn, password string) (*Outcome, error) {
	if err := t.shownState(t.who.User); err != nil {
		return nil, err
	}
	right, err := e.Passwords.Check(ctx, t.Pool, t.who.account(), password)
	if err != nil {
		return nil, err
	}
	t.prove = e.passwordProof(t.who, right)
	return e.settle(ctx, t)
}

// passwordProof admits a person whose password was right, if it still is theirs and the account's state lets anybody in.
func (e *Engine) passwordProof(who *person, right bool) func(context.Context, *store.Tx, *cognate.User) (*cognate.User, error) {
	return func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
		if now.Stamp != who.Stamp {
			return nil, errStale
		}
		if !right {
			return nil, wrongGuess{api.ErrIncorrectPassword}
		}
		if err := knownState(now); err != nil {
			return nil, err
		}
		if now.Status == api.UserStatusTypeForceChangePassword && !now.TemporaryUntil.IsZero() && !e.Now().Before(now.TemporaryUntil) {
			return nil, api.ErrTemporaryExpired
		}
		return now, nil
	}
}

// shownState refuses a user who can't sign in before anything is proven, where the client hides no users.
func (c *Call) shownState(user *cognate.User) error {
	if c.Client.HidesUsers() {
		return nil
	}
	return knownState(user)
}

// knownState refuses a user who can't sign in whatever is proven. Under PreventUserExistenceErrors it may be asked only
// once the first factor is proven: only who can prove it may see the state.
func knownState(user *cognate.User) error {
	if !user.Enabled {
		return api.ErrUserDisabled
	}
	switch user.Status {
	case api.UserStatusTypeConfirmed, api.UserStatusTypeForceChangePassword:
		return nil
	case api.UserStatusTypeUnconfirmed:
		return api.ErrUserNotConfirmed
	case api.UserStatusTypeResetRequired:
		return api.ErrPasswordMustReset
	default: // a federated user, or a state that has no password sign-in
		return api.ErrIncorrectPassword
	}
}
