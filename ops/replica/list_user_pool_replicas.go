package replica

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// ListUserPoolReplicas lists the pool itself and its replica. There are at most two entries, so there is only one page.
func (s *Service) ListUserPoolReplicas(ctx context.Context, in *api.ListUserPoolReplicasInput) (*api.ListUserPoolReplicasOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if in.NextToken != "" {
		return nil, ops.ErrPageToken
	}
	list := []api.UserPoolReplicaType{{
		RegionName: pool.Region(), Status: api.ReplicaStatusTypeActive, Role: api.ReplicaRoleTypePrimary, UserPoolArn: pool.ARN(),
	}}
	if pool.Replica != nil {
		list = append(list, *toWire(pool, statusOf(pool.Replica)))
	}
	return &api.ListUserPoolReplicasOutput{UserPoolReplicas: list}, nil
}
