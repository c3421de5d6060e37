package mfa

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminDeleteSoftwareToken takes a user's software token away, for example with a lost phone. A user without one stays so.
func (s *Service) AdminDeleteSoftwareToken(ctx context.Context, in *api.AdminDeleteSoftwareTokenInput) (*api.AdminDeleteSoftwareTokenOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Factors.Remove(ctx, pool, user.Sub); err != nil {
		return nil, err
	}
	return &api.AdminDeleteSoftwareTokenOutput{}, nil
}
