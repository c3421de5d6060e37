package identityprovider

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// AdminDisableProviderForUser ends the sign-in of a user with a password, if the provider is Cognito. Otherwise it removes the
// link to an account at an identity provider. Source: docs/behaviour.md §4.8.
func (s *Service) AdminDisableProviderForUser(ctx context.Context, in *api.AdminDisableProviderForUserInput) (*api.AdminDisableProviderForUserOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	identity := toIdentity(in.User)
	if err := identity.Complete("User"); err != nil {
		return nil, err
	}
	if identity.Provider != cognate.LocalProviderOfUser {
		if err := s.Links.Unlink(ctx, pool, identity); err != nil {
			return nil, err
		}
		return &api.AdminDisableProviderForUserOutput{}, nil
	}
	user, err := ops.PoolUser(ctx, s.Store, pool, identity.Value)
	if err != nil {
		return nil, err
	}
	if err := s.Links.DisablePassword(ctx, pool, user.Sub, identity.Attribute); err != nil {
		return nil, err
	}
	return &api.AdminDisableProviderForUserOutput{}, nil
}
