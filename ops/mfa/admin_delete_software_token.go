package mfa

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminDeleteSoftwareToken deletes a user's software token, for example after the user lost the phone. Without a token it does
// nothing.
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
