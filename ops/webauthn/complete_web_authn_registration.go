package webauthn

import (
	"context"

	"cognate/api"
	"cognate/tokens"
)

// CompleteWebAuthnRegistration registers the passkey that the signed-in user's client has created.
func (s *Service) CompleteWebAuthnRegistration(ctx context.Context, in *api.CompleteWebAuthnRegistrationInput) (*api.CompleteWebAuthnRegistrationOutput, error) {
	if err := s.Passkeys.Complete(ctx, tokens.PrincipalFrom(ctx), in.Credential); err != nil {
		return nil, err
	}
	return &api.CompleteWebAuthnRegistrationOutput{}, nil
}
