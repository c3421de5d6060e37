package signin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/subject"
)

// Response is the answer to a challenge, one type for each: ChoiceResponse, PasswordResponse, PasswordSRPResponse,
// PasswordVerifierResponse, SMSOTPResponse, EmailOTPResponse, PasskeyResponse, CustomResponse, NewPasswordResponse,
// SelectMFAResponse, MFASetupResponse, SetupEmailResponse, SetupSMSResponse, SoftwareTokenResponse, SMSMFAResponse,
// ResendResponse, DeviceSRPResponse or DeviceVerifierResponse.
// Source: API reference, RespondToAuthChallenge (ChallengeName, ChallengeResponses).
type Response interface {
	// answer checks the response and continues the sign-in.
	answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error)
}

// answer is a request that answers a challenge.
type answer struct {
	call
	session string // sealed; empty if the request has none
}

// Answer continues the sign-in whose sealed AuthSession is session, with the response to its challenge. A nil response is
// the answer to a challenge that the engine never asks. It checks in this order: the username is there, the client is
// authentic, the challenge is known, the AuthSession is there and waits for this response, the response is complete and
// right. PasswordVerifierResponse and DeviceVerifierResponse must be complete before the AuthSession is opened.
// Errors: those of the operation RespondToAuthChallenge. Source: docs/behaviour.md §1.7, §1.8.
func (e *Engine) Answer(ctx context.Context, a *Attempt, session string, r Response) (outcome *Outcome, err error) {
	defer func() { e.answered(r, outcome, err) }()
	if err := a.require(a.Username); err != nil {
		return nil, err
	}
	if err := a.authenticate(a.Username, nil); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, api.ErrInvalidSession
	}
	return r.answer(ctx, e, &answer{call: call{Attempt: *a}, session: session})
}

// open returns the AuthSession of an answer and its subject, and copies to the answer what the sign-in has proven. The
// AuthSession must wait at one of the steps and belong to the client and the user of the answer. open reads the user from the
// store.
func (e *Engine) open(ctx context.Context, a *answer, steps ...cognate.Step) (*cognate.AuthSession, subject.Subject, error) {
	if a.session == "" {
		return nil, subject.Subject{}, api.ErrMissingParameter("Session")
	}
	session, err := e.Sessions.Open(a.session, steps...)
	if err != nil {
		return nil, subject.Subject{}, err
	}
	if session.ClientID != a.Client.ID || session.PoolID != a.Pool.ID {
		return nil, subject.Subject{}, api.ErrInvalidSession
	}
	if session.Page != a.Page && session.Step != cognate.StepSignedUp {
		return nil, subject.Subject{}, api.ErrInvalidSession
	}
	a.proven, a.levels, a.grant, a.sso = session.Methods, session.Levels, session.Grant, session.SSOSession
	sub, err := e.Subjects.FindOwner(ctx, a.Pool, a.Client, session, a.Username)
	if err != nil {
		return nil, subject.Subject{}, err
	}
	return session, sub, e.loadCustom(ctx, session)
}
