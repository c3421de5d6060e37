package group

import (
	"context"

	"cognate/api"
)

// GetGroup returns a group.
//
// Assumed: a group is found by its exact name only, although no other name may differ from it only by case.
func (s *Service) GetGroup(ctx context.Context, in *api.GetGroupInput) (*api.GetGroupOutput, error) {
	_, g, err := s.get(ctx, in.UserPoolId, in.GroupName)
	if err != nil {
		return nil, err
	}
	return &api.GetGroupOutput{Group: toWire(g)}, nil
}
