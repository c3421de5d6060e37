package signup

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// ConfirmSignUp checks the code that was sent and confirms the user.
func (s *Service) ConfirmSignUp(ctx context.Context, in *api.ConfirmSignUpInput) (*api.ConfirmSignUpOutput, error) {
	ctx, pool, client, err := ops.AdmitUser(ctx, s.Risk, in.ClientId, in.Username, in.SecretHash, in.UserContextData)
	if err != nil {
		return nil, err
	}
	session, err := s.Engine.OpenSignUp(client, in.Session)
	if err != nil {
		return nil, err
	}
	user, err := s.Users.ConfirmSignUp(ctx, &account.Confirmation{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
		Username:      in.Username, Code: in.ConfirmationCode,
		TakeAliases: in.ForceAliasCreation != nil && *in.ForceAliasCreation,
	})
	if err != nil {
		return nil, err
	}
	next, err := s.Engine.Confirmed(pool, client, user, session)
	return &api.ConfirmSignUpOutput{Session: next}, err
}
