package auth

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
	"cognate/throttle"
	"cognate/tokens"
)

// GlobalSignOut ends every sign-in of the user who calls it.
func (s *Service) GlobalSignOut(ctx context.Context, _ *api.GlobalSignOutInput) (*api.GlobalSignOutOutput, error) {
	principal := tokens.PrincipalFrom(ctx)
	if err := s.signOut(ctx, principal.Pool, principal.User.Sub, api.ErrTokenRevoked); err != nil {
		return nil, err
	}
	return &api.GlobalSignOutOutput{}, nil
}

// AdminUserGlobalSignOut ends every sign-in of a user.
func (s *Service) AdminUserGlobalSignOut(ctx context.Context, in *api.AdminUserGlobalSignOutInput) (*api.AdminUserGlobalSignOutOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.signOut(ctx, pool, user.Sub, api.ErrUserDoesNotExist); err != nil {
		return nil, err
	}
	return &api.AdminUserGlobalSignOutOutput{}, nil
}

// signOut revokes a user's tokens, and ends the sign-ins that are on their way.
func (s *Service) signOut(ctx context.Context, pool *cognate.UserPool, sub string, gone error) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, pool.ID, sub); err != nil {
			return err
		}
		user, err := tx.LockUser(ctx, pool.ID, sub)
		if errors.Is(err, store.ErrNotFound) {
			return gone
		}
		if err != nil {
			return err
		}
		user.Stamp++
		if err := tx.SaveUser(ctx, pool, user, false); err != nil {
			return err
		}
		return tx.RevokeUserGrants(ctx, pool.ID, sub)
	})
}
