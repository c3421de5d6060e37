package device

import (
	"context"

	"cognate/api"
)

// AdminForgetDevice deletes one of a user's devices.
func (s *Service) AdminForgetDevice(ctx context.Context, in *api.AdminForgetDeviceInput) (*api.AdminForgetDeviceOutput, error) {
	pool, user, err := s.named(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Devices.Forget(ctx, pool, user.Sub, in.DeviceKey); err != nil {
		return nil, err
	}
	return &api.AdminForgetDeviceOutput{}, nil
}
