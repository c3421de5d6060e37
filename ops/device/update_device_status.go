package device

import (
	"context"

	"cognate/api"
)

// UpdateDeviceStatus sets whether one of the signed-in user's devices is remembered.
func (s *Service) UpdateDeviceStatus(ctx context.Context, in *api.UpdateDeviceStatusInput) (*api.UpdateDeviceStatusOutput, error) {
	pool, user, err := self(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.remember(ctx, pool, user, in.DeviceKey, in.DeviceRememberedStatus); err != nil {
		return nil, err
	}
	return &api.UpdateDeviceStatusOutput{}, nil
}
