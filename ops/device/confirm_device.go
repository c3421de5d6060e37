package device

import (
	"context"

	"cognate/account"
	"cognate/api"
	"cognate/tokens"
)

// ConfirmDevice stores the device for which the sign-in of the signed-in user returned keys.
func (s *Service) ConfirmDevice(ctx context.Context, in *api.ConfirmDeviceInput) (*api.ConfirmDeviceOutput, error) {
	needsPrompt, err := s.Devices.Confirm(ctx, tokens.PrincipalFrom(ctx), account.NewDevice{
		Key: in.DeviceKey, Name: in.DeviceName, Verifier: in.DeviceSecretVerifierConfig,
	})
	if err != nil {
		return nil, err
	}
	return &api.ConfirmDeviceOutput{UserConfirmationNecessary: new(needsPrompt)}, nil
}
