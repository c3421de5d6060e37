package group

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// ListGroups lists the groups of a pool, in order of their names without differences of case.
// Assumed: the order of ListGroups.
func (s *Service) ListGroups(ctx context.Context, in *api.ListGroupsInput) (*api.ListGroupsOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "ListGroups", Owner: pool.ID}
	after, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	size := ops.PageSize(in.Limit, maxPage)
	groups, err := s.Store.Groups(ctx, pool.ID, after[0], size+1)
	if err != nil {
		return nil, err
	}
	groups, next := ops.Page(list, groups, size, func(g *cognate.Group) []string { return []string{g.Key()} })
	return &api.ListGroupsOutput{Groups: toWires(groups), NextToken: next}, nil
}
