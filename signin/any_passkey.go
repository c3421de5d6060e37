package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/authn/webauthn"
	"cognate/store"
	"cognate/subject"
)

// AnyPasskeyStart begins a sign-in with a passkey that names its user. Only pages have it: the browser offers the user's passkeys
// before the user types a name.
type AnyPasskeyStart struct {
	// Session is the sealed AuthSession of AnyPasskey, and Credential the JSON text of AuthenticationResponseJSON; both are required.
	Session, Credential string
}

// AnyPasskey returns what a browser needs to offer the passkeys of any user of the pool: the JSON text of
// PublicKeyCredentialRequestOptionsJSON, which names no passkey, and the sealed AuthSession for AnyPasskeyStart.
func (e *Engine) AnyPasskey(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient) (options, session string, err error) {
	party, err := e.Passkeys.Party(ctx, pool)
	if err != nil {
		return "", "", err
	}
	opened := &cognate.AuthSession{
		ID: rand.Text(), PoolID: pool.ID, ClientID: client.ID, Step: cognate.StepAnyPasskey, Challenge: webauthn.NewChallenge(),
		Expires: e.Now().Add(cognate.SignInWindow), Page: true,
	}
	if session, err = e.Sessions.Seal(opened); err != nil {
		return "", "", err
	}
	text, err := party.RequestOptions(opened.Challenge, nil)
	return string(text), session, err
}

func (AnyPasskeyStart) allow(a *Attempt) error {
	if !a.Page {
		return errWrongOperation
	}
	return nil
}

// begin finds the user by the handle in the passkey. An unknown handle gets the error of a wrong passkey: a handle is as secret
// as a sub, so it shows nothing about usernames.
func (s AnyPasskeyStart) begin(ctx context.Context, e *Engine, c call) (*Outcome, error) {
	if err := c.complete(s.Session, s.Credential); err != nil {
		return nil, err
	}
	session, err := e.Sessions.Open(s.Session, cognate.StepAnyPasskey)
	if err != nil {
		return nil, err
	}
	if session.PoolID != c.Pool.ID || session.ClientID != c.Client.ID {
		return nil, api.ErrInvalidSession
	}
	used, err := webauthn.ParseAssertion([]byte(s.Credential))
	if err != nil {
		return nil, errMalformedPasskey
	}
	user, err := e.Store.User(ctx, c.Pool.ID, string(used.UserHandle))
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrWrongPasskey
	}
	if err != nil {
		return nil, err
	}
	c.Username = user.Username
	sub := e.Subjects.Known(c.Pool, c.Client, user.Username, user)
	if err := e.Triggers.PreAuthentication(ctx, c.event(sub)); err != nil {
		return nil, err
	}
	if !slices.Contains(c.canBeginWith(sub), api.ChallengeNameTypeWebAuthn) {
		return nil, ErrWrongPasskey
	}
	session.Sub, session.Username, session.Stamp = user.Sub, user.Username, user.Stamp
	return e.settlePasskey(ctx, c, sub, session, used)
}

// settlePasskey checks the use of a passkey for the challenge of an AuthSession.
func (e *Engine) settlePasskey(ctx context.Context, c call, sub subject.Subject, session *cognate.AuthSession, used *webauthn.Assertion) (*Outcome, error) {
	registered, err := e.Passkeys.OfSubject(ctx, c.Pool, sub)
	if err != nil {
		return nil, err
	}
	known, count, wrong := registered.Check(sub.Profile(), session.Challenge, used)
	t := &step{call: c, subject: sub, session: session}
	t.prove = func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
		if wrong != nil || sub.User() == nil {
			return nil, wrongGuess{ErrWrongPasskey}
		}
		return e.spendPasskey(ctx, tx, t, now, known, count)
	}
	t.proves = passkeyMethods(c.Pool, known)
	t.next = func(now *cognate.User) decision {
		if now.PasskeySuffices(c.Pool) {
			return issueTokens{}
		}
		return nextFactor(c.Pool, now)
	}
	return e.settle(ctx, t)
}
