package device

import (
	"context"

	"cognate/api"
)

// ListDevices lists the signed-in user's devices, in pages.
func (s *Service) ListDevices(ctx context.Context, in *api.ListDevicesInput) (*api.ListDevicesOutput, error) {
	_, user, err := self(ctx)
	if err != nil {
		return nil, err
	}
	devices, next, err := s.page(ctx, "ListDevices", user, in.Limit, in.PaginationToken)
	if err != nil {
		return nil, err
	}
	out := &api.ListDevicesOutput{Devices: make([]api.DeviceType, 0, len(devices)), PaginationToken: next}
	for _, d := range devices {
		out.Devices = append(out.Devices, *listedToWire(d))
	}
	return out, nil
}
