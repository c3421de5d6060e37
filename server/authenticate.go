package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cognate/api"
	"cognate/audit"
	"cognate/risk"
	"cognate/tokens"
)

// Assumed: the types and texts for neither or both of AccessToken and Session (docs/behaviour.md §1.2, §9.1).
var (
	errNeither = api.InvalidParameterException("Missing required parameter AccessToken or Session")
	errBoth    = api.InvalidParameterException("AccessToken and Session can't be given together.")
)

// authenticate checks the access token of an operation that requires one, and returns a context with its user
// (tokens.PrincipalFrom). Where a Session may stand for the token, the request must have exactly one of them; the operation
// itself opens a Session, because it knows which steps of a sign-in the Session must be at.
func (d *dispatcher) authenticate(ctx context.Context, op *api.Operation, input any) (context.Context, error) {
	switch op.Auth {
	case api.AuthToken:
	case api.AuthTokenOrSession:
		hasSession, err := hasSession(op, input)
		if err != nil || hasSession {
			return ctx, err
		}
	case api.AuthNone, api.AuthSigV4:
		return ctx, nil
	default:
		return nil, fmt.Errorf("%s has an unknown kind of authentication: %v", op.Name, op.Auth)
	}
	bearer, ok := input.(api.TokenBearer)
	if !ok {
		return nil, fmt.Errorf("%s requires an access token and has no member for it", op.Name)
	}
	principal, err := d.tokens.Authenticate(ctx, bearer.BearerToken())
	if err != nil {
		return nil, declaredTokenError(op, err)
	}
	audit.SetPool(ctx, principal.Pool)
	audit.SetClient(ctx, principal.Pool.ID, principal.Client.ID)
	if err := risk.RequireAllowed(ctx, principal.Pool, principal.Client); err != nil {
		return nil, err
	}
	audit.SetUserOf(ctx, principal.User)
	return tokens.WithPrincipal(ctx, principal), nil
}

// hasSession reports whether the request has a Session instead of an access token. Errors: errNeither, errBoth.
func hasSession(op *api.Operation, input any) (bool, error) {
	token, hasToken := input.(api.TokenBearer)
	session, hasSession := input.(api.SessionBearer)
	switch {
	case !hasToken || !hasSession:
		return false, fmt.Errorf("%s requires an access token or a Session and has no members for them", op.Name)
	case token.BearerToken() == "" && session.AuthSession() == "":
		return false, errNeither
	case token.BearerToken() != "" && session.AuthSession() != "":
		return false, errBoth
	default:
		return session.AuthSession() != "", nil
	}
}

// declaredTokenError returns the error for an access token whose user was deleted. Not every operation with an access token
// declares UserNotFoundException; for the others the token is revoked.
func declaredTokenError(op *api.Operation, err error) error {
	if errors.Is(err, api.ErrUserDoesNotExist) && !slices.Contains(op.Errors, api.CodeUserNotFoundException) {
		return api.ErrTokenRevoked
	}
	return err
}
