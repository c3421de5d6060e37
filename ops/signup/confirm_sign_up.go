package signup

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
)

// ConfirmSignUp confirms a user by the code that was sent.
func (s *Service) ConfirmSignUp(ctx context.Context, in *api.ConfirmSignUpInput) (*api.ConfirmSignUpOutput, error) {
	pool, client, err := ops.ClientOf(ctx, s.Store, in.ClientId, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	session, err := s.open(client, in.Session)
	if err != nil {
		return nil, err
	}
	user, err := s.Users.ConfirmSignUp(ctx, &account.Confirmation{
		Pool: pool, Client: client, Username: in.Username, Code: in.ConfirmationCode,
		TakeAliases: in.ForceAliasCreation != nil && *in.ForceAliasCreation,
		Metadata:    in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	out := new(api.ConfirmSignUpOutput)
	if session != nil && session.Sub == user.Sub || codeSignsIn(pool, user) {
		out.Session, err = s.handOn(client, user, cognate.StepSignedUp)
	}
	return out, err
}
