package signup

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// ResendConfirmationCode sends an unconfirmed user a new code.
func (s *Service) ResendConfirmationCode(ctx context.Context, in *api.ResendConfirmationCodeInput) (*api.ResendConfirmationCodeOutput, error) {
	ctx, pool, client, err := ops.AdmitUser(ctx, s.Risk, in.ClientId, in.Username, in.SecretHash, in.UserContextData)
	if err != nil {
		return nil, err
	}
	delivery, err := s.Users.ResendCode(ctx, &account.Request{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
		Username:      in.Username,
	})
	if err != nil {
		return nil, err
	}
	return &api.ResendConfirmationCodeOutput{CodeDeliveryDetails: delivery}, nil
}
