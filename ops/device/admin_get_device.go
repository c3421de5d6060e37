package device

import (
	"context"

	"cognate/api"
)

// AdminGetDevice returns one of a user's devices.
func (s *Service) AdminGetDevice(ctx context.Context, in *api.AdminGetDeviceInput) (*api.AdminGetDeviceOutput, error) {
	pool, user, err := s.shown(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	device, err := s.get(ctx, user, in.DeviceKey)
	if err != nil {
		return nil, err
	}
	return &api.AdminGetDeviceOutput{Device: toWire(pool, user, device)}, nil
}
