package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/subject"
)

// maxStale limits how often a sign-in starts again because its user was changed meanwhile.
const maxStale = 3

// PasswordStart begins a sign-in with the user's password (USER_PASSWORD_AUTH). Administrators have AdminPasswordStart instead.
// Source: API reference, AdminInitiateAuth (AuthFlow).
type PasswordStart struct {
	Password string // required
}

// PasswordChallenge asks for the password of the user, in a choice-based sign-in (PASSWORD).
type PasswordChallenge struct{}

// PasswordResponse answers a PasswordChallenge.
type PasswordResponse struct {
	Password string // required
}

func (PasswordStart) allow(a *Attempt) error {
	if a.Admin {
		return errWrongOperation
	}
	return a.allowFlow(api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, "USER_PASSWORD_AUTH flow not enabled for this client")
}

func (s PasswordStart) begin(ctx context.Context, e *Engine, c call) (*Outcome, error) {
	return e.beginWithPassword(ctx, &c, s.Password)
}

func (PasswordChallenge) isChallenge() {}

func (r PasswordResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepFirstPassword)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.Password); err != nil {
		return nil, err
	}
	return e.tryPassword(ctx, &step{call: a.call, subject: sub, session: session}, r.Password)
}

// beginWithPassword begins a sign-in with the password in the request.
func (e *Engine) beginWithPassword(ctx context.Context, c *call, password string) (*Outcome, error) {
	if err := c.complete(c.Username, password); err != nil {
		return nil, err
	}
	sub, err := e.begin(ctx, c, password)
	if err != nil {
		return nil, err
	}
	return e.signInWithPassword(ctx, c, sub, password)
}

// signInWithPassword begins a sign-in by the subject's password.
func (e *Engine) signInWithPassword(ctx context.Context, c *call, sub subject.Subject, password string) (*Outcome, error) {
	for range maxStale {
		outcome, err := e.tryPassword(ctx, &step{call: *c, subject: sub}, password)
		if !errors.Is(err, errStale) {
			return outcome, err
		}
		if sub, err = e.findAgain(ctx, c, sub.Login()); err != nil {
			return nil, err
		}
	}
	return nil, api.ErrIncorrectPassword
}

// tryPassword settles a step by the subject's password.
func (e *Engine) tryPassword(ctx context.Context, t *step, password string) (*Outcome, error) {
	if err := shownState(t.subject); err != nil {
		return nil, err
	}
	right, err := e.Passwords.Check(ctx, t.Pool, t.subject.User(), password)
	if err != nil {
		return nil, err
	}
	if right {
		if t.compromise, err = e.lookUp(t, password); err != nil {
			return nil, err
		}
	}
	t.prove, t.proves = e.passwordProof(t.subject, right), cognate.Methods{cognate.MethodPassword}
	if imported := t.subject.Profile().Password.Imported; right && imported != "" {
		own, err := e.Passwords.New(ctx, t.Pool, t.subject.Username(), password)
		if err != nil {
			return nil, err
		}
		t.prove = replaceImported(t, t.prove, imported, own)
	}
	return e.settle(ctx, t)
}

// replaceImported returns a proof that also replaces the imported hash that the password has matched by the pool's own form of
// the same password. The stamp stays, because the password does. Source: docs/behaviour.md §5.7.
func replaceImported(t *step, prove proof, imported string, own cognate.Password) proof {
	return func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
		if _, err := prove(ctx, tx, now); err != nil {
			return nil, err
		}
		user, err := tx.LockUser(ctx, t.Pool.ID, now.Sub)
		if errors.Is(err, store.ErrNotFound) {
			return nil, errStale
		}
		if err != nil {
			return nil, err
		}
		if user.Password.Imported != imported { // another sign-in was first, or the password has changed
			return prove(ctx, tx, user.User)
		}
		user.Password = own
		t.stores = true
		return user.User, tx.SaveUser(ctx, t.Pool, user)
	}
}

// passwordProof returns the proof of a password: it was right, the user has not changed since, and may sign in.
func (e *Engine) passwordProof(sub subject.Subject, right bool) proof {
	return func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
		if now.Stamp != sub.Profile().Stamp {
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

// shownState returns an error for a user who may not sign in, before anything is proven, if the client shows which users exist.
func shownState(sub subject.Subject) error {
	if !sub.ShowsExistence() {
		return nil
	}
	return knownState(sub.Profile())
}

// knownState returns an error for a user who may not sign in. With PreventUserExistenceErrors the caller has proven the first
// factor: no other caller may see the state of the user.
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
