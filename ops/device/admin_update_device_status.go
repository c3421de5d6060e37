package device

import (
	"context"

	"cognate/api"
)

// AdminUpdateDeviceStatus sets whether one of a user's devices is remembered.
func (s *Service) AdminUpdateDeviceStatus(ctx context.Context, in *api.AdminUpdateDeviceStatusInput) (*api.AdminUpdateDeviceStatusOutput, error) {
	pool, user, err := s.named(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.remember(ctx, pool, user, in.DeviceKey, in.DeviceRememberedStatus); err != nil {
		return nil, err
	}
	return &api.AdminUpdateDeviceStatusOutput{}, nil
}
