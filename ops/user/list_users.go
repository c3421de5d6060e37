package user

import (
	"context"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// maxPage is the largest page size, and the default (docs/behaviour.md §5.6).
const maxPage = 60

// ListUsers lists the users of a pool that match a filter, in pages. Without a filter it lists all users.
func (s *Service) ListUsers(ctx context.Context, in *api.ListUsersInput) (*api.ListUsersOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	query, err := s.query(pool, in)
	if err != nil {
		return nil, err
	}
	show, err := requested(pool, in.AttributesToGet)
	if err != nil {
		return nil, err
	}
	users, end, err := s.Store.Users(ctx, query)
	if err != nil {
		return nil, err
	}
	if err := requireAttributes(users, in.AttributesToGet); err != nil {
		return nil, err
	}
	out := &api.ListUsersOutput{Users: make([]api.UserType, 0, len(users))}
	for _, user := range users {
		out.Users = append(out.Users, ops.UserType(pool, user, show))
	}
	if end != nil {
		out.PaginationToken = newPageToken(in, *end, s.Now()).String()
	}
	return out, nil
}

// query returns the store's query for the request.
func (s *Service) query(pool *cognate.UserPool, in *api.ListUsersInput) (store.UserQuery, error) {
	query := store.UserQuery{PoolID: pool.ID, Limit: maxPage}
	if in.Limit != nil && *in.Limit > 0 {
		query.Limit = *in.Limit
	}
	f, err := parseFilter(in.Filter)
	if err != nil {
		return query, err
	}
	if err := f.apply(&query); err != nil || in.PaginationToken == "" {
		return query, err
	}
	query.After, err = parsePageToken(in, s.Now())
	return query, err
}

// errNoAttribute is the error for an attribute of AttributesToGet that the pool, or a user of the result, does not have.
// Source: API reference, ListUsers; docs/behaviour.md §5.6.
var errNoAttribute = api.InvalidParameterException("One or more requested attributes do not exist.")

// requested returns a function that reports whether AttributesToGet contains an attribute. Without the member it contains all.
// An empty list contains none.
func requested(pool *cognate.UserPool, names []string) (func(name string) bool, error) {
	if names == nil {
		return ops.EveryAttribute, nil
	}
	for _, name := range names {
		if _, ok := pool.Attribute(name); !ok && name != cognate.AttributeIdentities {
			return nil, errNoAttribute
		}
	}
	return func(name string) bool { return slices.Contains(names, name) }, nil
}

// requireAttributes returns an error if a user of the page does not have one of the attributes.
// Assumed: every user of the returned page must have the attributes in AttributesToGet. Other users do not count.
func requireAttributes(users []*cognate.User, names []string) error {
	for _, user := range users {
		for _, name := range names {
			if !hasAttribute(user, name) {
				return errNoAttribute
			}
		}
	}
	return nil
}

// hasAttribute reports whether a user has an attribute.
func hasAttribute(user *cognate.User, name string) bool {
	switch name {
	case cognate.AttributeSub:
		return true
	case cognate.AttributeIdentities:
		return len(user.Identities) > 0
	default:
		_, ok := user.Attributes[name]
		return ok
	}
}
