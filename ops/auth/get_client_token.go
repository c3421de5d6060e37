package auth

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/signin"
)

// GetClientToken returns an access token for the app client itself, without a user.
func (s *Service) GetClientToken(ctx context.Context, in *api.GetClientTokenInput) (*api.GetClientTokenOutput, error) {
	ctx, pool, client, err := ops.Admit(ctx, s.Risk, in.ClientId, "", nil)
	if err != nil {
		return nil, err
	}
	if err := client.RequireClientTokenSecret(in.Secret); err != nil {
		return nil, err
	}
	set, err := s.Engine.ClientToken(ctx, &signin.ClientCredentials{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
		Scopes:        in.Scopes,
	})
	if err != nil {
		return nil, clientTokenError(err)
	}
	wire := set.ToWire()
	return &api.GetClientTokenOutput{ClientAuthenticationResult: &api.ClientAuthenticationResultType{
		AccessToken: wire.AccessToken, ExpiresIn: wire.ExpiresIn, TokenType: wire.TokenType,
	}}, nil
}

// clientTokenError returns the error of the operation for an error of the rule. The operation declares no error of a trigger, so
// that of a function has a type that it declares.
// Assumed: the text for a client that may not use GetClientToken; the type is that of an example of AWS. The type and text for a
// scope that the client does not have. GetClientToken answers NotAuthorizedException with the function's text if the function
// fails.
func clientTokenError(err error) error {
	if errors.Is(err, signin.ErrFlowNotAllowed) {
		return api.NotAuthorizedException("Client is not allowed to get tokens for itself.")
	}
	if refused, ok := errors.AsType[*signin.ScopeError](err); ok {
		return api.InvalidParameterException("Invalid scope requested: " + refused.Scope)
	}
	if failure, ok := errors.AsType[*api.Error](err); ok {
		return api.NotAuthorizedException(failure.Message)
	}
	return err
}
