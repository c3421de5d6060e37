package mfa

import (
	"context"

	"cognate/api"
	"cognate/ops"
	"cognate/tokens"
)

// GetUserAuthFactors lists the factors of the signed-in user.
func (s *Service) GetUserAuthFactors(ctx context.Context, _ *api.GetUserAuthFactorsInput) (*api.GetUserAuthFactorsOutput, error) {
	principal := tokens.PrincipalFrom(ctx)
	user := principal.User
	return &api.GetUserAuthFactorsOutput{
		Username:                  user.Username,
		PreferredMfaSetting:       string(user.MFA.Preferred),
		UserMFASettingList:        user.MFA.Names(),
		ConfiguredUserAuthFactors: user.ConfiguredFactors(principal.Pool),
	}, nil
}

// AdminGetUserAuthFactors lists the factors of a user.
func (s *Service) AdminGetUserAuthFactors(ctx context.Context, in *api.AdminGetUserAuthFactorsInput) (*api.AdminGetUserAuthFactorsOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &api.AdminGetUserAuthFactorsOutput{
		Username:                  user.Username,
		PreferredMfaSetting:       string(user.MFA.Preferred),
		UserMFASettingList:        user.MFA.Names(),
		ConfiguredUserAuthFactors: user.ConfiguredFactors(pool),
	}, nil
}
