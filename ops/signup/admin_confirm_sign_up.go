package signup

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminConfirmSignUp confirms a user without a code.
func (s *Service) AdminConfirmSignUp(ctx context.Context, in *api.AdminConfirmSignUpInput) (*api.AdminConfirmSignUpOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Users.AdminConfirmSignUp(ctx, pool, user.Sub, in.ClientMetadata); err != nil {
		return nil, err
	}
	return &api.AdminConfirmSignUpOutput{}, nil
}
