package oauth

import (
	"context"
	"errors"
	"strconv"

	"cognate"
	"cognate/api"
	"cognate/signin"
	"cognate/tokens"
)

// Authorize returns the answer to the application for the user of an SSO session: a code, or the tokens of the implicit flow.
// Errors: signin.ErrSignInEnded if the session no longer serves the client; *ErrorRedirect if a function of the pool refuses the
// tokens. Source: RFC 6749 sections 4.1.2 and 4.2.2.
func (s *Service) Authorize(ctx context.Context, site *Site, r *AuthorizationRequest, sso *cognate.SSOSession) (*Redirect, error) {
	a := &signin.Authorization{
		ClientRequest: cognate.ClientRequest{Pool: site.Pool, Client: r.Client}, SSO: sso, Scopes: r.Scopes, RedirectURI: r.RedirectURI,
		Nonce: r.Nonce, Challenge: r.Challenge, Resource: r.Resource,
	}
	switch r.ResponseType {
	case ResponseCode:
		code, err := s.Engine.IssueCode(ctx, a)
		if err != nil {
			return nil, err
		}
		return new(r.answers.redirect(Parameter{"code", code})), nil
	case ResponseToken:
		set, err := s.Engine.GrantFor(ctx, a)
		if refusal, ok := errors.AsType[*api.Error](err); ok {
			return nil, r.answers.refusal(CodeInvalidRequest, refusal.Message)
		}
		if err != nil {
			return nil, err
		}
		return new(r.answers.redirect(tokenParameters(set)...)), nil
	default:
		return nil, errors.New("oauth: response type " + r.ResponseType)
	}
}

// tokenParameters returns the tokens of the implicit flow as parameters. An ID token is only among them with the scope openid.
func tokenParameters(set *tokens.Set) []Parameter {
	return []Parameter{
		{"id_token", set.ID},
		{"access_token", set.Access},
		{"token_type", "Bearer"},
		{"expires_in", strconv.Itoa(int(set.ExpiresIn.Seconds()))},
	}
}
