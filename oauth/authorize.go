package oauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"cognate"
	"cognate/api"
	"cognate/risk"
	"cognate/signin"
	"cognate/tokens"
)

// Authorize returns the answer to the application for the user of an SSO session: a code, or the tokens of the implicit flow. The
// pages have already asked the user for everything that the request requires. Authorize checks the session again.
// Errors: signin.ErrSignInEnded if the session can no longer sign the user in to the client, or if the pool blocks the address of the
// browser; ErrConsentRequired; *ErrorRedirect; *ErrorPage for a pushed request that was used. Source: RFC 6749 sections 4.1.2 and 4.2.2.
func (s *Service) Authorize(ctx context.Context, site *Site, r *AuthorizationRequest, sso *cognate.SSOSession) (*Redirect, error) {
	if sso == nil || risk.RequireAllowed(ctx, site.Pool, r.Client) != nil {
		return nil, signin.ErrSignInEnded
	}
	if refusal := s.requireWanted(site, r, sso); refusal != nil {
		return nil, refusal
	}
	if err := s.requireConsent(ctx, r, sso.Sub); err != nil {
		return nil, err
	}
	a := &signin.Authorization{
		ClientRequest: cognate.ClientRequest{Pool: site.Pool, Client: r.Client}, SSO: sso, Scopes: r.Scopes, Claims: r.Claims, RedirectURI: r.RedirectURI,
		Nonce: r.Nonce, Challenge: r.Challenge, Resource: r.Resource, CodeKey: r.DPoPKey,
	}
	if r.pushed != nil {
		a.Pushed = &signin.PushedRequest{Hash: r.pushed.Hash, Browser: r.pushed.openedBy}
	}
	switch r.ResponseType {
	case ResponseCode:
		code, err := s.Engine.IssueCode(ctx, a)
		if errors.Is(err, signin.ErrRequestSpent) {
			return nil, r.unusable()
		}
		if err != nil {
			return nil, err
		}
		return new(r.answers.redirect(Parameter{"code", code})), nil
	case ResponseToken:
		set, err := s.Engine.GrantFor(ctx, a)
		if refusal, ok := errors.AsType[*api.Error](err); ok { // returned by a function of the pool
			return nil, r.answers.refusal(CodeInvalidRequest, refusal.Message)
		}
		if errors.Is(err, signin.ErrRequestSpent) {
			return nil, r.unusable()
		}
		if err != nil {
			return nil, err
		}
		return new(r.answers.redirect(implicit(set)...)), nil
	default:
		return nil, fmt.Errorf("authorize: unknown response type %q", r.ResponseType)
	}
}

// requireWanted checks that a session is of the user whom the request names, has a level that the request asks for, and is not
// older than the request allows. A session within SignInWindow is young enough for every request, also for a max_age of 0.
func (s *Service) requireWanted(site *Site, r *AuthorizationRequest, sso *cognate.SSOSession) *ErrorRedirect {
	reaches := func(l cognate.Level) bool { return sso.Methods.Level() >= l }
	switch levels := site.Pool.RequestedLevels(r.Levels); {
	case !r.Expects(sso.Sub):
		return r.Refuse(CodeLoginRequired)
	case r.MaxAge != nil && s.Now().After(sso.AuthTime.Add(max(*r.MaxAge, cognate.SignInWindow))):
		return r.Refuse(CodeLoginRequired)
	case len(levels) > 0 && !slices.ContainsFunc(levels, reaches):
		return r.Refuse(CodeUnmetRequirements)
	}
	return nil
}

// implicit returns the tokens of the implicit flow as parameters. Source: docs/behaviour.md §7.1.
func implicit(set *tokens.Set) []Parameter {
	return []Parameter{
		{"id_token", set.ID},
		{"access_token", set.Access},
		{"token_type", "Bearer"},
		{"expires_in", strconv.Itoa(int(set.ExpiresIn.Seconds()))},
	}
}
