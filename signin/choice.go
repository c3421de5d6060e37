package signin

import (
	"context"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/subject"
)

// startChoice begins a choice-based sign-in: with the challenge that the client prefers, if the user can begin with it, or
// else with the choice among those that the user has. A challenge whose answer comes along is answered at once. Source:
// docs/behaviour.md §2.5.
func (e *Engine) startChoice(ctx context.Context, r *Request) (*Outcome, error) {
	sub, err := e.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := shownState(sub); err != nil {
		return nil, err
	}
	if r.Session != "" {
		return e.continueSignUp(ctx, r, sub)
	}
	available := sub.FirstChallenges()
	preferred := api.ChallengeNameType(r.Parameters["PREFERRED_CHALLENGE"])
	if !slices.Contains(available, preferred) {
		preferred = api.ChallengeNameTypeSelectChallenge
	}
	return e.choose(ctx, &step{Call: r.Call, subject: sub}, preferred, available, r.Parameters)
}

// choose continues with a challenge that begins a sign-in; what its answer needs may be among given. To choose proves
// nothing, so a decoy can choose too.
func (e *Engine) choose(ctx context.Context, t *step, chosen api.ChallengeNameType, available []api.ChallengeNameType, given map[string]string) (*Outcome, error) {
	var step cognate.Step
	switch chosen {
	case api.ChallengeNameTypePassword:
		if password := given["PASSWORD"]; password != "" {
			return e.choosePassword(ctx, t, password)
		}
		step = cognate.StepFirstPassword
	case api.ChallengeNameTypePasswordSrp:
		if a := given["SRP_A"]; a != "" {
			return e.chooseSRP(ctx, t, a, available)
		}
		step = cognate.StepFirstPasswordSRP
	case api.ChallengeNameTypeEmailOtp:
		step = cognate.StepFirstEmail
	case api.ChallengeNameTypeSmsOtp:
		step = cognate.StepFirstSMS
	case api.ChallengeNameTypeWebAuthn:
		step = cognate.StepFirstPasskey
	default:
		step = cognate.StepSelectChallenge
	}
	t.next = func(*cognate.User) decision { return ask{step: step, available: available} }
	return e.settle(ctx, t)
}

// choosePassword answers the challenge of a password at once.
func (e *Engine) choosePassword(ctx context.Context, t *step, password string) (*Outcome, error) {
	if t.session == nil {
		return e.signInWithPassword(ctx, t.Call, t.subject, password)
	}
	return e.tryPassword(ctx, t, password)
}

// chooseSRP begins an exchange. It spends the Session that led to it: the exchange's block carries on.
func (e *Engine) chooseSRP(ctx context.Context, t *step, srpA string, available []api.ChallengeNameType) (*Outcome, error) {
	begin := func(ctx context.Context, now *cognate.User) (*Outcome, error) {
		outcome, err := e.challengeSRP(ctx, t.callWithDevice(), t.subject.At(now), srpA, nil)
		if err == nil {
			outcome.Available = available
		}
		return outcome, err
	}
	if t.session == nil {
		return begin(ctx, t.subject.Profile())
	}
	t.next = func(*cognate.User) decision { return continueAfter{begin} }
	return e.settle(ctx, t)
}

// answerSelectChallenge goes on with the challenge that the user chose.
func (e *Engine) answerSelectChallenge(ctx context.Context, a *Answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSelectChallenge)
	if err != nil {
		return nil, err
	}
	answer, err := parameter(a.Responses, "ANSWER")
	if err != nil {
		return nil, err
	}
	chosen := api.ChallengeNameType(answer)
	if !slices.Contains(sub.FirstChallenges(), chosen) {
		// Assumed: the text for a challenge that was not offered.
		return nil, api.InvalidParameterException("Invalid challenge selected.")
	}
	return e.choose(ctx, &step{Call: a.Call, subject: sub, session: session}, chosen, nil, a.Responses)
}

// continueSignUp signs a user in who has just confirmed the sign-up: the Session is the one that ConfirmSignUp handed on,
// and it replaces the first factor (docs/behaviour.md §2.5).
func (e *Engine) continueSignUp(ctx context.Context, r *Request, sub subject.Subject) (*Outcome, error) {
	session, owner, err := e.open(ctx, &Answer{Call: r.Call, Session: r.Session, Responses: r.Parameters}, cognate.StepSignedUp)
	if err != nil {
		return nil, err
	}
	if owner.Sub() != sub.Sub() {
		return nil, api.ErrInvalidSession
	}
	return e.settle(ctx, &step{
		Call: r.Call, subject: owner, session: session,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			return now, knownState(now)
		},
	})
}
