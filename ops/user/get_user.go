package user

import (
	"context"

	"cognate/api"
	"cognate/ops"
	"cognate/tokens"
)

// GetUser returns the signed-in user, with the attributes that the app client can read.
func (s *Service) GetUser(ctx context.Context, _ *api.GetUserInput) (*api.GetUserOutput, error) {
	p := tokens.PrincipalFrom(ctx)
	return &api.GetUserOutput{
		Username: p.User.Username, UserAttributes: ops.AttributeList(p.Pool, p.User, p.Client.MayRead),
		PreferredMfaSetting: string(p.User.MFA.Preferred), UserMFASettingList: p.User.MFA.Names(),
		MFAOptions: ops.MFAOptions(p.User),
	}, nil
}
