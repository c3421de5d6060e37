package signup

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// SignUp creates a user. The user is unconfirmed unless the pre sign-up trigger confirms it.
func (s *Service) SignUp(ctx context.Context, in *api.SignUpInput) (*api.SignUpOutput, error) {
	ctx, pool, client, err := ops.AdmitUser(ctx, s.Risk, in.ClientId, in.Username, in.SecretHash, in.UserContextData)
	if err != nil {
		return nil, err
	}
	user, delivery, err := s.Users.SignUp(ctx, &account.Registration{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
		Username:      in.Username, Password: in.Password, Attributes: in.UserAttributes,
		ValidationData: in.ValidationData,
	})
	if err != nil {
		return nil, err
	}
	out := &api.SignUpOutput{UserConfirmed: new(false), UserSub: user.Sub, CodeDeliveryDetails: delivery}
	if user.Status == api.UserStatusTypeConfirmed { // no confirmation follows, and no code was sent
		out.UserConfirmed = new(true)
		return out, nil
	}
	out.Session, err = s.Engine.SignedUp(client, user)
	return out, err
}
