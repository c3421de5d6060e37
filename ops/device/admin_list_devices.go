package device

import (
	"context"

	"cognate/api"
)

// AdminListDevices lists a user's devices, in pages.
func (s *Service) AdminListDevices(ctx context.Context, in *api.AdminListDevicesInput) (*api.AdminListDevicesOutput, error) {
	pool, user, err := s.shown(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	devices, next, err := s.page(ctx, "AdminListDevices", user, in.Limit, in.PaginationToken)
	if err != nil {
		return nil, err
	}
	out := &api.AdminListDevicesOutput{Devices: make([]api.DeviceType, 0, len(devices)), PaginationToken: next}
	for _, d := range devices {
		out.Devices = append(out.Devices, *toWire(pool, user, d))
	}
	return out, nil
}
