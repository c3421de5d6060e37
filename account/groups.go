package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
)

// The errors of groups. Source: docs/behaviour.md §4.8.
var (
	ErrGroupNotFound = api.ResourceNotFoundException("Group not found.")
	errGroupExists   = api.GroupExistsException("A group with the name already exists.")
)

// errTooManyGroups says that a user is in as many groups as the quota allows. AdminAddUserToGroup does not declare
// LimitExceededException.
// Assumed: AdminAddUserToGroup answers InvalidParameterException for a user who is in 100 groups.
var errTooManyGroups = api.InvalidParameterException(fmt.Sprintf("A user can be in at most %d groups.", cognate.QuotaGroupsOfUser.Max))

// Groups holds the rules by which groups are created, changed and deleted, and users are in them.
type Groups struct {
	Store  *store.Store
	Quotas cognate.Quotas
	Now    func() time.Time
}

// Create adds a group and sets its times. lockPool locks its pool, and returns an error if the caller may not change it.
// Errors: GroupExistsException, also for a name that differs from another one only by case; LimitExceededException.
func (s *Groups) Create(ctx context.Context, g *cognate.Group, lockPool func(*store.Tx) error) error {
	g.CreatedAt = s.Now()
	g.ModifiedAt = g.CreatedAt
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := lockPool(tx); err != nil {
			return err
		}
		if err := tx.CreateGroup(ctx, g); err != nil {
			return err
		}
		return s.Quotas.Require(cognate.QuotaGroups, func() (int, error) {
			n, err := tx.CountGroups(ctx, g.PoolID)
			return n - 1, err // without the new one
		})
	})
	if errors.Is(err, store.ErrExists) {
		return errGroupExists
	}
	return err
}

// Change locks a group, calls edit and saves the group. It returns the changed group. Errors: ErrGroupNotFound.
func (s *Groups) Change(ctx context.Context, poolID, name string, edit func(*cognate.Group)) (*cognate.Group, error) {
	var changed *cognate.Group
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		g, err := lockGroup(ctx, tx, poolID, name)
		if err != nil {
			return err
		}
		edit(g)
		g.ModifiedAt = s.Now()
		changed = g
		return tx.SaveGroup(ctx, g)
	})
	return changed, err
}

// Delete deletes a group. Its users stay. Errors: ErrGroupNotFound.
//
// Assumed: a group with members can be deleted. The developer guide says that only an empty group can, but the service
// deletes both (docs/behaviour.md §4.8).
func (s *Groups) Delete(ctx context.Context, poolID, name string) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteGroup(ctx, poolID, name) })
	if errors.Is(err, store.ErrNotFound) {
		return ErrGroupNotFound
	}
	return err
}

// Add adds a user to a group. A user who is in the group stays in it. The quota is decided behind the user's lock.
// Errors: ErrGroupNotFound, api.ErrUserDoesNotExist, InvalidParameterException.
func (s *Groups) Add(ctx context.Context, poolID, name, sub string) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := LockUser(ctx, tx, poolID, sub, api.ErrUserDoesNotExist); err != nil {
			return err
		}
		g, err := lockGroup(ctx, tx, poolID, name)
		if err != nil {
			return err
		}
		if in, err := tx.IsInGroup(ctx, g, sub); in || err != nil {
			return err
		}
		err = s.Quotas.Require(cognate.QuotaGroupsOfUser, func() (int, error) { return tx.CountGroupsOfUser(ctx, poolID, sub) })
		if errors.Is(err, &api.Error{Code: api.CodeLimitExceededException}) {
			return errTooManyGroups
		}
		if err != nil {
			return err
		}
		return tx.AddToGroup(ctx, g, sub, s.Now())
	})
	return audit.Changed(ctx, audit.AddedToGroup, err)
}

// Remove removes a user from a group. It succeeds if the user is not in the group. Errors: ErrGroupNotFound.
func (s *Groups) Remove(ctx context.Context, poolID, name, sub string) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		g, err := lockGroup(ctx, tx, poolID, name)
		if err != nil {
			return err
		}
		if err := tx.RemoveFromGroup(ctx, g, sub); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return nil
	})
	return audit.Changed(ctx, audit.RemovedFromGroup, err)
}

func lockGroup(ctx context.Context, tx *store.Tx, poolID, name string) (*cognate.Group, error) {
	g, err := tx.LockGroup(ctx, poolID, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrGroupNotFound
	}
	return g, err
}
