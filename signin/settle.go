package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/authn/webauthn"
	"cognate/authsession"
	"cognate/codes"
	"cognate/risk"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
	"cognate/tokens"
)

// step is one request of a sign-in that settle decides.
type step struct {
	call
	subject subject.Subject // as read before
	// session is the AuthSession that the request answers; nil at the start.
	session *cognate.AuthSession
	// prove checks the answer against the user as the transaction sees it, stores the changes that belong to it, and returns the
	// changed user. The transaction may run it more than once. A wrongGuess counts towards the lockout; another error does not.
	// Nil proves nothing: then next is required, and can only ask a challenge that begins a sign-in, or continueAfter.
	prove proof
	// stores says that the proof has changed the user, so the transaction of a start that asks a challenge is committed too.
	stores bool
	// proves are the methods that prove proves; nil if it proves none that tokens name.
	proves cognate.Methods
	// next decides what follows; nil after a proof means the rules of the pool (decide).
	next func(now *cognate.User) decision
	// custom is the custom sign-in that the functions have ended with this step; nil in other steps.
	custom *cognate.CustomSignIn
	// compromise is the result of the look-up of the step's password; zero in steps without one.
	compromise risk.Compromise
}

// proof checks an answer: see step.prove.
type proof func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error)

// wrongGuess is an error that counts towards the lockout. The client sees refusal.
type wrongGuess struct{ refusal error }

func (w wrongGuess) Error() string { return w.refusal.Error() }

// errStale reports that the user changed between the password check and the transaction.
var errStale = errors.New("signin: user changed meanwhile")

// result is what the transaction of a step decided.
type result struct {
	user *cognate.User // as the transaction sees it
	next decision
	// session is the AuthSession of the next challenge, not sealed yet. code is the code to send; empty if none is sent.
	session *cognate.AuthSession
	code    string
	// device is the known device of the sign-in, which has proven itself; nil for a new device, or for none.
	device *cognate.Device
	grant  cognate.Grant // of the tokens, if the decision is issueTokens and the sign-in is not on a page
	sso    *SSO          // of a sign-in on a page; stored if the decision is issueTokens
	event  *signInEvent  // nil if the pool records no events, and before the first factor is proven
}

// settle decides a step in one transaction: lockout, AuthSession, proof, decision, and the grant if the decision is tokens.
// The transaction locks the user's attempts, so concurrent steps of one user run one after another. After the transaction,
// settle seals or signs the outcome. A step without a decision, or without the proof for it, commits nothing.
// Errors: errUndecided; those of the proof.
func (e *Engine) settle(ctx context.Context, t *step) (*Outcome, error) {
	grant, refresh := e.Tokens.NewGrant(t.Client, t.subject.Profile())
	grant.Device = t.newDevice()
	var s result
	if t.Page {
		s.sso = newSSO()
	}
	err := e.Store.Write(ctx, func(tx *store.Tx) (err error) {
		guard, err := e.Limits.Acquire(ctx, tx, t.Pool.ID, t.subject.ThrottleKey(), e.Now())
		if err != nil {
			return err
		}
		s.user, err = e.verify(ctx, tx, t)
		if wrong, ok := errors.AsType[wrongGuess](err); ok {
			if err := e.recordWrong(ctx, tx, t); err != nil {
				return err
			}
			return t.fail(ctx, tx, guard, wrong)
		}
		if err != nil {
			return err
		}
		s.next, s.grant = e.decide(t, s.user), grant
		if err := e.begun(ctx, tx, t, &s); err != nil {
			return err
		}
		if err := e.findDevice(ctx, tx, t, &s); err != nil {
			return err
		}
		if err := e.warn(ctx, tx, t, &s); err != nil {
			return err
		}
		return e.commit(ctx, tx, t, &s, guard)
	})
	if err != nil {
		return nil, auditReset(ctx, err)
	}
	switch next := s.next.(type) {
	case issueTokens:
		return e.finish(ctx, t, &s, refresh)
	case ask:
		return e.challenge(ctx, t, &s, next)
	case continueAfter:
		return next.fn(ctx, s.user)
	default:
		return nil, errUndecided
	}
}

// fail counts a wrong guess. It ends a step-up. Source: docs/behaviour.md §3.6.
func (t *step) fail(ctx context.Context, tx *store.Tx, guard *throttle.Guard, wrong wrongGuess) error {
	if len(t.levels) > 0 {
		if err := t.spend(ctx, tx); err != nil {
			return err
		}
	}
	return guard.Fail(ctx, wrong.refusal)
}

// commit stores what the decision needs. Errors: errUndecided.
func (e *Engine) commit(ctx context.Context, tx *store.Tx, t *step, s *result, guard *throttle.Guard) error {
	switch next := s.next.(type) {
	case issueTokens:
		return e.storeSignIn(ctx, tx, t, s, guard)
	case ask:
		if next.step == "" {
			return errUndecided
		}
		return e.storeChallenge(ctx, tx, t, s, next)
	case continueAfter:
		if next.fn == nil {
			return errUndecided
		}
		return t.spend(ctx, tx)
	case refuse:
		if next.refusal == nil {
			return errUndecided
		}
		if err := t.spend(ctx, tx); err != nil {
			return err
		}
		if err := e.saveEvent(ctx, tx, t, s, api.EventResponseTypeFail); err != nil {
			return err
		}
		return store.CommitWith(next.refusal)
	default:
		return errUndecided
	}
}

// verify reads the user again, and checks the AuthSession and the proof against the current state.
func (e *Engine) verify(ctx context.Context, tx *store.Tx, t *step) (*cognate.User, error) {
	user, err := e.reread(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	if t.session != nil {
		if err := authsession.RequireUnspent(ctx, tx, t.session); err != nil {
			return nil, err
		}
		if err := authsession.Check(t.session, user); err != nil {
			return nil, err
		}
	}
	if err := e.requireCredit(ctx, tx, &t.call, user); err != nil {
		return nil, err
	}
	if t.prove == nil {
		return user, nil
	}
	return t.prove(ctx, tx, user)
}

// reread returns the step's user as the transaction sees it, or the decoy's profile.
func (e *Engine) reread(ctx context.Context, tx *store.Tx, t *step) (*cognate.User, error) {
	user, err := t.subject.Reread(ctx, tx)
	switch {
	case errors.Is(err, store.ErrNotFound) && t.session != nil:
		return nil, api.ErrInvalidSession
	case errors.Is(err, store.ErrNotFound):
		return nil, errStale
	default:
		return user, err
	}
}

// storeSignIn spends the AuthSession of a finished sign-in, stores its grant or its SSO session, and resets the failed attempts.
func (e *Engine) storeSignIn(ctx context.Context, tx *store.Tx, t *step, s *result, guard *throttle.Guard) error {
	// No answer of a decoy is right. If one were, the sign-in would end here.
	if err := t.subject.RequireUser(api.ErrIncorrectPassword); err != nil {
		return err
	}
	if err := t.spend(ctx, tx); err != nil {
		return err
	}
	save := e.storeGrant
	if t.Page {
		save = e.storeSSO
	}
	if err := save(ctx, tx, t, s); err != nil {
		return err
	}
	if err := e.saveEvent(ctx, tx, t, s, api.EventResponseTypePass); err != nil {
		return err
	}
	return guard.Reset(ctx)
}

// storeGrant stores the grant of a finished sign-in.
func (e *Engine) storeGrant(ctx context.Context, tx *store.Tx, t *step, s *result) error {
	if err := t.bindDevice(ctx, tx, s.device, &s.grant); err != nil {
		return err
	}
	proven := t.methods()
	s.grant.ACR, s.grant.Methods = t.Pool.ACR(proven.Level()), proven
	return e.Tokens.SaveGrant(ctx, tx, t.Pool, s.grant)
}

// storeChallenge makes the AuthSession of the next challenge, spends the one of the step, and stores the code if one is sent.
// The start of a sign-in without a code and without an event stores nothing: the AuthSession has the whole state.
func (e *Engine) storeChallenge(ctx context.Context, tx *store.Tx, t *step, s *result, next ask) error {
	s.session = e.newSession(t.call, t.subject, s.user, next.step)
	s.session.Methods = t.methods()
	s.session.SecondFactor, s.session.Passwordless = t.provesSecondFactor(), t.isPasswordless()
	if next.step == cognate.StepDeviceSRP {
		s.session.DeviceKey, s.session.FactorsProven = t.Device, next.factorsProven
	}
	if s.event != nil {
		s.session.EventID = s.event.ID
		if err := e.saveEvent(ctx, tx, t, s, api.EventResponseTypeInProgress); err != nil {
			return err
		}
	}
	if err := t.spend(ctx, tx); err != nil {
		return err
	}
	sent, ok := sentCodes[next.step]
	switch {
	case next.custom != nil:
		if err := storeCustom(ctx, tx, s.session, next.custom); err != nil {
			return err
		}
	case !ok && t.session == nil && s.event == nil && !t.stores:
		return store.ErrRollback
	}
	if !ok {
		return nil
	}
	s.code = sent.make()
	return codes.Save(ctx, tx, e.Limits, codes.Issue{
		PoolID: s.user.PoolID, Sub: s.user.Sub, Recipient: t.subject.At(s.user).Recipient(),
		Purpose: codes.Purpose(next.step), Binding: s.session.ID,
		Attribute: sent.attribute, Destination: next.destination(s.user, sent.attribute), TTL: t.Client.AuthSessionTTL(),
	}, s.code, e.Now())
}

// newSession returns the AuthSession of the next step of the subject's sign-in, not sealed.
func (e *Engine) newSession(c call, sub subject.Subject, user *cognate.User, step cognate.Step) *cognate.AuthSession {
	session := e.Sessions.New(c.Client, user, step)
	session.Methods, session.Levels, session.Grant = c.proven, c.levels, c.grant
	session.Page, session.SSOSession = c.Page, c.sso
	if step.IsFirst() {
		session.Login = sub.Login()
	}
	if step == cognate.StepFirstPasskey {
		session.Challenge = webauthn.NewChallenge()
	}
	return session
}

func (t *step) spend(ctx context.Context, tx *store.Tx) error {
	if t.session == nil {
		return nil
	}
	return authsession.Spend(ctx, tx, t.session)
}

// decide applies the step's own rule, or the engine's. A step-up continues until its level is reached.
func (e *Engine) decide(t *step, user *cognate.User) decision {
	if t.prove == nil {
		return decideUnproven(t, user)
	}
	return t.raise(user, e.decideProven(t, user))
}

// decideProven is decide after a proof, without the level of a step-up. In a custom sign-in, continueCustom decides after the
// service's own challenges.
func (e *Engine) decideProven(t *step, user *cognate.User) decision {
	switch {
	case t.session != nil && t.session.IsCustom && t.session.Step != cognate.StepCustom:
		return e.continueCustom(t, user)
	case t.next != nil:
		return t.next(user)
	}
	if user.Status == api.UserStatusTypeForceChangePassword {
		return ask{step: cognate.StepNewPassword}
	}
	return nextFactor(t.Pool, user)
}

// decideUnproven applies the rule of a step that proves nothing. A step without a rule, or with a rule that treats it as
// proven, has no decision: a forgotten proof must not lead to tokens.
func decideUnproven(t *step, user *cognate.User) decision {
	if t.next == nil {
		return nil
	}
	d := t.next(user)
	if isAfterProof(d) {
		return nil
	}
	return d
}

// finish signs the tokens of a stored grant; a sign-in on a page has no tokens. If a trigger fails, it deletes what the sign-in
// has stored, and the event fails; the AuthSession and the code stay spent.
func (e *Engine) finish(ctx context.Context, t *step, s *result, refresh string) (*Outcome, error) {
	set, err := e.postAuthenticate(ctx, t, s)
	if err != nil {
		if undone := e.undo(ctx, t, s); undone != nil {
			return nil, undone
		}
		return nil, err
	}
	if t.Page {
		return &Outcome{SSO: s.sso}, audit.Changed(ctx, audit.SignedIn, nil)
	}
	set.Refresh = refresh
	set.NewDevice = s.newDevice()
	return &Outcome{Tokens: set}, audit.Changed(ctx, audit.SignedIn, nil)
}

// postAuthenticate calls the trigger PostAuthentication and signs the tokens; nil on a page.
func (e *Engine) postAuthenticate(ctx context.Context, t *step, s *result) (*tokens.Set, error) {
	if err := e.Triggers.PostAuthentication(ctx, t.event(t.subject.At(s.user)), s.newDevice().Key != ""); err != nil {
		return nil, err
	}
	if t.Page {
		return nil, nil
	}
	return e.sign(ctx, &signing{Attempt: t.Attempt, user: s.user, grant: s.grant, source: t.source()})
}
