package replica

import (
	"context"

	"cognate"
	"cognate/api"
)

// UpdateUserPoolReplica lets users sign in through a replica, or ends that.
func (s *Service) UpdateUserPoolReplica(ctx context.Context, in *api.UpdateUserPoolReplicaInput) (*api.UpdateUserPoolReplicaOutput, error) {
	var out *api.UserPoolReplicaType
	err := s.change(ctx, in.UserPoolId, func(pool *cognate.UserPool) error {
		if !pool.IsReplicatedTo(in.RegionName) {
			return cognate.ErrReplicaNotFound
		}
		pool.Replica.Active = in.Status == api.UpdateReplicaStatusTypeActive
		out = toWire(pool, statusOf(pool.Replica))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.UpdateUserPoolReplicaOutput{UserPoolReplica: out}, nil
}
