package signup

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// SignUp makes an unconfirmed user.
func (s *Service) SignUp(ctx context.Context, in *api.SignUpInput) (*api.SignUpOutput, error) {
	pool, client, err := ops.ClientOf(ctx, s.Store, in.ClientId, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	user, delivery, err := s.Users.SignUp(ctx, &account.Registration{
		Pool: pool, Client: client, Username: in.Username, Password: in.Password, Attributes: in.UserAttributes,
	})
	if err != nil {
		return nil, err
	}
	session, err := s.handOn(client, user, cognate.StepSigningUp)
	if err != nil {
		return nil, err
	}
	return &api.SignUpOutput{UserConfirmed: new(false), UserSub: user.Sub, CodeDeliveryDetails: delivery, Session: session}, nil
}
