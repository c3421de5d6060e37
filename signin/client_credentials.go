package signin

import (
	"context"
	"errors"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/tokens"
	"cognate/trigger"
)

// Assumed: the text for a client that may not use GetClientToken. The type is that of an example of AWS.
var errNoClientCredentials = api.NotAuthorizedException("Client is not allowed to get tokens for itself.")

// ClientCredentials is a request for an access token in the client's own name. The caller has checked the client secret.
type ClientCredentials struct {
	cognate.ClientRequest
	Scopes []string // empty asks for all of AppClient.ClientTokenScopes
}

// ClientToken signs an access token in a client's own name, for a machine that no user signs in to.
// Errors: NotAuthorizedException if the client may not get one, or if the trigger PreTokenGeneration fails;
// InvalidParameterException for a scope that the client does not have.
// Source: API reference, GetClientToken; docs/behaviour.md §3.2.
func (e *Engine) ClientToken(ctx context.Context, c *ClientCredentials) (*tokens.Set, error) {
	custom, err := e.Store.CustomScopes(ctx, c.Pool.ID)
	if err != nil {
		return nil, err
	}
	possible := c.Client.ClientTokenScopes(custom)
	if !c.Client.MayGetClientTokens() || len(possible) == 0 {
		return nil, errNoClientCredentials
	}
	scopes, err := c.grantedScopes(possible)
	if err != nil {
		return nil, err
	}
	changes, err := e.clientTokenChanges(ctx, c, scopes)
	if err != nil {
		return nil, err
	}
	return e.Tokens.MintForClient(ctx, c.Pool, c.Client, scopes, "", changes)
}

// grantedScopes returns the scopes of the token: the requested ones, once each, or all possible ones.
// Assumed: the type and text for a scope that the client does not have.
func (c *ClientCredentials) grantedScopes(possible []string) ([]string, error) {
	if len(c.Scopes) == 0 {
		return possible, nil
	}
	var scopes []string
	for _, scope := range c.Scopes {
		if !slices.Contains(possible, scope) {
			return nil, api.InvalidParameterException("Invalid scope requested: " + scope)
		}
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes, nil
}

// clientTokenChanges calls the trigger PreTokenGeneration. GetClientToken declares no error of a trigger, so the error has
// a type that it declares.
// Assumed: GetClientToken answers NotAuthorizedException with the function's text if the function fails.
func (e *Engine) clientTokenChanges(ctx context.Context, c *ClientCredentials, scopes []string) (*tokens.Changes, error) {
	call := trigger.Call{ClientRequest: c.ClientRequest}
	changes, err := e.Triggers.PreTokenGeneration(ctx, call, trigger.TokenGenerationClientCredentials, scopes)
	if failure, ok := errors.AsType[*api.Error](err); ok {
		return nil, api.NotAuthorizedException(failure.Message)
	}
	return changes, err
}
