package webauthn

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/tokens"
)

// DeleteWebAuthnCredential deletes a passkey of the signed-in user.
func (s *Service) DeleteWebAuthnCredential(ctx context.Context, in *api.DeleteWebAuthnCredentialInput) (*api.DeleteWebAuthnCredentialOutput, error) {
	if err := s.Passkeys.Delete(ctx, tokens.PrincipalFrom(ctx), cognate.CredentialID(in.CredentialId)); err != nil {
		return nil, err
	}
	return &api.DeleteWebAuthnCredentialOutput{}, nil
}
