package user

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// AdminDeleteUserAttributes deletes attributes of a user.
func (s *Service) AdminDeleteUserAttributes(ctx context.Context, in *api.AdminDeleteUserAttributesInput) (*api.AdminDeleteUserAttributesOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	change := &account.AttributeChange{ClientRequest: cognate.ClientRequest{Pool: pool}, User: user}
	if err := s.Users.DeleteAttributes(ctx, change, in.UserAttributeNames); err != nil {
		return nil, err
	}
	return &api.AdminDeleteUserAttributesOutput{}, nil
}
