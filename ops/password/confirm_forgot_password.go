package password

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// ConfirmForgotPassword checks the code that was sent and sets the user's new password.
func (s *Service) ConfirmForgotPassword(ctx context.Context, in *api.ConfirmForgotPasswordInput) (*api.ConfirmForgotPasswordOutput, error) {
	ctx, pool, client, err := ops.AdmitUser(ctx, s.Risk, in.ClientId, in.Username, in.SecretHash, in.UserContextData)
	if err != nil {
		return nil, err
	}
	err = s.Users.ConfirmForgotPassword(ctx, &account.PasswordRecovery{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
		Username:      in.Username, Code: in.ConfirmationCode, Proposed: in.Password,
	})
	if err != nil {
		return nil, err
	}
	return &api.ConfirmForgotPasswordOutput{}, nil
}
