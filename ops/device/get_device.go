package device

import (
	"context"

	"cognate/api"
)

// GetDevice returns one of the signed-in user's devices.
func (s *Service) GetDevice(ctx context.Context, in *api.GetDeviceInput) (*api.GetDeviceOutput, error) {
	pool, user, err := self(ctx)
	if err != nil {
		return nil, err
	}
	device, err := s.get(ctx, user, in.DeviceKey)
	if err != nil {
		return nil, err
	}
	return &api.GetDeviceOutput{Device: toWire(pool, user, device)}, nil
}
