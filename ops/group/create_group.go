package group

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// CreateGroup adds a group to a pool.
//
// Assumed: a group with an empty description is one without a description.
func (s *Service) CreateGroup(ctx context.Context, in *api.CreateGroupInput) (*api.CreateGroupOutput, error) {
	g := &cognate.Group{PoolID: in.UserPoolId, Name: in.GroupName, RoleARN: in.RoleArn, Precedence: in.Precedence}
	if in.Description != nil {
		g.Description = *in.Description
	}
	err := s.Groups.Create(ctx, g, func(tx *store.Tx) error {
		_, err := ops.LockPool(ctx, tx, in.UserPoolId)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.CreateGroupOutput{Group: toWire(g)}, nil
}
