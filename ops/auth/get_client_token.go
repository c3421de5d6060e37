package auth

import (
	"context"
	"errors"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/trigger"
)

// Assumed: the text for a client that may not use GetClientToken. The type is that of an example of AWS.
var errNotAMachine = api.NotAuthorizedException("Client is not allowed to get tokens for itself.")

// GetClientToken gives a client an access token in its own name, for a machine that no user signs in to. Source: API
// reference, GetClientToken; docs/behaviour.md §3.2.
func (s *Service) GetClientToken(ctx context.Context, in *api.GetClientTokenInput) (*api.GetClientTokenOutput, error) {
	pool, client, err := ops.Client(ctx, s.Store, in.ClientId)
	if err != nil {
		return nil, err
	}
	if err := client.RequireSecret(in.Secret, api.NotAuthorizedException); err != nil {
		return nil, err
	}
	if !client.TokensForItself() {
		return nil, errNotAMachine
	}
	scopes, err := scopesFor(client, in.Scopes)
	if err != nil {
		return nil, err
	}
	changes, err := s.changesFor(ctx, pool, client, scopes, in.ClientMetadata)
	if err != nil {
		return nil, err
	}
	set, err := s.Tokens.MintForClient(ctx, pool, client, scopes, changes)
	if err != nil {
		return nil, err
	}
	wire := set.ToWire()
	return &api.GetClientTokenOutput{ClientAuthenticationResult: &api.ClientAuthenticationResultType{
		AccessToken: wire.AccessToken, ExpiresIn: wire.ExpiresIn, TokenType: wire.TokenType,
	}}, nil
}

// scopesFor returns the scopes of a client's token: those that it asks for, once each, or all that it may have.
// Assumed: the type and text for a scope that the client does not have.
func scopesFor(client *cognate.AppClient, asked []string) ([]string, error) {
	if len(asked) == 0 {
		return client.OAuth.Scopes, nil
	}
	var scopes []string
	for _, scope := range asked {
		if !slices.Contains(client.OAuth.Scopes, scope) {
			return nil, api.InvalidParameterException("Invalid scope requested: " + scope)
		}
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes, nil
}

// changesFor asks the pool's function what to change in the token of a machine. The operation declares no error of a
// function's: what the function says is why the machine gets no token.
// Assumed: GetClientToken answers NotAuthorizedException with the function's text if the function fails.
func (s *Service) changesFor(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, scopes []string, metadata map[string]string) (*cognate.TokenChanges, error) {
	call := trigger.Call{Pool: pool, ClientID: client.ID, ClientMetadata: metadata}
	changes, err := s.Triggers.PreTokenGeneration(ctx, call, trigger.TokenGenerationClientCredentials, scopes)
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		return nil, api.NotAuthorizedException(refusal.Message)
	}
	return changes, err
}
