package signin

import (
	"context"
	"errors"
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

// CustomStart begins a sign-in whose challenges the pool's functions define (CUSTOM_AUTH).
type CustomStart struct {
	// SRPA is the client's half of an SRP exchange, hexadecimal, by which the user proves the password before the functions'
	// challenges, if the functions want that. It may be empty.
	SRPA string
}

// CustomChallenge is a challenge of the pool's functions (CUSTOM_CHALLENGE).
type CustomChallenge struct {
	Username   string
	Parameters map[string]string // what the function CreateAuthChallenge shows to the client; may be nil
}

// CustomResponse answers a CustomChallenge.
type CustomResponse struct {
	Answer string // required
}

func (CustomStart) allow(a *Attempt) error {
	return a.allowFlow(api.ExplicitAuthFlowsTypeAllowCustomAuth, "CUSTOM_AUTH is not enabled for the client.")
}

// begin checks SRP_A before the username and the client's proof, as the service does.
func (s CustomStart) begin(ctx context.Context, e *Engine, c call) (*Outcome, error) {
	if err := requireCustomAuth(c.Pool); err != nil {
		return nil, err
	}
	custom, err := s.state()
	if err != nil {
		return nil, err
	}
	if err := c.complete(c.Username); err != nil {
		return nil, err
	}
	sub, err := e.begin(ctx, &c, "")
	if err != nil {
		return nil, err
	}
	if err := shownState(sub); err != nil {
		return nil, err
	}
	return e.define(ctx, c, sub, custom)
}

// requireCustomAuth returns an error if the pool lacks one of the functions of custom sign-in.
func requireCustomAuth(pool *cognate.UserPool) error {
	for _, t := range []cognate.Trigger{
		cognate.TriggerDefineAuthChallenge, cognate.TriggerCreateAuthChallenge, cognate.TriggerVerifyAuthChallengeResponse,
	} {
		if !pool.HasTrigger(t) {
			return errNoCustomAuth
		}
	}
	return nil
}

// state returns the sign-in before the functions' first decision. Its history begins with "SRP_A", if the client begins so.
func (s CustomStart) state() (*cognate.CustomSignIn, error) {
	custom := new(cognate.CustomSignIn)
	if s.SRPA == "" {
		return custom, nil
	}
	if _, err := srp.ParseA(s.SRPA); err != nil {
		return nil, errBadSRPA
	}
	custom.SRPA = s.SRPA
	return custom.WithResult("SRP_A", true, ""), nil
}

// define calls DefineAuthChallenge and takes the step that it names. The function gets decoys too; a decoy gets no tokens,
// whatever the function answers.
func (e *Engine) define(ctx context.Context, c call, sub subject.Subject, custom *cognate.CustomSignIn) (*Outcome, error) {
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
			call: c, subject: sub, prove: unchanged(sub),
			next: func(now *cognate.User) decision { return afterCustom(c.Pool, now, custom) },
		})
	case next == api.ChallengeNameTypeCustomChallenge:
		return e.create(ctx, c, sub, custom)
	case next == api.ChallengeNameTypePasswordVerifier && custom.SRPA != "":
		return e.challengeSRP(ctx, c, sub, custom.SRPA, custom)
	case slices.Contains(sub.Profile().SecondFactors(c.Pool), cognate.Factor(next)):
		return e.settle(ctx, &step{
			call: c, subject: sub, prove: unchanged(sub),
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
func (e *Engine) create(ctx context.Context, c call, sub subject.Subject, custom *cognate.CustomSignIn) (*Outcome, error) {
	made, err := e.Triggers.CreateAuthChallenge(ctx, c.event(sub), string(api.ChallengeNameTypeCustomChallenge), custom.History)
	if err != nil {
		return nil, err
	}
	waiting := &cognate.CustomSignIn{
		History: custom.History, SRPA: custom.SRPA, Private: made.Private, Metadata: made.Metadata,
	}
	return e.settle(ctx, &step{
		call: c, subject: sub,
		next: func(*cognate.User) decision {
			return ask{step: cognate.StepCustom, custom: waiting, public: made.Public}
		},
	})
}

func (CustomChallenge) isChallenge() {}

// answer lets a function judge the answer. It spends the AuthSession before, so concurrent answers get one judgement. Right or
// wrong, the functions define what comes next. A wrong answer does not count towards the lockout (docs/behaviour.md §2.2).
func (r CustomResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepCustom)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.Answer); err != nil {
		return nil, err
	}
	t := &step{call: a.call, subject: sub, session: session}
	judge := func(ctx context.Context, now *cognate.User) (*Outcome, error) {
		sub := sub.At(now)
		right, err := e.Triggers.VerifyAuthChallengeResponse(ctx, a.event(sub), session.Custom.Private, r.Answer)
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
