package webauthn

import (
	"context"

	"cognate/api"
	"cognate/tokens"
)

// StartWebAuthnRegistration starts the registration of a passkey of the signed-in user.
func (s *Service) StartWebAuthnRegistration(ctx context.Context, _ *api.StartWebAuthnRegistrationInput) (*api.StartWebAuthnRegistrationOutput, error) {
	options, err := s.Passkeys.Start(ctx, tokens.PrincipalFrom(ctx))
	if err != nil {
		return nil, err
	}
	return &api.StartWebAuthnRegistrationOutput{CredentialCreationOptions: options}, nil
}
