package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/store"
	"cognate/throttle"
)

// warn decides whether the step sends the user an email about the risk of the sign-in, and what it says. A sign-in sends at most
// one, and only to a verified address.
// Assumed: the email about NO_ACTION is sent after the first factor. The one about the MFA actions is sent when the second factor is
// asked for, or else with the tokens: it is then the NoActionEmail. The mode AUDIT sends no email.
func (e *Engine) warn(ctx context.Context, tx *store.Tx, t *step, s *result) error {
	if s.event == nil || s.event.IsNotified || t.subject.User() == nil || !s.user.IsVerified(cognate.AttributeEmail) {
		return nil
	}
	configuration := t.Pool.RiskConfigurationOf(t.Client)
	isEnforced := t.Pool.ThreatProtectionOf(t.isCustom() || s.event.IsCustom) == api.AdvancedSecurityModeTypeEnforced
	if !isEnforced || !configuration.Notifies(s.event.RiskLevel) {
		return nil
	}
	wanted := reaction(s.next, configuration.Action(s.event.RiskLevel))
	if wanted == "" {
		return nil
	}
	// An attacker who has the password must not flood the mailbox of the user.
	allowed, err := e.Limits.Allows(ctx, tx, throttle.RiskEmail, t.Pool.ID, s.user.Sub, e.Now())
	if err != nil || !allowed {
		return err
	}
	s.event.IsNotified = true
	user, event := s.user, s.event.AuthEvent
	tx.AfterCommit(func() { e.sendWarning(ctx, t, user, notify.Takeover{Event: event, Reaction: wanted}) })
	return nil
}

// reaction returns what an email says about a decision after a sign-in with a risk; empty if a later step decides that.
func reaction(next decision, action api.AccountTakeoverEventActionType) notify.Reaction {
	switch next := next.(type) {
	case refuse:
		if errors.Is(next.refusal, errRisky) {
			return notify.Blocked
		}
		return ""
	case issueTokens:
		return notify.NoAction
	case ask:
		switch {
		case action == api.AccountTakeoverEventActionTypeNoAction:
			return notify.NoAction
		case isSecondFactorStep(next.step) || next.step == cognate.StepSelectMFA:
			return notify.AskedMFA
		}
	}
	return ""
}

// sendWarning sends the email that warn has decided. The answer of the sign-in does not depend on it.
func (e *Engine) sendWarning(ctx context.Context, t *step, user *cognate.User, about notify.Takeover) {
	ctx = context.WithoutCancel(ctx)
	var err error
	if about.Domain, err = e.Links.Domain(ctx, t.Pool); err == nil {
		about.Token, about.Expires, err = e.Risk.NewToken(about.Event)
	}
	if err != nil {
		e.Notify.Log.ErrorContext(ctx, "the email about a risky sign-in was not written", "pool", t.Pool.ID, "sub", user.Sub, "error", err)
		return
	}
	e.Notify.SendInBackground(ctx, notify.AccountTakeover(t.ClientRequest, user, about))
}
