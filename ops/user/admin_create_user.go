package user

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// AdminCreateUser creates a user with a temporary password, or sends the invitation again.
func (s *Service) AdminCreateUser(ctx context.Context, in *api.AdminCreateUserInput) (*api.AdminCreateUserOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	user, err := s.Users.Invite(ctx, &account.Invitation{
		ClientRequest: cognate.ClientRequest{Pool: pool, Metadata: in.ClientMetadata},
		Username:      in.Username, Attributes: in.UserAttributes, TemporaryPassword: in.TemporaryPassword,
		TakeAliases: api.IsTrue(in.ForceAliasCreation), Action: in.MessageAction, Mediums: in.DesiredDeliveryMediums,
		ValidationData: in.ValidationData,
	})
	if err != nil {
		return nil, err
	}
	return &api.AdminCreateUserOutput{User: new(ops.UserType(pool, user, ops.EveryAttribute))}, nil
}
