// Package replica has the operations on replicas of user pools. cognate.Replica has the rules. The dispatcher limits the
// operations in the Region of a replica.
package replica

import (
	"context"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	// Regions are the Regions in which pools can have replicas.
	Regions []cognate.ReplicaRegion
	Now     func() time.Time
}

func (s *Service) allows(region string) bool {
	return slices.ContainsFunc(s.Regions, func(r cognate.ReplicaRegion) bool { return r.Region == region })
}

// change locks a pool of the caller, calls edit and saves the pool.
func (s *Service) change(ctx context.Context, id string, edit func(*cognate.UserPool) error) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := edit(pool); err != nil {
			return err
		}
		pool.ModifiedAt = s.Now()
		return tx.SaveUserPool(ctx, pool)
	})
}

func statusOf(r *cognate.Replica) api.ReplicaStatusType {
	if r.Active {
		return api.ReplicaStatusTypeActive
	}
	return api.ReplicaStatusTypeInactive
}

func toWire(p *cognate.UserPool, status api.ReplicaStatusType) *api.UserPoolReplicaType {
	return &api.UserPoolReplicaType{
		RegionName: p.Replica.Region, Status: status, Role: api.ReplicaRoleTypeSecondary, UserPoolArn: p.ARNIn(p.Replica.Region),
	}
}
