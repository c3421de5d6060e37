package password

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// ForgotPassword sends a user a code for setting a new password.
func (s *Service) ForgotPassword(ctx context.Context, in *api.ForgotPasswordInput) (*api.ForgotPasswordOutput, error) {
	ctx, pool, client, err := ops.AdmitUser(ctx, s.Risk, in.ClientId, in.Username, in.SecretHash, in.UserContextData)
	if err != nil {
		return nil, err
	}
	delivery, err := s.Users.ForgotPassword(ctx, &account.Request{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
		Username:      in.Username,
	})
	if err != nil {
		return nil, err
	}
	return &api.ForgotPasswordOutput{CodeDeliveryDetails: delivery}, nil
}
