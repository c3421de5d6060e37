package replica

import (
	"context"

	"cognate"
	"cognate/api"
)

// DeleteUserPoolReplica deletes an inactive replica. Source: docs/behaviour.md §5.12.
func (s *Service) DeleteUserPoolReplica(ctx context.Context, in *api.DeleteUserPoolReplicaInput) (*api.DeleteUserPoolReplicaOutput, error) {
	var out *api.UserPoolReplicaType
	err := s.change(ctx, in.UserPoolId, func(pool *cognate.UserPool) error {
		switch {
		case !pool.IsReplicatedTo(in.RegionName):
			return cognate.ErrReplicaNotFound
		case cognate.InReplica(ctx):
			return cognate.ErrReplicaOnly
		case pool.Replica.Active:
			return cognate.ErrReplicaActive
		}
		out = toWire(pool, api.ReplicaStatusTypeDeleting)
		pool.Replica = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteUserPoolReplicaOutput{UserPoolReplica: out}, nil
}
