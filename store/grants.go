package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cognate"
	"cognate/store/gen"
)

var grantTables = []table{
	{
		name: "grants", role: roleTransient, restoring: restoreKeeps, key: []string{"pool_id", "grant_id"}, plain: []string{"refresh_hash"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserGrants(ctx, gen.DeleteUserGrantsParams{PoolID: poolID, Sub: sub})
		},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientGrants(ctx, gen.DeleteClientGrantsParams{PoolID: poolID, ClientID: clientID})
		},
	},
	{name: "retired_refresh_tokens", role: roleTransient, restoring: restoreKeeps, key: []string{"pool_id", "grant_id", "generation"}},
}

// GrantByRefreshToken returns the grant with the hash of its first refresh token. Errors: ErrNotFound.
func (s *Store) GrantByRefreshToken(ctx context.Context, poolID string, hash []byte) (*cognate.Grant, error) {
	row, err := s.reader.GetGrantByRefreshHash(ctx, gen.GetGrantByRefreshHashParams{PoolID: poolID, RefreshHash: hash})
	if err != nil {
		return nil, found("get grant", err)
	}
	return grantFromRow(row), nil
}

// Grant returns a grant. Errors: ErrNotFound.
func (s *Store) Grant(ctx context.Context, poolID, grantID string) (*cognate.Grant, error) {
	row, err := s.reader.GetGrant(ctx, gen.GetGrantParams{PoolID: poolID, GrantID: grantID})
	if err != nil {
		return nil, found("get grant", err)
	}
	return grantFromRow(row), nil
}

// LiveGrants returns the grants of a user that are neither revoked nor expired, latest sign-in first.
func (s *Store) LiveGrants(ctx context.Context, poolID, sub string, now time.Time) ([]*cognate.Grant, error) {
	return liveGrants(ctx, s.reader, poolID, sub, now)
}

// LiveGrants returns the grants of a user that are neither revoked nor expired, as this transaction sees them.
func (t *Tx) LiveGrants(ctx context.Context, poolID, sub string, now time.Time) ([]*cognate.Grant, error) {
	return liveGrants(ctx, t.q, poolID, sub, now)
}

func liveGrants(ctx context.Context, q *gen.Queries, poolID, sub string, now time.Time) ([]*cognate.Grant, error) {
	rows, err := q.ListLiveGrants(ctx, gen.ListLiveGrantsParams{PoolID: poolID, Sub: sub, Now: millis(now)})
	if err != nil {
		return nil, fmt.Errorf("list grants: %w", err)
	}
	grants := make([]*cognate.Grant, 0, len(rows))
	for _, row := range rows {
		grants = append(grants, grantFromRow(row))
	}
	return grants, nil
}

// RefreshTokenRetired returns when a refresh token of a grant was replaced. Errors: ErrNotFound if it was not replaced, or if
// the record was purged.
func (t *Tx) RefreshTokenRetired(ctx context.Context, g *cognate.Grant, generation int64) (time.Time, error) {
	at, err := t.q.GetRetirement(ctx, gen.GetRetirementParams{PoolID: g.PoolID, GrantID: g.ID, Generation: generation})
	if err != nil {
		return time.Time{}, found("get retired refresh token", err)
	}
	return fromMillis(at), nil
}

// CreateGrant adds a grant.
func (t *Tx) CreateGrant(ctx context.Context, g cognate.Grant) error {
	err := t.q.CreateGrant(ctx, gen.CreateGrantParams{
		PoolID: g.PoolID, GrantID: g.ID, ClientID: g.ClientID, Sub: g.Sub, OriginJti: g.OriginJTI,
		RefreshHash: g.RefreshHash, AuthTime: millis(g.AuthTime), ExpiresAt: millis(g.Expires), Generation: g.Generation,
		LastActiveAt: millis(g.LastActive), DeviceType: g.DeviceType, IpAddress: g.IPAddress,
		DeviceKey: g.Device.Key, DeviceGroupKey: g.Device.GroupKey, SecondFactor: bit(g.SecondFactor),
		NoDevice: bit(g.NoDevice), Acr: g.ACR, Amr: joinMethods(g.Methods),
		CreatedAt: millis(g.Created), Scopes: strings.Join(g.Scopes, " "), Resource: g.Resource, SsoSession: g.SSOSession,
		IDTokenClaims: strings.Join(g.Claims.IDToken, " "), UserInfoClaims: strings.Join(g.Claims.UserInfo, " "), DpopKey: g.DPoPKey,
	})
	if err != nil {
		return fmt.Errorf("create grant: %w", err)
	}
	return nil
}

// LockGrant returns a grant that the caller can change, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockGrant(ctx context.Context, poolID, grantID string) (*cognate.Grant, error) {
	row, err := t.q.LockGrant(ctx, gen.LockGrantParams{PoolID: poolID, GrantID: grantID})
	if err != nil {
		return nil, found("lock grant", err)
	}
	return grantFromRow(row), nil
}

// SaveGrant stores the generation and the activity of a grant that the transaction has locked. Its other fields never change.
func (t *Tx) SaveGrant(ctx context.Context, g *cognate.Grant) error {
	err := t.q.SaveGrant(ctx, gen.SaveGrantParams{
		Generation: g.Generation, LastActiveAt: millis(g.LastActive), DeviceType: g.DeviceType, IpAddress: g.IPAddress,
		PoolID: g.PoolID, GrantID: g.ID,
	})
	if err != nil {
		return fmt.Errorf("save grant: %w", err)
	}
	return nil
}

// ClearGrantOrigins deletes the device types and addresses of a pool's grants.
func (t *Tx) ClearGrantOrigins(ctx context.Context, poolID string) error {
	if err := t.q.ForgetGrantOrigins(ctx, poolID); err != nil {
		return fmt.Errorf("clear origins of grants: %w", err)
	}
	return nil
}

// RetireRefreshToken stores when the refresh token of the grant's generation was replaced. Purge deletes the record.
func (t *Tx) RetireRefreshToken(ctx context.Context, g *cognate.Grant, at time.Time) error {
	err := t.q.RetireRefreshToken(ctx, gen.RetireRefreshTokenParams{
		PoolID: g.PoolID, GrantID: g.ID, Generation: g.Generation, RetiredAt: millis(at),
	})
	if err != nil {
		return fmt.Errorf("retire refresh token: %w", err)
	}
	return nil
}

// RevokeGrant revokes one grant. Revoking it again has no effect.
func (t *Tx) RevokeGrant(ctx context.Context, poolID, grantID string) error {
	if err := t.q.RevokeGrant(ctx, gen.RevokeGrantParams{PoolID: poolID, GrantID: grantID}); err != nil {
		return fmt.Errorf("revoke grant: %w", err)
	}
	return nil
}

// DeleteGrant deletes the grant of a sign-in that was not completed.
func (t *Tx) DeleteGrant(ctx context.Context, poolID, grantID string) error {
	if err := t.q.DeleteGrant(ctx, gen.DeleteGrantParams{PoolID: poolID, GrantID: grantID}); err != nil {
		return fmt.Errorf("delete grant: %w", err)
	}
	return nil
}

// RevokeUserGrants revokes all grants of a user.
func (t *Tx) RevokeUserGrants(ctx context.Context, poolID, sub string) error {
	if err := t.q.RevokeUserGrants(ctx, gen.RevokeUserGrantsParams{PoolID: poolID, Sub: sub}); err != nil {
		return fmt.Errorf("revoke grants: %w", err)
	}
	return nil
}

// RevokeIdleGrants revokes the live grants of a user except the given number with the latest activity.
func (t *Tx) RevokeIdleGrants(ctx context.Context, poolID, sub string, now time.Time, number int) error {
	err := t.q.RevokeIdleGrants(ctx, gen.RevokeIdleGrantsParams{PoolID: poolID, Sub: sub, Now: millis(now), Kept: int32(number)})
	if err != nil {
		return fmt.Errorf("revoke idle grants: %w", err)
	}
	return nil
}

// DeleteOldGrants deletes the grants of a user, live or not, except the given number of newest ones. Grants of the same time as
// the oldest of these also stay.
func (t *Tx) DeleteOldGrants(ctx context.Context, poolID, sub string, number int) error {
	err := t.q.DeleteOldGrants(ctx, gen.DeleteOldGrantsParams{PoolID: poolID, Sub: sub, OlderThan: int32(number - 1)})
	if err != nil {
		return fmt.Errorf("delete old grants: %w", err)
	}
	return nil
}

// RevokeSSOSessionGrants revokes the grants of a user that came from an SSO session.
func (t *Tx) RevokeSSOSessionGrants(ctx context.Context, poolID, sub, ssoSession string) error {
	err := t.q.RevokeSSOSessionGrants(ctx, gen.RevokeSSOSessionGrantsParams{PoolID: poolID, Sub: sub, SsoSession: ssoSession})
	if err != nil {
		return fmt.Errorf("revoke grants of SSO session: %w", err)
	}
	return nil
}

// DeleteOldSSOSessionGrants deletes the grants that came from an SSO session, live or not, except the given number of newest ones.
func (t *Tx) DeleteOldSSOSessionGrants(ctx context.Context, poolID, sub, ssoSession string, number int) error {
	err := t.q.DeleteOldSSOSessionGrants(ctx, gen.DeleteOldSSOSessionGrantsParams{
		PoolID: poolID, Sub: sub, SsoSession: ssoSession, OlderThan: int32(number - 1),
	})
	if err != nil {
		return fmt.Errorf("delete old grants of SSO session: %w", err)
	}
	return nil
}

func grantFromRow(row gen.Grant) *cognate.Grant {
	return &cognate.Grant{
		PoolID: row.PoolID, ID: row.GrantID, ClientID: row.ClientID, Sub: row.Sub, OriginJTI: row.OriginJti,
		RefreshHash: row.RefreshHash, Generation: row.Generation, AuthTime: fromMillis(row.AuthTime),
		Expires: fromMillis(row.ExpiresAt), Revoked: row.Revoked == 1, LastActive: fromMillis(row.LastActiveAt),
		DeviceType: row.DeviceType, IPAddress: row.IpAddress,
		Device:       cognate.DeviceID{Key: row.DeviceKey, GroupKey: row.DeviceGroupKey},
		SecondFactor: row.SecondFactor == 1, NoDevice: row.NoDevice == 1,
		ACR: row.Acr, Methods: splitMethods(row.Amr), Created: fromMillis(row.CreatedAt),
		Scopes: splitScopes(row.Scopes), Resource: row.Resource, SSOSession: row.SsoSession, DPoPKey: row.DpopKey,
		Claims: cognate.RequestedClaims{IDToken: splitScopes(row.IDTokenClaims), UserInfo: splitScopes(row.UserInfoClaims)},
	}
}

// joinMethods returns the stored form of methods: their names, separated by commas.
func joinMethods(m cognate.Methods) string {
	names := make([]string, 0, len(m))
	for _, method := range m {
		names = append(names, string(method))
	}
	return strings.Join(names, ",")
}

func splitMethods(stored string) cognate.Methods {
	var m cognate.Methods
	for name := range strings.SplitSeq(stored, ",") {
		if name != "" {
			m = append(m, cognate.Method(name))
		}
	}
	return m
}
