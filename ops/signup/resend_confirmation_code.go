package signup

import (
	"context"

	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// ResendConfirmationCode sends an unconfirmed user a new code.
func (s *Service) ResendConfirmationCode(ctx context.Context, in *api.ResendConfirmationCodeInput) (*api.ResendConfirmationCodeOutput, error) {
	pool, client, err := ops.ClientOf(ctx, s.Store, in.ClientId, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	delivery, err := s.Users.ResendCode(ctx, &account.Request{
		Pool: pool, Client: client, Username: in.Username, Metadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return &api.ResendConfirmationCodeOutput{CodeDeliveryDetails: delivery}, nil
}
