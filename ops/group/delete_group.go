package group

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// DeleteGroup deletes a group, with or without members.
func (s *Service) DeleteGroup(ctx context.Context, in *api.DeleteGroupInput) (*api.DeleteGroupOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if err := s.Groups.Delete(ctx, pool.ID, in.GroupName); err != nil {
		return nil, err
	}
	return &api.DeleteGroupOutput{}, nil
}
