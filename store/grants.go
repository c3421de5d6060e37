package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

// GrantByRefreshToken returns the grant that a refresh token (by its hash) continues. Errors: ErrNotFound.
func (s *Store) GrantByRefreshToken(ctx context.Context, poolID string, hash []byte) (*cognate.Grant, error) {
	row, err := s.reader.GetGrantByRefreshHash(ctx, gen.GetGrantByRefreshHashParams{PoolID: poolID, RefreshHash: hash})
	if err != nil {
		return nil, found("get grant", err)
	}
	return &cognate.Grant{
		PoolID: row.PoolID, ID: row.GrantID, ClientID: row.ClientID, Sub: row.Sub, OriginJTI: row.OriginJti,
		RefreshHash: row.RefreshHash, AuthTime: fromMillis(row.AuthTime), Expires: fromMillis(row.ExpiresAt),
		Revoked: row.Revoked == 1, Device: cognate.DeviceID{Key: row.DeviceKey, GroupKey: row.DeviceGroupKey},
	}, nil
}

// CreateGrant adds a grant.
func (t *Tx) CreateGrant(ctx context.Context, g cognate.Grant) error {
	err := t.q.CreateGrant(ctx, gen.CreateGrantParams{
		PoolID: g.PoolID, GrantID: g.ID, ClientID: g.ClientID, Sub: g.Sub, OriginJti: g.OriginJTI,
		RefreshHash: g.RefreshHash, AuthTime: millis(g.AuthTime), ExpiresAt: millis(g.Expires),
		DeviceKey: g.Device.Key, DeviceGroupKey: g.Device.GroupKey,
	})
	if err != nil {
		return fmt.Errorf("create grant: %w", err)
	}
	return nil
}

// RevokeGrant ends one sign-in. Revoking twice is no error.
func (t *Tx) RevokeGrant(ctx context.Context, poolID, grantID string) error {
	if err := t.q.RevokeGrant(ctx, gen.RevokeGrantParams{PoolID: poolID, GrantID: grantID}); err != nil {
		return fmt.Errorf("revoke grant: %w", err)
	}
	return nil
}

// RevokeUserGrants ends every sign-in of a user.
func (t *Tx) RevokeUserGrants(ctx context.Context, poolID, sub string) error {
	if err := t.q.RevokeUserGrants(ctx, gen.RevokeUserGrantsParams{PoolID: poolID, Sub: sub}); err != nil {
		return fmt.Errorf("revoke grants: %w", err)
	}
	return nil
}
