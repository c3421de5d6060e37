package signin

import (
	"context"
	"errors"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/risk"
	"cognate/store"
)

// A pool with threat protection records each sign-in as one event, from the first proof to the tokens. The AuthSessions of the
// sign-in name it. Each step stores it in its own transaction. A wrong password is an event of its own.

// records reports whether the pool records the step's sign-in, or has begun to.
func (t *step) records() bool {
	return t.session != nil && t.session.EventID != "" || t.Pool.ThreatProtectionOf(t.isCustom()) != api.AdvancedSecurityModeTypeOff
}

// isCustom reports whether the pool's functions define the step's sign-in.
func (t *step) isCustom() bool { return t.custom != nil || t.session != nil && t.session.IsCustom }

// actor returns the user of the step for its event.
func (t *step) actor() risk.Actor {
	return risk.Actor{
		Pool: t.Pool, Client: t.Client, Sub: t.subject.Sub(), Username: t.subject.Username(), IsDecoy: t.subject.User() == nil,
	}
}

// signInEvent is the event of a sign-in, before it is stored.
type signInEvent struct {
	*cognate.AuthEvent
	isNew bool
}

// event returns the event of the step's sign-in, or a new one. Errors: api.ErrInvalidSession if the event was deleted, because
// it says what the sign-in still needs.
func (e *Engine) event(ctx context.Context, tx *store.Tx, t *step) (*signInEvent, error) {
	if t.session != nil && t.session.EventID != "" {
		stored, err := tx.LockAuthEvent(ctx, t.Pool.ID, t.session.Sub, t.session.EventID)
		if errors.Is(err, store.ErrNotFound) {
			err = api.ErrInvalidSession
		}
		return &signInEvent{AuthEvent: stored}, err
	}
	made, err := e.Risk.NewEvent(ctx, t.actor(), api.EventTypeSignIn)
	if err != nil {
		return nil, err
	}
	made.IsCustom = t.isCustom()
	return &signInEvent{AuthEvent: made, isNew: true}, nil
}

// begun sets the event of a step after its decision, if the first factor is proven and the pool records sign-ins. The first such
// step finds the risk of the sign-in: before the proof, it would show something about the user. begun can change the decision.
func (e *Engine) begun(ctx context.Context, tx *store.Tx, t *step, s *result) (err error) {
	s.event = nil
	if !t.records() || !isAfterProof(s.next) && !t.compromise.Found {
		return nil
	}
	s.event, err = e.event(ctx, tx, t)
	if err != nil {
		return err
	}
	if s.event.isNew && (t.session == nil || t.session.Step.IsFirst()) {
		if err := e.Risk.Assess(ctx, tx, s.event.AuthEvent, t.actor(), t.Device); err != nil {
			return err
		}
	}
	if t.compromise.Found {
		s.event.CompromisedPassword = true
	}
	if t.compromise.Blocks {
		return e.requireReset(ctx, tx, t, s)
	}
	if t.Pool.ThreatProtectionOf(t.isCustom() || s.event.IsCustom) == api.AdvancedSecurityModeTypeEnforced {
		s.next = e.protect(t, s)
	}
	return nil
}

// errRisky refuses a sign-in that has a risk. Source: docs/behaviour.md §5.10.
var errRisky = api.NotAuthorizedException("Unable to login because of security reasons.")

// protect returns the decision of a step, with what the risk of the sign-in requires. A device does not replace the second factor
// that it requires.
// Source: docs/behaviour.md §5.10.
// Assumed: MFA_IF_CONFIGURED and MFA_REQUIRED use a verified software token, phone number or email address that the pool offers
// as a second factor, also if the user has not switched it on. Of several, the preferred one or else the first one is asked. A
// factor that the user sets up during the sign-in counts. In a pool whose MFA is OFF no user can be asked.
func (e *Engine) protect(t *step, s *result) decision {
	action := t.Pool.RiskConfigurationOf(t.Client).Action(s.event.RiskLevel)
	if action == api.AccountTakeoverEventActionTypeBlock {
		s.event.RiskDecision = api.RiskDecisionTypeBlock
		return refuse{errRisky}
	}
	_, isLast := s.next.(issueTokens)
	required := action == api.AccountTakeoverEventActionTypeMfaRequired
	if !isLast || t.provesSecondFactor() || !required && action != api.AccountTakeoverEventActionTypeMfaIfConfigured {
		return s.next
	}
	factors := t.unprovenFactors(s.user)
	switch {
	case slices.Contains(factors, s.user.MFA.Preferred):
		return ask{step: cognate.Step(s.user.MFA.Preferred)}
	case len(factors) > 0:
		return ask{step: cognate.Step(factors[0])}
	case required:
		s.event.RiskDecision = api.RiskDecisionTypeBlock
		return refuse{errRisky}
	default:
		return s.next
	}
}

// unprovenFactors returns the second factors of the user that the sign-in has not used as its first factor.
func (t *step) unprovenFactors(user *cognate.User) []cognate.Factor {
	proven := t.methods()
	return slices.DeleteFunc(user.StepUpFactors(t.Pool), func(f cognate.Factor) bool {
		return f == cognate.FactorSMS && slices.Contains(proven, cognate.MethodSMS) ||
			f == cognate.FactorEmail && slices.Contains(proven, cognate.MethodEmail)
	})
}

// saveEvent stores the event of a step, if it has one, with the answer of the step.
func (e *Engine) saveEvent(ctx context.Context, tx *store.Tx, t *step, s *result, response api.EventResponseType) error {
	if s.event == nil {
		return nil
	}
	if name := t.answered(); name != "" {
		s.event.Answered(name, api.ChallengeResponseSuccess)
	}
	if response == api.EventResponseTypePass {
		s.event.DeviceKey = s.grant.Device.Key
	}
	return e.storeEvent(ctx, tx, t, s.event, response)
}

// recordWrong stores that the answer of a step was wrong.
func (e *Engine) recordWrong(ctx context.Context, tx *store.Tx, t *step) error {
	if !t.records() {
		return nil
	}
	event, err := e.event(ctx, tx, t)
	if err != nil {
		return err
	}
	if name := t.answered(); name != "" {
		event.Answered(name, api.ChallengeResponseFailure)
	}
	return e.storeEvent(ctx, tx, t, event, api.EventResponseTypeFail)
}

func (e *Engine) storeEvent(ctx context.Context, tx *store.Tx, t *step, event *signInEvent, response api.EventResponseType) error {
	e.Risk.Finish(event.AuthEvent, response)
	if event.isNew {
		return e.Risk.Create(ctx, tx, t.actor(), event.AuthEvent)
	}
	return e.Risk.Save(ctx, tx, t.actor(), event.AuthEvent)
}

// answered returns the kind of challenge that the step answers; empty for one that events do not name.
// Assumed: the ChallengeResponses of an event name passwords and second factors only, not codes or passkeys as the first factor.
func (t *step) answered() api.ChallengeName {
	switch {
	case slices.Contains(t.proves, cognate.MethodPassword):
		return api.ChallengeNamePassword
	case t.answersSecondFactor():
		return api.ChallengeNameMfa
	default:
		return ""
	}
}
