package group

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminRemoveUserFromGroup removes a user from a group. It succeeds if the user is not in the group.
func (s *Service) AdminRemoveUserFromGroup(ctx context.Context, in *api.AdminRemoveUserFromGroupInput) (*api.AdminRemoveUserFromGroupOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Groups.Remove(ctx, pool.ID, in.GroupName, user.Sub); err != nil {
		return nil, err
	}
	return &api.AdminRemoveUserFromGroupOutput{}, nil
}
