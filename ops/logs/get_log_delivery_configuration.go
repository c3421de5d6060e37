package logs

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// GetLogDeliveryConfiguration returns where a pool sends its records.
func (s *Service) GetLogDeliveryConfiguration(ctx context.Context, in *api.GetLogDeliveryConfigurationInput) (*api.GetLogDeliveryConfigurationOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &api.GetLogDeliveryConfigurationOutput{LogDeliveryConfiguration: toWire(pool)}, nil
}
