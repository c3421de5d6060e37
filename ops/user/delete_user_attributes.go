package user

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/tokens"
)

// DeleteUserAttributes deletes attributes of the signed-in user that the app client can write.
func (s *Service) DeleteUserAttributes(ctx context.Context, in *api.DeleteUserAttributesInput) (*api.DeleteUserAttributesOutput, error) {
	p := tokens.PrincipalFrom(ctx)
	change := &account.AttributeChange{ClientRequest: cognate.ClientRequest{Pool: p.Pool, Client: p.Client}, User: p.User}
	if err := s.Users.DeleteAttributes(ctx, change, in.UserAttributeNames); err != nil {
		return nil, err
	}
	return &api.DeleteUserAttributesOutput{}, nil
}
