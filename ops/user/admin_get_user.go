package user

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminGetUser returns a user.
func (s *Service) AdminGetUser(ctx context.Context, in *api.AdminGetUserInput) (*api.AdminGetUserOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &api.AdminGetUserOutput{
		Username: user.Username, UserAttributes: ops.AttributeList(pool, user, ops.EveryAttribute),
		UserCreateDate: api.EpochOf(user.Created), UserLastModifiedDate: api.EpochOf(user.Modified),
		Enabled: new(user.Enabled), UserStatus: user.Status,
		PreferredMfaSetting: string(user.MFA.Preferred), UserMFASettingList: user.MFA.Names(),
		MFAOptions: ops.MFAOptions(user),
	}, nil
}
