package user

import (
	"context"

	"cognate/api"
	"cognate/tokens"
)

// VerifyUserAttribute checks the code that verifies an email address or a phone number of the signed-in user.
func (s *Service) VerifyUserAttribute(ctx context.Context, in *api.VerifyUserAttributeInput) (*api.VerifyUserAttributeOutput, error) {
	p := tokens.PrincipalFrom(ctx)
	if err := s.Users.VerifyAttribute(ctx, p.Pool, p.User.Sub, in.AttributeName, in.Code); err != nil {
		return nil, err
	}
	return &api.VerifyUserAttributeOutput{}, nil
}
