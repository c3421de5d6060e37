package user

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// AdminUpdateUserAttributes changes a user's attributes. It can also change email_verified and phone_number_verified.
func (s *Service) AdminUpdateUserAttributes(ctx context.Context, in *api.AdminUpdateUserAttributesInput) (*api.AdminUpdateUserAttributesOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	change := &account.AttributeChange{ClientRequest: cognate.ClientRequest{Pool: pool, Metadata: in.ClientMetadata}, User: user}
	if _, err := s.Users.UpdateAttributes(ctx, change, in.UserAttributes); err != nil {
		return nil, err
	}
	return &api.AdminUpdateUserAttributesOutput{}, nil
}
