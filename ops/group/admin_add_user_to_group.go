package group

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminAddUserToGroup adds a user to a group. A user who is in the group stays in it.
func (s *Service) AdminAddUserToGroup(ctx context.Context, in *api.AdminAddUserToGroupInput) (*api.AdminAddUserToGroupOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Groups.Add(ctx, pool.ID, in.GroupName, user.Sub); err != nil {
		return nil, err
	}
	return &api.AdminAddUserToGroupOutput{}, nil
}
