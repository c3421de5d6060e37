package signin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/subject"
	"cognate/tokens"
	"cognate/trigger"
)

// event returns what a trigger's event says about the attempt and its subject. An unknown name is named as typed.
func (a *Attempt) event(sub subject.Subject) trigger.Call { return a.eventOf(sub.Login(), sub.User()) }

func (a *Attempt) eventOf(login string, user *cognate.User) trigger.Call {
	return trigger.Call{
		ClientRequest: a.ClientRequest, Username: login, User: user, ValidationData: a.ValidationData,
	}
}

// signing is one issue of tokens.
type signing struct {
	Attempt
	user   *cognate.User
	grant  cognate.Grant // stored or not; its Scopes are those of the tokens
	source string        // of the event of PreTokenGeneration
	nonce  string        // of an authorization request; empty for none
}

// sign calls the trigger PreTokenGeneration and signs the tokens of a grant. It reads the user's groups again each time.
// Errors: ErrProofRequired; those of the trigger.
func (e *Engine) sign(ctx context.Context, s *signing) (*tokens.Set, error) {
	if s.grant.IsOAuth() && s.DPoPKey == "" && s.Pool.RequiresDPoP(s.Client) {
		return nil, ErrProofRequired
	}
	groups, err := e.Store.GroupsOfUser(ctx, s.user.PoolID, s.user.Sub)
	if err != nil {
		return nil, err
	}
	event := s.eventOf("", s.user)
	event.Groups = tokens.ConfigurationOf(groups)
	changes, err := e.Triggers.PreTokenGeneration(ctx, event, s.source, s.grant.GrantedScopes())
	if err != nil {
		return nil, err
	}
	return e.Tokens.Mint(ctx, &tokens.Issue{
		Pool: s.Pool, Client: s.Client, User: s.user, Groups: event.Groups, Grant: s.grant, Nonce: s.nonce, DPoPKey: s.DPoPKey,
		Changes: changes,
	})
}

// tokenSources are the trigger sources of tokens that follow a special step. Source: docs/behaviour.md §6.2.
var tokenSources = map[cognate.Step]string{
	cognate.StepNewPassword: trigger.TokenGenerationNewPasswordChallenge,
	cognate.StepDeviceProof: trigger.TokenGenerationAuthenticateDevice,
}

// source returns the trigger source for the tokens that a step leads to.
func (t *step) source() string {
	if t.session != nil {
		if source, ok := tokenSources[t.session.Step]; ok {
			return source
		}
	}
	return trigger.TokenGenerationAuthentication
}

// undo removes the grant or the SSO session of a sign-in that a trigger stopped after the commit: it was not returned. It does
// so even if the client has disconnected.
func (e *Engine) undo(ctx context.Context, t *step, s *result) error {
	ctx = context.WithoutCancel(ctx)
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		if s.event != nil {
			e.Risk.Finish(s.event.AuthEvent, api.EventResponseTypeFail)
			if err := e.Risk.Save(ctx, tx, t.actor(), s.event.AuthEvent); err != nil {
				return err
			}
		}
		if s.sso != nil {
			return tx.DeleteSSOSession(ctx, s.sso.Session.PoolID, s.sso.Session.Sub, s.sso.Session.ID)
		}
		return tx.DeleteGrant(ctx, s.grant.PoolID, s.grant.ID)
	})
}
