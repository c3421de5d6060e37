package device

import (
	"context"

	"cognate/api"
)

// ForgetDevice deletes one of the signed-in user's devices.
func (s *Service) ForgetDevice(ctx context.Context, in *api.ForgetDeviceInput) (*api.ForgetDeviceOutput, error) {
	pool, user, err := self(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Devices.Forget(ctx, pool, user.Sub, in.DeviceKey); err != nil {
		return nil, err
	}
	return &api.ForgetDeviceOutput{}, nil
}
