package group

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// AdminListGroupsForUser lists the groups of a user, in the order of the claim cognito:groups.
func (s *Service) AdminListGroupsForUser(ctx context.Context, in *api.AdminListGroupsForUserInput) (*api.AdminListGroupsForUserOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "AdminListGroupsForUser", Owner: pool.ID, Filter: user.Sub}
	after, err := parsePosition(list, in.NextToken)
	if err != nil {
		return nil, err
	}
	groups, err := s.Store.GroupsOfUser(ctx, pool.ID, user.Sub)
	if err != nil {
		return nil, err
	}
	groups = slices.DeleteFunc(groups, func(g *cognate.Group) bool { return positionOf(g).compare(after) <= 0 })
	size := ops.PageSize(in.Limit, maxPage)
	groups, next := ops.Page(list, groups, size, func(g *cognate.Group) []string { return positionOf(g).texts() })
	return &api.AdminListGroupsForUserOutput{Groups: toWires(groups), NextToken: next}, nil
}

// position is the place of a group in the list of a user's groups.
type position struct{ precedence, ordinal int64 }

func positionOf(g *cognate.Group) position {
	if g.Precedence == nil {
		return position{math.MaxInt64, g.Ordinal}
	}
	return position{int64(*g.Precedence), g.Ordinal}
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.precedence, q.precedence), cmp.Compare(p.ordinal, q.ordinal))
}

func (p position) texts() []string {
	return []string{strconv.FormatInt(p.precedence, 10), strconv.FormatInt(p.ordinal, 10)}
}

// parsePosition returns the position in a pagination token. Without a token it is before all groups.
// Errors: InvalidParameterException.
func parsePosition(list ops.PageList, token string) (position, error) {
	if token == "" {
		return position{-1, -1}, nil
	}
	texts, err := list.After(token, 2)
	if err != nil {
		return position{}, err
	}
	precedence, err := strconv.ParseInt(texts[0], 10, 64)
	if err != nil {
		return position{}, ops.ErrPageToken
	}
	ordinal, err := strconv.ParseInt(texts[1], 10, 64)
	if err != nil {
		return position{}, ops.ErrPageToken
	}
	return position{precedence, ordinal}, nil
}
