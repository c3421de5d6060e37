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

// The functions of the pool define a custom sign-in: DefineAuthChallenge chooses what comes next, CreateAuthChallenge makes a
// challenge, and VerifyAuthChallengeResponse checks the answer. A function can take long, so the engine calls it between
// transactions: it first spends the AuthSession, then calls the function, then settles the decision as another step.
// Source: docs/behaviour.md §2.6.

var (
	// Assumed: the type for a pool without the functions of custom sign-in.
	errNoCustomAuth = api.InvalidUserPoolConfigurationException("Custom auth lambda trigger is not configured for the user pool.")
	// Assumed: the error if DefineAuthChallenge names no possible next step.
	errNoSuchStep = api.InvalidLambdaResponseException("Unrecognizable lambda output")
)

// maxCustomSteps limits the history of a custom sign-in, which every function gets.
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
	if a.Page {
		return errWrongOperation
	}
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

// state returns the state before the first decision of the functions. With SRPA, the history has the challenge "SRP_A".
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

// define calls DefineAuthChallenge and takes the step that it names. It calls the function for decoys too. A decoy gets no
// tokens, whatever the function answers.
func (e *Engine) define(ctx context.Context, c call, sub subject.Subject, custom *cognate.CustomSignIn) (*Outcome, error) {
	if len(custom.History) > maxCustomSteps {
		return nil, api.ErrIncorrectPassword
	}
	d, err := e.Triggers.DefineAuthChallenge(ctx, c.event(sub), custom.History)
	if err != nil {
		return nil, err
	}
	next := api.ChallengeNameType(d.ChallengeName)
	c.isSpent = true
	switch {
	case d.Fail:
		return nil, api.ErrIncorrectPassword
	case d.IssueTokens:
		if err := sub.RequireUser(api.ErrIncorrectPassword); err != nil {
			return nil, err
		}
		return e.settle(ctx, &step{
			call: c, subject: sub, prove: unchanged(sub), custom: custom,
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

// unchanged returns a proof for what the functions decided: the user has not changed since, and may sign in.
func unchanged(sub subject.Subject) func(context.Context, *store.Tx, *cognate.User) (*cognate.User, error) {
	return func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
		if now.Stamp != sub.Profile().Stamp {
			return nil, api.ErrIncorrectPassword
		}
		return now, knownState(now)
	}
}

// afterCustom decides what follows if the functions issue tokens: tokens, if the sign-in proved no password. Then there is
// neither a temporary password to change nor MFA, unless HasMFAAfterCustom. With a password, what it needs comes before: only a
// sign-in in which that was not asked is asked here.
// Source: docs/behaviour.md §2.6.
func afterCustom(pool *cognate.UserPool, user *cognate.User, custom *cognate.CustomSignIn) decision {
	switch {
	case custom.HasPassword():
		return afterPassword(pool, user, custom)
	case custom.HasSecondFactor() || !pool.HasMFAAfterCustom():
		return issueTokens{}
	default:
		return nextFactor(pool, user)
	}
}

// afterPassword decides what the service asks after the password of a custom sign-in. It does not repeat a second factor that the
// functions have requested.
func afterPassword(pool *cognate.UserPool, user *cognate.User, custom *cognate.CustomSignIn) decision {
	switch {
	case user.Status == api.UserStatusTypeForceChangePassword:
		return ask{step: cognate.StepNewPassword}
	case custom.HasSecondFactor():
		return issueTokens{}
	default:
		return nextFactor(pool, user)
	}
}

// continueCustom decides what follows a right answer to one of the service's own challenges in a custom sign-in. After the
// password the service itself asks for a new password or for the second factor; then the functions decide.
// Source: docs/behaviour.md §2.6.
// Assumed: after the service's own challenges in a custom sign-in, DefineAuthChallenge is called. It finds them in its session,
// except for the choice of SELECT_MFA_TYPE, which the guide does not list. MFA_SETUP comes after the functions have issued
// tokens: otherwise an attacker with the password could set up a factor without an answer to their challenges.
func (e *Engine) continueCustom(t *step, user *cognate.User) decision {
	custom := t.session.Custom
	if t.session.Step == cognate.StepSelectMFA {
		return continueWith(t.next(user), custom)
	}
	custom = custom.WithResult(t.session.Step.Challenge(), true, "")
	if t.session.Step == cognate.StepPasswordSRP || t.session.Step == cognate.StepNewPassword {
		next, asks := afterPassword(t.Pool, user, custom).(ask)
		if asks && next.step != cognate.StepSetup {
			return continueWith(next, custom)
		}
	}
	return e.defineAfter(t, custom)
}

// continueWith makes a challenge part of a custom sign-in. Any other decision is a mistake of the engine: it returns nil.
func continueWith(next decision, custom *cognate.CustomSignIn) decision {
	asked, ok := next.(ask)
	if !ok {
		return nil
	}
	asked.custom = custom
	return asked
}

// defineAfter lets the functions decide what follows a step of the custom sign-in.
func (e *Engine) defineAfter(t *step, custom *cognate.CustomSignIn) decision {
	return continueAfter{func(ctx context.Context, now *cognate.User) (*Outcome, error) {
		return e.define(ctx, t.call, t.subject.At(now), custom)
	}}
}

// create calls CreateAuthChallenge and asks the challenge that it makes.
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

// answer lets a function check the answer. It spends the AuthSession before, so the function checks one of several concurrent
// answers. The functions define what follows a right and a wrong answer. A wrong answer does not count towards the lockout
// (docs/behaviour.md §2.2).
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
		return e.define(ctx, t.call, sub, session.Custom.WithResult(api.ChallengeNameTypeCustomChallenge, right, session.Custom.Metadata))
	}
	t.next = func(*cognate.User) decision { return continueAfter{judge} }
	return e.settle(ctx, t)
}

// storeCustom stores the state of a custom sign-in, for the AuthSession that continues it.
func storeCustom(ctx context.Context, tx *store.Tx, session *cognate.AuthSession, custom *cognate.CustomSignIn) error {
	session.IsCustom = true
	return tx.CreateSessionState(ctx, session, custom)
}

// loadCustom reads what storeCustom stored. Errors: api.ErrInvalidSession.
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
