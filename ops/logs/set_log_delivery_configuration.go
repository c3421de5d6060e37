package logs

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// SetLogDeliveryConfiguration replaces the destinations of a pool's records. An empty list removes them.
// Source: docs/behaviour.md §5.10.
func (s *Service) SetLogDeliveryConfiguration(ctx context.Context, in *api.SetLogDeliveryConfigurationInput) (*api.SetLogDeliveryConfigurationOutput, error) {
	var changed *cognate.UserPool
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		if err := pool.SetLogDelivery(in.LogConfigurations); err != nil {
			return err
		}
		changed = pool
		return tx.SaveUserPool(ctx, pool)
	})
	if err != nil {
		return nil, err
	}
	return &api.SetLogDeliveryConfigurationOutput{LogDeliveryConfiguration: toWire(changed)}, nil
}
