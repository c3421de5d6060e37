package signin

import (
	"context"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/subject"
)

// A new user can sign in without another factor: SignUp returns an AuthSession, ConfirmSignUp takes it with the code and
// returns the next one, and InitiateAuth takes that one instead of the first factor (continueSignUp).
// Source: API reference, InitiateAuth (Session); docs/behaviour.md §2.5.

// SignedUp returns the sealed AuthSession that SignUp returns for an unconfirmed user; empty if the client has no choice-based
// sign-in that could take it.
func (e *Engine) SignedUp(client *cognate.AppClient, user *cognate.User) (string, error) {
	return e.sealSignUp(client, user, cognate.StepSigningUp)
}

// SignedUpOnPage is SignedUp for a page, where all clients have the sign-in that takes the AuthSession.
func (e *Engine) SignedUpOnPage(client *cognate.AppClient, user *cognate.User) (string, error) {
	return e.sealOnPage(client, user, cognate.StepSigningUp)
}

// ConfirmedOnPage returns the sealed AuthSession with which a user whose browser has signed up starts a sign-in on a page.
func (e *Engine) ConfirmedOnPage(client *cognate.AppClient, user *cognate.User) (string, error) {
	return e.sealOnPage(client, user, cognate.StepSignedUp)
}

func (e *Engine) sealOnPage(client *cognate.AppClient, user *cognate.User, step cognate.Step) (string, error) {
	session := e.Sessions.New(client, user, step)
	session.Page = true
	return e.Sessions.Seal(session)
}

// OpenSignUp opens the AuthSession that SignUp returned. It returns nil if text is empty.
// Errors: api.ErrInvalidSession, api.ErrSessionExpired.
func (e *Engine) OpenSignUp(client *cognate.AppClient, text string) (*cognate.AuthSession, error) {
	if text == "" {
		return nil, nil
	}
	session, err := e.Sessions.Open(text, cognate.StepSigningUp)
	if err != nil {
		return nil, err
	}
	if session.ClientID != client.ID || session.PoolID != client.PoolID {
		return nil, api.ErrInvalidSession
	}
	return session, nil
}

// Confirmed returns the sealed AuthSession with which a confirmed user starts a sign-in. It is empty if the client has no choice-based
// sign-in. It is also empty if session, which may be nil, is not of that user, unless the confirmation code is a first factor.
func (e *Engine) Confirmed(pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User, session *cognate.AuthSession) (string, error) {
	if (session == nil || session.Sub != user.Sub) && !codeSignsIn(pool, user) {
		return "", nil
	}
	return e.sealSignUp(client, user, cognate.StepSignedUp)
}

func (e *Engine) sealSignUp(client *cognate.AppClient, user *cognate.User, step cognate.Step) (string, error) {
	if !client.Allows(api.ExplicitAuthFlowsTypeAllowUserAuth) {
		return "", nil
	}
	return e.Sessions.Seal(e.Sessions.New(client, user, step))
}

// codeSignsIn reports whether a confirmation code proves as much as a code that starts a sign-in: both show that the user
// reads what is sent to the same destination. ConfirmSignUp then needs no AuthSession of SignUp, which some clients do not
// keep: Amplify sends none to ConfirmSignUp and expects one back.
func codeSignsIn(pool *cognate.UserPool, user *cognate.User) bool {
	return slices.ContainsFunc(user.FirstChallenges(pool), func(c api.ChallengeNameType) bool {
		return c == api.ChallengeNameTypeEmailOtp || c == api.ChallengeNameTypeSmsOtp
	})
}

// continueSignUp signs in a user who has just confirmed the sign-up. The sealed AuthSession is the one that ConfirmSignUp
// returned; it replaces the first factor. Source: docs/behaviour.md §2.5.
func (e *Engine) continueSignUp(ctx context.Context, c call, sub subject.Subject, sealed string) (*Outcome, error) {
	session, owner, err := e.open(ctx, &answer{call: c, session: sealed}, cognate.StepSignedUp)
	if err != nil {
		return nil, err
	}
	if owner.Sub() != sub.Sub() {
		return nil, api.ErrInvalidSession
	}
	return e.settle(ctx, &step{
		call: c, subject: owner, session: session,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			return now, knownState(now)
		},
	})
}
