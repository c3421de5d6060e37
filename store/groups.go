package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

// groupTables are in the order of deletion: a transaction that adds a member has locked the user and the group, so the
// deletion of a pool waits for it before it deletes the members.
var groupTables = []table{
	{name: "user_groups", role: roleConfig, inTrash: true, key: []string{"pool_id", "name_key"}},
	{
		name: "group_members", role: roleUser, inTrash: true, key: []string{"pool_id", "name_key", "sub"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteMemberships(ctx, gen.DeleteMembershipsParams{PoolID: poolID, Sub: sub})
		},
	},
}

// noPrecedence is stored for a group without precedence. It is greater than every precedence, which has 32 bits.
const noPrecedence = 1 << 31

// Group returns a group by its exact name. Errors: ErrNotFound.
func (s *Store) Group(ctx context.Context, poolID, name string) (*cognate.Group, error) {
	row, err := s.reader.GetGroup(ctx, gen.GetGroupParams{PoolID: poolID, NameKey: cognate.GroupKey(name), Name: name})
	if err != nil {
		return nil, found("get group", err)
	}
	return groupFromRow(row.UserGroup), nil
}

// Groups returns up to limit groups of a pool whose keys are after the given one, in order of their keys.
func (s *Store) Groups(ctx context.Context, poolID, after string, limit int) ([]*cognate.Group, error) {
	rows, err := s.reader.ListGroups(ctx, gen.ListGroupsParams{PoolID: poolID, AfterKey: after, PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	groups := make([]*cognate.Group, 0, len(rows))
	for _, row := range rows {
		groups = append(groups, groupFromRow(row.UserGroup))
	}
	return groups, nil
}

// GroupsOfUser returns all groups of a user, in order of precedence and then of creation. Groups without precedence are last.
func (s *Store) GroupsOfUser(ctx context.Context, poolID, sub string) ([]*cognate.Group, error) {
	rows, err := s.reader.ListGroupsOfUser(ctx, gen.ListGroupsOfUserParams{PoolID: poolID, Sub: sub})
	if err != nil {
		return nil, fmt.Errorf("list groups of user: %w", err)
	}
	groups := make([]*cognate.Group, 0, len(rows))
	for _, row := range rows {
		groups = append(groups, groupFromRow(row.UserGroup))
	}
	return groups, nil
}

// UsersInGroup returns up to limit users of a group whose subs are after the given one, in order of their subs and without their secrets.
func (s *Store) UsersInGroup(ctx context.Context, g *cognate.Group, after string, limit int) ([]*cognate.User, error) {
	rows, err := s.reader.ListUsersInGroup(ctx, gen.ListUsersInGroupParams{
		PoolID: g.PoolID, NameKey: g.Key(), AfterSub: after, PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list users in group: %w", err)
	}
	users := make([]*cognate.User, len(rows))
	for i, row := range rows {
		if users[i], err = listedUser(g.PoolID, gen.ListUsersByIndexRow(row)); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// CreateGroup adds a group to a pool that the transaction has locked, and sets its Ordinal. Errors: ErrExists.
func (t *Tx) CreateGroup(ctx context.Context, g *cognate.Group) error {
	last, err := t.q.LastGroupOrdinal(ctx, g.PoolID)
	if err := found("create group", err); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	g.Ordinal = last + 1
	n, err := t.q.CreateGroup(ctx, gen.CreateGroupParams{
		PoolID: g.PoolID, NameKey: g.Key(), Name: g.Name, Description: g.Description, RoleArn: g.RoleARN,
		Precedence: precedenceColumn(g), Ordinal: g.Ordinal, Version: newVersion(),
		CreatedAt: millis(g.CreatedAt), ModifiedAt: millis(g.ModifiedAt),
	})
	return changed("create group", ErrExists, n, err)
}

// CountGroups returns the number of groups of a pool that the transaction has locked.
func (t *Tx) CountGroups(ctx context.Context, poolID string) (int, error) {
	n, err := t.q.CountGroups(ctx, poolID)
	if err != nil {
		return 0, fmt.Errorf("count groups: %w", err)
	}
	return int(n), nil
}

// LockGroup returns a group that the caller can change, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockGroup(ctx context.Context, poolID, name string) (*cognate.Group, error) {
	row, err := t.q.LockGroup(ctx, gen.LockGroupParams{PoolID: poolID, NameKey: cognate.GroupKey(name), Name: name})
	if err != nil {
		return nil, found("lock group", err)
	}
	return groupFromRow(row), nil
}

// SaveGroup stores a group that the transaction has locked.
func (t *Tx) SaveGroup(ctx context.Context, g *cognate.Group) error {
	err := t.q.SaveGroup(ctx, gen.SaveGroupParams{
		Description: g.Description, RoleArn: g.RoleARN, Precedence: precedenceColumn(g), ModifiedAt: millis(g.ModifiedAt),
		PoolID: g.PoolID, NameKey: g.Key(),
	})
	if err != nil {
		return fmt.Errorf("save group: %w", err)
	}
	return nil
}

// DeleteGroup deletes a group with its memberships. Errors: ErrNotFound.
func (t *Tx) DeleteGroup(ctx context.Context, poolID, name string) error {
	key := cognate.GroupKey(name)
	n, err := t.q.DeleteGroup(ctx, gen.DeleteGroupParams{PoolID: poolID, NameKey: key, Name: name})
	if err := changed("delete group", ErrNotFound, n, err); err != nil {
		return err
	}
	if err := t.q.DeleteGroupMembers(ctx, gen.DeleteGroupMembersParams{PoolID: poolID, NameKey: key}); err != nil {
		return fmt.Errorf("delete group: %w", err)
	}
	return nil
}

// AddToGroup adds a user to a group. The transaction has locked both. Errors: ErrExists if the user is in the group.
func (t *Tx) AddToGroup(ctx context.Context, g *cognate.Group, sub string, now time.Time) error {
	n, err := t.q.AddGroupMember(ctx, gen.AddGroupMemberParams{
		PoolID: g.PoolID, NameKey: g.Key(), Sub: sub, CreatedAt: millis(now),
	})
	return changed("add to group", ErrExists, n, err)
}

// RemoveFromGroup removes a user from a group. Errors: ErrNotFound if the user is not in the group.
func (t *Tx) RemoveFromGroup(ctx context.Context, g *cognate.Group, sub string) error {
	n, err := t.q.RemoveGroupMember(ctx, gen.RemoveGroupMemberParams{PoolID: g.PoolID, NameKey: g.Key(), Sub: sub})
	return changed("remove from group", ErrNotFound, n, err)
}

// IsInGroup reports whether a user is in a group.
func (t *Tx) IsInGroup(ctx context.Context, g *cognate.Group, sub string) (bool, error) {
	n, err := t.q.CountUserInGroup(ctx, gen.CountUserInGroupParams{PoolID: g.PoolID, NameKey: g.Key(), Sub: sub})
	if err != nil {
		return false, fmt.Errorf("find in group: %w", err)
	}
	return n > 0, nil
}

// CountGroupsOfUser returns the number of groups of a user that the transaction has locked.
func (t *Tx) CountGroupsOfUser(ctx context.Context, poolID, sub string) (int, error) {
	n, err := t.q.CountGroupsOfUser(ctx, gen.CountGroupsOfUserParams{PoolID: poolID, Sub: sub})
	if err != nil {
		return 0, fmt.Errorf("count groups of user: %w", err)
	}
	return int(n), nil
}

func precedenceColumn(g *cognate.Group) int64 {
	if g.Precedence == nil {
		return noPrecedence
	}
	return int64(*g.Precedence)
}

func groupFromRow(row gen.UserGroup) *cognate.Group {
	g := &cognate.Group{
		PoolID: row.PoolID, Name: row.Name, Description: row.Description, RoleARN: row.RoleArn, Ordinal: row.Ordinal,
		CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
	}
	if row.Precedence != noPrecedence {
		g.Precedence = new(int(row.Precedence))
	}
	return g
}
