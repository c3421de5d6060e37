package signin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/authn/webauthn"
	"cognate/store"
)

// Assumed: the texts for a wrong and for an invalid passkey. The error for a wrong passkey says neither the reason nor the
// passkey's user.
var (
	ErrWrongPasskey     = api.NotAuthorizedException("Incorrect passkey.")
	errMalformedPasskey = api.InvalidParameterException("Invalid passkey credential.")
)

// PasskeyChallenge asks for the use of one of the user's passkeys (WEB_AUTHN).
type PasskeyChallenge struct {
	// Options is the JSON text of PublicKeyCredentialRequestOptionsJSON. Source: Web Authentication Level 3, section 5.1.9.
	Options string
}

// PasskeyResponse answers a PasskeyChallenge.
type PasskeyResponse struct {
	// Credential is the JSON text of AuthenticationResponseJSON; required. Source: Web Authentication Level 3, section 5.1.4.
	Credential string
}

func (PasskeyChallenge) isChallenge() {}

// passkeyChallenge names the passkeys that can answer. Source: docs/behaviour.md §1.7.
func (e *Engine) passkeyChallenge(ctx context.Context, t *step, s *result) (PasskeyChallenge, error) {
	registered, err := e.Passkeys.OfSubject(ctx, t.Pool, t.subject)
	if err != nil {
		return PasskeyChallenge{}, err
	}
	options, err := registered.Options(s.session.Challenge)
	return PasskeyChallenge{Options: string(options)}, err
}

// answer checks the use of a passkey. A wrong one leaves the AuthSession usable and counts towards the lockout; the counter of
// a right one is written in the transaction that spends the AuthSession. Where a passkey suffices, it proves both factors.
func (r PasskeyResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepFirstPasskey)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.Credential); err != nil {
		return nil, err
	}
	used, err := webauthn.ParseAssertion([]byte(r.Credential))
	if err != nil {
		return nil, errMalformedPasskey
	}
	return e.settlePasskey(ctx, a.call, sub, session, used)
}

// passkeyMethods returns what the use of a known passkey proves; nothing if it is unknown.
func passkeyMethods(pool *cognate.UserPool, known *cognate.Credential) cognate.Methods {
	switch {
	case known == nil:
		return nil
	case pool.PasskeysAreMultiFactor():
		return cognate.Methods{known.Method(), cognate.MethodMultiFactor}
	default:
		return cognate.Methods{known.Method()}
	}
}

// spendPasskey checks that a user with a right passkey may sign in, and that the pool still has passkeys. It stores the
// counter. A counter that another request has raised since is a wrong passkey, and so is a passkey that was deleted.
func (e *Engine) spendPasskey(ctx context.Context, tx *store.Tx, t *step, now *cognate.User, known *cognate.Credential, count uint32) (*cognate.User, error) {
	if err := knownState(now); err != nil {
		return nil, err
	}
	if !t.Pool.AllowsFirst(api.AuthFactorTypeWebAuthn) {
		return nil, api.ErrInvalidSession
	}
	advanced, err := tx.UseCredential(ctx, known, count)
	if err != nil {
		return nil, err
	}
	if !advanced {
		return nil, wrongGuess{ErrWrongPasskey}
	}
	return now, nil
}
