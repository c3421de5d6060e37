package group

import (
	"cmp"
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// UpdateGroup changes the members of a group that the request has. An empty description removes the description.
// Source: docs/behaviour.md §4.8.
func (s *Service) UpdateGroup(ctx context.Context, in *api.UpdateGroupInput) (*api.UpdateGroupOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	g, err := s.Groups.Change(ctx, pool.ID, in.GroupName, func(g *cognate.Group) {
		if in.Description != nil {
			g.Description = *in.Description
		}
		g.RoleARN = cmp.Or(in.RoleArn, g.RoleARN)
		if in.Precedence != nil {
			g.Precedence = in.Precedence
		}
	})
	if err != nil {
		return nil, err
	}
	return &api.UpdateGroupOutput{Group: toWire(g)}, nil
}
