package signin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/tokens"
)

// Outcome is what a request of a sign-in leads to: the next challenge, or tokens, or an SSO session on a page.
type Outcome struct {
	Tokens    *tokens.Set // nil with a challenge, and on a page
	SSO       *SSO        // nil with a challenge, and without a page
	Challenge Challenge   // nil at the end of the sign-in
	// Session is the sealed AuthSession to answer the challenge with. It is empty at the end, and with
	// PasswordVerifierChallenge, whose SecretBlock has its place.
	Session string
	// UserIDForSRP is the username, by which the client makes SRP proofs (USER_ID_FOR_SRP). It is empty at the end, and with
	// challenges before which the client has learned the username, or has chosen.
	UserIDForSRP string
	// Available are the challenges that the user can choose among to begin a choice-based sign-in; nil in other sign-ins.
	Available []api.ChallengeNameType
}

// Challenge is what the user must answer next, one type for each: ChoiceChallenge, PasswordChallenge, PasswordSRPChallenge,
// PasswordVerifierChallenge, SMSOTPChallenge, EmailOTPChallenge, PasskeyChallenge, CustomChallenge, NewPasswordChallenge,
// SelectMFAChallenge, MFASetupChallenge, SoftwareTokenChallenge, SMSMFAChallenge, DeviceSRPChallenge or
// DeviceVerifierChallenge.
// Source: API reference, InitiateAuth (ChallengeName); docs/behaviour.md §1.7.
type Challenge interface{ isChallenge() }

// challenge seals the AuthSession of the next challenge, makes the challenge and sends its code, if it has one.
func (e *Engine) challenge(ctx context.Context, t *step, s *result, next ask) (*Outcome, error) {
	session, err := e.Sessions.Seal(s.session)
	if err != nil {
		return nil, err
	}
	challenge, err := e.makeChallenge(ctx, t, s, next)
	if err != nil {
		return nil, err
	}
	outcome := &Outcome{Challenge: challenge, Session: session, Available: next.available}
	if namesUser(t, next.step) {
		outcome.UserIDForSRP = s.user.Username
	}
	return outcome, nil
}

// namesUser reports whether the outcome has UserIDForSRP. After a password the service names the user; after SRP and after a
// choice the client knows the username. Source: docs/behaviour.md §1.7.
// Assumed: a second factor after SRP, after a choice or after a new password has no USER_ID_FOR_SRP.
func namesUser(t *step, next cognate.Step) bool {
	return t.session == nil && !next.IsFirst() || next == cognate.StepSetup || next == cognate.StepNewPassword
}

// makeChallenge makes the challenge of a step, and sends its code, if it has one. Errors: errUndecided for a step that is no
// challenge of settle; those of the message's sender.
func (e *Engine) makeChallenge(ctx context.Context, t *step, s *result, next ask) (Challenge, error) {
	if sent, ok := sentCodes[next.step]; ok {
		delivery, err := e.send(ctx, t, s, next)
		return sent.challenge(delivery), err
	}
	switch next.step {
	case cognate.StepSelectChallenge:
		return ChoiceChallenge{}, nil
	case cognate.StepFirstPassword:
		return PasswordChallenge{}, nil
	case cognate.StepFirstPasswordSRP:
		return PasswordSRPChallenge{}, nil
	case cognate.StepFirstPasskey:
		return e.passkeyChallenge(ctx, t, s)
	case cognate.StepCustom:
		return CustomChallenge{Username: t.subject.Username(), Parameters: next.public}, nil
	case cognate.StepNewPassword:
		return newPasswordChallenge(t.Pool, t.Client, s.user), nil
	case cognate.StepSelectMFA:
		return SelectMFAChallenge{Factors: next.factors}, nil
	case cognate.StepSetup:
		return MFASetupChallenge{Factors: next.factors}, nil
	case cognate.StepSoftwareToken:
		return softwareTokenChallenge(s.user), nil
	case cognate.StepDeviceSRP:
		return DeviceSRPChallenge{}, nil
	default:
		return nil, errUndecided
	}
}
