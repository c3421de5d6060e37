package signin

import (
	"context"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/tokens"
	"cognate/trigger"
)

// ClientCredentials is a request for an access token in the client's own name. The caller has checked the client secret.
type ClientCredentials struct {
	cognate.ClientRequest
	// OAuth says that the request is of the OAuth 2.0 flow client_credentials, which the client must have. Otherwise it is of the
	// API, and the client must allow that (AppClient.MayGetClientTokens).
	OAuth    bool
	Scopes   []string // empty asks for all of AppClient.ClientTokenScopes
	Resource string   // audience of the token; empty for none
}

// ScopeError is the error for a scope that the token of a client cannot have.
type ScopeError struct {
	Scope  string
	Exists bool // as a custom scope of the pool
}

func (e *ScopeError) Error() string { return "signin: the client does not have the scope " + e.Scope }

// ClientToken signs an access token in a client's own name, for a machine that no user signs in to.
// Errors: ErrFlowNotAllowed if the client may not get one; *ScopeError; those of the trigger PreTokenGeneration.
// Source: API reference, GetClientToken; docs/behaviour.md §3.2, §7.2, §7.8.
func (e *Engine) ClientToken(ctx context.Context, c *ClientCredentials) (set *tokens.Set, err error) {
	defer func() { e.started(flowClientCredentials, nil, err) }()
	custom, err := e.Store.CustomScopes(ctx, c.Pool.ID)
	if err != nil {
		return nil, err
	}
	possible := c.Client.ClientTokenScopes(custom)
	if !c.isAllowed() || len(possible) == 0 {
		return nil, ErrFlowNotAllowed
	}
	scopes, err := c.grantedScopes(possible, custom)
	if err != nil {
		return nil, err
	}
	changes, err := e.clientTokenChanges(ctx, c, scopes)
	if err != nil {
		return nil, err
	}
	return e.Tokens.MintForClient(ctx, &tokens.ClientIssue{
		Pool: c.Pool, Client: c.Client, Scopes: scopes, Resource: c.Resource, DPoPKey: c.DPoPKey, Changes: changes,
	})
}

// isAllowed reports whether the client has the flow of the request. The API cannot bind a token to a key.
func (c *ClientCredentials) isAllowed() bool {
	if c.Pool.RequiresDPoP(c.Client) && c.DPoPKey == "" {
		return false
	}
	if c.OAuth {
		return c.Pool.IsConfidential(c.Client) && c.Client.OAuth.Allows(api.OAuthFlowTypeClientCredentials)
	}
	return c.Client.MayGetClientTokens()
}

// grantedScopes returns the scopes of the token: the requested ones, once each, or all possible ones. In OAuth 2.0, scopes of the
// client that its resource server no longer has are left out. Errors: *ScopeError.
func (c *ClientCredentials) grantedScopes(possible []string, custom cognate.CustomScopes) ([]string, error) {
	if len(c.Scopes) == 0 {
		return possible, nil
	}
	var scopes []string
	for _, scope := range c.Scopes {
		switch {
		case slices.Contains(scopes, scope):
		case slices.Contains(possible, scope):
			scopes = append(scopes, scope)
		case !c.OAuth || !slices.Contains(c.Client.OAuth.Scopes, scope):
			return nil, &ScopeError{Scope: scope, Exists: custom.Has(scope)}
		}
	}
	if len(scopes) == 0 { // all that were requested are inactive
		return nil, &ScopeError{Scope: c.Scopes[0]}
	}
	return scopes, nil
}

// clientTokenChanges calls the trigger PreTokenGeneration.
func (e *Engine) clientTokenChanges(ctx context.Context, c *ClientCredentials, scopes []string) (*tokens.Changes, error) {
	call := trigger.Call{ClientRequest: c.ClientRequest}
	return e.Triggers.PreTokenGeneration(ctx, call, trigger.TokenGenerationClientCredentials, scopes)
}
