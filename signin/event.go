package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/risk"
	"cognate/store"
)

// A pool with threat protection records each sign-in as one event, from the first proof to the tokens. The AuthSessions of the
// sign-in name it. Each step stores it in its own transaction. A wrong password is an event of its own.

// records reports whether the pool records the step's sign-in.
func (t *step) records() bool {
	return t.Pool.ThreatProtectionOf(t.isCustom()) != api.AdvancedSecurityModeTypeOff
}

// isCustom reports whether the pool's functions define the step's sign-in.
func (t *step) isCustom() bool { return t.custom != nil || t.session != nil && t.session.IsCustom }

// actor returns the user of the step for its event.
func (t *step) actor() risk.Actor {
	return risk.Actor{Pool: t.Pool, Client: t.Client, Sub: t.subject.Profile().Sub, IsDecoy: t.subject.User() == nil}
}

// signInEvent is the event of a sign-in, before it is stored.
type signInEvent struct {
	*cognate.AuthEvent
	isNew bool
}

// event returns the event of the step's sign-in, or a new one.
func (e *Engine) event(ctx context.Context, tx *store.Tx, t *step) (*signInEvent, error) {
	if t.session != nil && t.session.EventID != "" {
		stored, err := tx.LockAuthEvent(ctx, t.Pool.ID, t.session.Sub, t.session.EventID)
		if !errors.Is(err, store.ErrNotFound) {
			return &signInEvent{AuthEvent: stored}, err
		}
	}
	made, err := e.Risk.NewEvent(ctx, t.actor(), api.EventTypeSignIn)
	return &signInEvent{AuthEvent: made, isNew: true}, err
}

// begun sets the event of a step after its decision, if the first factor is proven and the pool records sign-ins.
func (e *Engine) begun(ctx context.Context, tx *store.Tx, t *step, s *result) (err error) {
	s.event = nil
	if t.records() && isAfterProof(s.next) {
		s.event, err = e.event(ctx, tx, t)
	}
	return err
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
	return e.storeEvent(ctx, tx, s.event, response)
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
	return e.storeEvent(ctx, tx, event, api.EventResponseTypeFail)
}

func (e *Engine) storeEvent(ctx context.Context, tx *store.Tx, event *signInEvent, response api.EventResponseType) error {
	e.Risk.Finish(event.AuthEvent, response)
	if event.isNew {
		return e.Risk.Create(ctx, tx, event.AuthEvent)
	}
	return e.Risk.Save(ctx, tx, event.AuthEvent)
}

// answered returns the kind of challenge that the step answers; empty for one that events do not name.
// Assumed: the ChallengeResponses of an event name passwords and second factors only, not codes or passkeys as the first factor.
func (t *step) answered() api.ChallengeName {
	switch {
	case t.custom != nil:
		return ""
	case t.session == nil:
		return api.ChallengeNamePassword
	case isSecondFactorStep(t.session.Step):
		return api.ChallengeNameMfa
	}
	switch t.session.Step {
	case cognate.StepSelectChallenge, cognate.StepFirstPassword, cognate.StepPasswordSRP:
		return api.ChallengeNamePassword
	default:
		return ""
	}
}
