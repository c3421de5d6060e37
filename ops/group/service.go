// Package group has the operations on groups of users. The rules are in package account. Package tokens decides what tokens
// say about groups.
package group

import (
	"context"
	"errors"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store  *store.Store
	Groups *account.Groups
}

// maxPage is the largest page size, and the default. Source: API reference; docs/behaviour.md §4.8.
const maxPage = 60

// get returns a group of a pool that the caller owns. Errors: ResourceNotFoundException, for the pool or the group.
func (s *Service) get(ctx context.Context, poolID, name string) (*cognate.UserPool, *cognate.Group, error) {
	pool, err := ops.Pool(ctx, s.Store, poolID)
	if err != nil {
		return nil, nil, err
	}
	g, err := s.Store.Group(ctx, poolID, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, account.ErrGroupNotFound
	}
	return pool, g, err
}

// toWire returns a group in the shape of the API. It leaves out what the group does not have (docs/behaviour.md §4.8).
func toWire(g *cognate.Group) *api.GroupType {
	out := &api.GroupType{
		GroupName: g.Name, UserPoolId: g.PoolID, RoleArn: g.RoleARN, Precedence: g.Precedence,
		LastModifiedDate: api.EpochOf(g.ModifiedAt), CreationDate: api.EpochOf(g.CreatedAt),
	}
	if g.Description != "" {
		out.Description = &g.Description
	}
	return out
}

func toWires(groups []*cognate.Group) []api.GroupType {
	out := make([]api.GroupType, 0, len(groups))
	for _, g := range groups {
		out = append(out, *toWire(g))
	}
	return out
}
