package signin

import (
	"context"
	"errors"
	"maps"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/store"
	"cognate/subject"
)

// A custom sign-in asks the pool's functions: DefineAuthChallenge says what comes next, CreateAuthChallenge makes a
// challenge, VerifyAuthChallengeResponse judges the answer. Functions can take long, so the engine calls them between
// transactions: it spends the Session first, and settles the functions' decision as a step of its own, on the user as read
// before.
// Source: docs/behaviour.md §2.6.

var (
	// Assumed: the type for a pool without the functions of custom sign-in.
	errNoCustomAuth = api.InvalidUserPoolConfigurationException("Custom auth lambda trigger is not configured for the user pool.")
	// Assumed: the error if DefineAuthChallenge names no possible next step.
	errNoSuchStep = api.InvalidLambdaResponseException("Unrecognizable lambda output")
)

// maxCustomSteps bounds the history of a custom sign-in, which travels to each function.
// Assumed: a custom sign-in has at most 100 challenges.
const maxCustomSteps = 100

// startCustom begins a custom sign-in; the client may prove a password by SRP first, if the functions want that.
func (e *Engine) startCustom(ctx context.Context, r *Request) (*Outcome, error) {
	for _, t := range []cognate.Trigger{
		cognate.TriggerDefineAuthChallenge, cognate.TriggerCreateAuthChallenge, cognate.TriggerVerifyAuthChallengeResponse,
	} {
		if !r.Pool.HasTrigger(t) {
			return nil, errNoCustomAuth
		}
	}
	custom, err := readCustom(r)
	if err != nil {
		return nil, err
	}
	sub, err := e.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := shownState(sub); err != nil {
		return nil, err
	}
	return e.define(ctx, r.Call, sub, custom)
}

// readCustom reads how a client wants to begin.
func readCustom(r *Request) (*cognate.CustomSignIn, error) {
	custom := new(cognate.CustomSignIn)
	switch challenge := r.Parameters["CHALLENGE_NAME"]; challenge {
	case "":
		return custom, nil
	case "SRP_A":
		var err error
		if custom.SRPA, err = parameter(r.Parameters, "SRP_A"); err != nil {
			return nil, err
		}
		if _, err := srp.ParseA(custom.SRPA); err != nil {
			return nil, errBadSRPA
		}
		return custom.WithResult("SRP_A", true, ""), nil
	default: // Assumed: the text for an unknown CHALLENGE_NAME in CUSTOM_AUTH.
		return nil, api.InvalidParameterException("Unsupported CHALLENGE_NAME: " + challenge)
	}
}

// define calls DefineAuthChallenge and takes the step that it names. The function gets decoys too; a decoy gets no tokens,
// whatever the function answers.
func (e *Engine) define(ctx context.Context, c Call, sub subject.Subject, custom *cognate.CustomSignIn) (*Outcome, error) {
	if len(custom.History) > maxCustomSteps {
		return nil, api.ErrIncorrectPassword
	}
	d, err := e.Triggers.DefineAuthChallenge(ctx, c.event(sub), custom.History)
	if err != nil {
		return nil, err
	}
	next := api.ChallengeNameType(d.ChallengeName)
	c.isFromSession = true // what the answer was sent with is spent: an unknown device can't be taken back
	switch {
	case d.Fail:
		return nil, api.ErrIncorrectPassword
	case d.IssueTokens:
		if err := sub.RequireUser(api.ErrIncorrectPassword); err != nil {
			return nil, err
		}
		return e.settle(ctx, &step{
			Call: c, subject: sub, prove: unchanged(sub),
			next: func(now *cognate.User) decision { return afterCustom(c.Pool, now, custom) },
		})
	case next == api.ChallengeNameTypeCustomChallenge:
		return e.create(ctx, c, sub, custom)
	case next == api.ChallengeNameTypePasswordVerifier && custom.SRPA != "":
		return e.challengeSRP(ctx, c, sub, custom.SRPA, custom)
	case slices.Contains(sub.Profile().SecondFactors(c.Pool), cognate.Factor(next)):
		return e.settle(ctx, &step{
			Call: c, subject: sub, prove: unchanged(sub),
			next: func(*cognate.User) decision { return ask{step: cognate.Step(next), custom: custom} },
		})
	default:
		return nil, errNoSuchStep
	}
}

// unchanged admits a user who has not changed since the functions decided, and who may sign in.
func unchanged(sub subject.Subject) func(context.Context, *store.Tx, *cognate.User) (*cognate.User, error) {
	return func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
		if now.Stamp != sub.Profile().Stamp {
			return nil, api.ErrIncorrectPassword
		}
		return now, knownState(now)
	}
}

// afterCustom decides what comes after the functions' yes: a temporary password is changed and a second factor asked for
// as in any other sign-in, unless the functions had it asked for.
// Assumed: the pool's MFA also holds after custom challenges, unless the functions already requested it.
func afterCustom(pool *cognate.UserPool, user *cognate.User, custom *cognate.CustomSignIn) decision {
	switch {
	case user.Status == api.UserStatusTypeForceChangePassword:
		return ask{step: cognate.StepNewPassword}
	case custom.HasSecondFactor():
		return issueTokens{}
	default:
		return nextFactor(pool, user)
	}
}

// create has a challenge made and hands it out.
func (e *Engine) create(ctx context.Context, c Call, sub subject.Subject, custom *cognate.CustomSignIn) (*Outcome, error) {
	made, err := e.Triggers.CreateAuthChallenge(ctx, c.event(sub), string(api.ChallengeNameTypeCustomChallenge), custom.History)
	if err != nil {
		return nil, err
	}
	parameters := map[string]string{}
	maps.Copy(parameters, made.Public)
	parameters["USERNAME"] = sub.Username()
	waiting := &cognate.CustomSignIn{
		History: custom.History, SRPA: custom.SRPA, Private: made.Private, Metadata: made.Metadata,
	}
	return e.settle(ctx, &step{
		Call: c, subject: sub,
		next: func(*cognate.User) decision {
			return ask{step: cognate.StepCustom, custom: waiting, parameters: parameters}
		},
	})
}

// answerCustom has the answer to a challenge judged. The Session is spent before that, so racing answers get one judgement;
// right or wrong, the functions say what comes next. Their wrong answers don't count towards the lockout (docs/behaviour.md §2.2).
func (e *Engine) answerCustom(ctx context.Context, a *Answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepCustom)
	if err != nil {
		return nil, err
	}
	answer, err := parameter(a.Responses, "ANSWER")
	if err != nil {
		return nil, err
	}
	t := &step{Call: a.Call, subject: sub, session: session}
	judge := func(ctx context.Context, now *cognate.User) (*Outcome, error) {
		sub := sub.At(now)
		right, err := e.Triggers.VerifyAuthChallengeResponse(ctx, a.event(sub), session.Custom.Private, answer)
		if err != nil {
			return nil, err
		}
		return e.define(ctx, t.callWithDevice(), sub, session.Custom.WithResult(api.ChallengeNameTypeCustomChallenge, right, session.Custom.Metadata))
	}
	t.next = func(*cognate.User) decision { return continueAfter{judge} }
	return e.settle(ctx, t)
}

// defineNext lets the functions decide what comes after a right answer to a challenge of the service's own.
func (e *Engine) defineNext(t *step) decision {
	return continueAfter{func(ctx context.Context, now *cognate.User) (*Outcome, error) {
		return e.define(ctx, t.callWithDevice(), t.subject.At(now), t.session.Custom.WithResult(t.session.Step.Challenge(), true, ""))
	}}
}

// keepCustom keeps how far a custom sign-in is, for the Session that continues it.
func keepCustom(ctx context.Context, tx *store.Tx, session *cognate.AuthSession, custom *cognate.CustomSignIn) error {
	session.IsCustom = true
	return tx.CreateSessionState(ctx, session, custom)
}

// loadCustom reads what keepCustom kept. Errors: api.ErrInvalidSession.
func (e *Engine) loadCustom(ctx context.Context, session *cognate.AuthSession) error {
	if !session.IsCustom {
		return nil
	}
	custom, err := e.Store.SessionState(ctx, session)
	if errors.Is(err, store.ErrNotFound) {
		return api.ErrInvalidSession
	}
	if err != nil {
		return err
	}
	session.Custom = custom
	return nil
}
