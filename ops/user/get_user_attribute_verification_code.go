package user

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/tokens"
)

// GetUserAttributeVerificationCode sends the signed-in user a code that verifies an email address or a phone number.
func (s *Service) GetUserAttributeVerificationCode(ctx context.Context, in *api.GetUserAttributeVerificationCodeInput) (*api.GetUserAttributeVerificationCodeOutput, error) {
	p := tokens.PrincipalFrom(ctx)
	delivery, err := s.Users.SendAttributeCode(ctx, &account.AttributeRequest{
		ClientRequest: cognate.ClientRequest{Pool: p.Pool, Client: p.Client, Metadata: in.ClientMetadata},
		Sub:           p.User.Sub, Name: in.AttributeName,
	})
	if err != nil {
		return nil, err
	}
	return &api.GetUserAttributeVerificationCodeOutput{CodeDeliveryDetails: delivery}, nil
}
