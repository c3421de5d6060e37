package replica

import (
	"context"

	"cognate"
	"cognate/api"
)

// CreateUserPoolReplica adds a replica, which is inactive immediately.
func (s *Service) CreateUserPoolReplica(ctx context.Context, in *api.CreateUserPoolReplicaInput) (*api.CreateUserPoolReplicaOutput, error) {
	var out *api.UserPoolReplicaType
	err := s.change(ctx, in.UserPoolId, func(pool *cognate.UserPool) error {
		if !s.allows(in.RegionName) || in.RegionName == pool.Region() {
			return cognate.ErrReplicaRegion
		}
		if err := pool.CheckReplica(); err != nil {
			return err
		}
		replica := &cognate.Replica{Region: in.RegionName, Tags: in.UserPoolTags, CreatedAt: s.Now()}
		if err := replica.CheckTags(); err != nil {
			return err
		}
		if pool.Replica != nil {
			return cognate.ErrReplicaExists
		}
		pool.Replica = replica
		out = toWire(pool, api.ReplicaStatusTypeInactive)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.CreateUserPoolReplicaOutput{UserPoolReplica: out}, nil
}
