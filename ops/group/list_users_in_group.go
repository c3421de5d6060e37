package group

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// ListUsersInGroup lists the users of a group, in order of their subs.
// Assumed: the order of ListUsersInGroup.
func (s *Service) ListUsersInGroup(ctx context.Context, in *api.ListUsersInGroupInput) (*api.ListUsersInGroupOutput, error) {
	pool, g, err := s.get(ctx, in.UserPoolId, in.GroupName)
	if err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "ListUsersInGroup", Owner: pool.ID, Filter: g.Name}
	after, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	size := ops.PageSize(in.Limit, maxPage)
	users, err := s.Store.UsersInGroup(ctx, g, after[0], size+1)
	if err != nil {
		return nil, err
	}
	users, next := ops.Page(list, users, size, func(u *cognate.User) []string { return []string{u.Sub} })
	out := &api.ListUsersInGroupOutput{Users: make([]api.UserType, 0, len(users)), NextToken: next}
	for _, user := range users {
		out.Users = append(out.Users, ops.UserType(pool, user, ops.EveryAttribute))
	}
	return out, nil
}
